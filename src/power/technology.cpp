// SPDX-License-Identifier: Apache-2.0
#include "power/technology.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "platform/schema.h"

namespace blendsim {
namespace {

constexpr std::string_view technology_schema = "blendsim.technology/2";
constexpr std::int64_t most_femtojoule = 1'000'000'000'000;  // 1 mJ
constexpr std::int64_t most_microwatt = 1'000'000'000;       // 1 kW
constexpr std::int64_t most_kelvin = 1000;

std::string file_of(const std::string& name, const ConfigPaths& paths) {
  const std::string file = paths.root + "/technologies/" + name + ".yaml";
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error)) return file;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(paths.root + "/technologies", error)) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  throw DiagnosticError("unknown-name", {}, fmt::format("no technology '{}' in {}/technologies", name, paths.root),
                        suggestion(name, names));
}

// A constant of the file with its key and unit.
struct Entry {
  std::string key;
  Unit unit;
  std::int64_t most;
  PhysicalConstant* constant;
};

std::vector<Entry> entries_of(Technology& technology) {
  std::vector<Entry> out;
  for (std::size_t p = 0; p < primitive_count; ++p) {
    out.push_back({"primitives." + std::string(primitives[p].name), Unit::femtojoule, most_femtojoule,
                   &technology.primitives[p]});
  }
  out.push_back({"processor", Unit::microwatt, most_microwatt, &technology.processor});
  out.push_back({"leakage_doubling", Unit::kelvin, most_kelvin, &technology.leakage_doubling});
  return out;
}

void append_constant(std::vector<Leaf>& leaves, const Entry& entry) {
  const std::array rows = {
      Parameter<PhysicalConstant>{
          "value", &PhysicalConstant::value, 0, entry.most, entry.unit, "most likely", {}, true},
      Parameter<PhysicalConstant>{
          "low", &PhysicalConstant::low, 0, entry.most, entry.unit, "least it may be", {}, true},
      Parameter<PhysicalConstant>{
          "high", &PhysicalConstant::high, 0, entry.most, entry.unit, "most it may be", {}, true},
      Parameter<PhysicalConstant>{"kind", &PhysicalConstant::kind, 0, 3, Unit::none, "how the figure came about",
                                  constant_kinds, true},
  };
  append_leaves(leaves, entry.key, *entry.constant, rows);
  append_text(leaves, entry.key + ".at", entry.constant->at, "process and voltage, or conditions", true);
  append_text(leaves, entry.key + ".group", entry.constant->group, "constants that are off together", true);
  append_text(leaves, entry.key + ".source", entry.constant->source, "where the figure comes from", true);
}

void check_order(const Entry& entry, const Binding& binding, Diagnostics& diagnostics) {
  const PhysicalConstant& c = *entry.constant;
  for (const char* key : {".value", ".low", ".high"}) {
    if (binding.bad.count(entry.key + key) != 0) return;
  }
  const auto text = [&](std::int64_t value) { return format_quantity(value, entry.unit); };
  if (c.low > c.value || c.value > c.high) {
    diagnostics.error(
        "contradiction", binding.place(entry.key + ".value"),
        fmt::format("value {} is not between low {} and high {}", text(c.value), text(c.low), text(c.high)));
  }
}

}  // namespace

Technology load_technology(const std::string& name, const ConfigPaths& paths) {
  Diagnostics diagnostics;
  const YamlTree tree = read_yaml(file_of(name, paths), diagnostics);
  require_schema(tree, std::string(technology_schema), diagnostics);
  Technology technology;
  std::vector<Leaf> leaves;
  append_text(leaves, "name", technology.name, "as the file's name", true);
  append_text(leaves, "source", technology.source, "where the figures come from", true);
  const std::vector<Entry> entries = entries_of(technology);
  for (const Entry& entry : entries) append_constant(leaves, entry);
  const Binding binding = bind(tree, leaves, {"schema"}, diagnostics);
  for (const Entry& entry : entries) check_order(entry, binding, diagnostics);
  if (binding.bad.count("leakage_doubling.low") == 0 && technology.leakage_doubling.low < 1) {
    diagnostics.error("out-of-range", binding.place("leakage_doubling.low"), "leakage doubles within 1 K at least");
  }
  if (binding.bad.count("name") == 0 && technology.name != name) {
    diagnostics.error("contradiction", binding.place("name"),
                      fmt::format("name is '{}', but the file is {}.yaml", technology.name, name));
  }
  diagnostics.throw_if_any();
  return technology;
}

}  // namespace blendsim

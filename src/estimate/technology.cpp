// SPDX-License-Identifier: Apache-2.0
// configs/technologies/NAME.yaml -> Technology. Every action has an entry, or the file is refused.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "estimate/estimate.h"
#include "platform/schema.h"

namespace blendsim {
namespace {

constexpr std::int64_t most_femtojoule = 1'000'000'000'000;  // 1 mJ
constexpr std::array entry_parameters = {
    Parameter<TechnologyEntry>{
        "energy", &TechnologyEntry::femtojoule, 0, most_femtojoule, Unit::femtojoule, "energy of one action", {}, true},
    Parameter<TechnologyEntry>{
        "low", &TechnologyEntry::low, 0, most_femtojoule, Unit::femtojoule, "least it may be", {}, true},
    Parameter<TechnologyEntry>{
        "high", &TechnologyEntry::high, 0, most_femtojoule, Unit::femtojoule, "most it may be", {}, true},
};

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

}  // namespace

Technology load_technology(const std::string& name, const ConfigPaths& paths) {
  Diagnostics diagnostics;
  const YamlTree tree = read_yaml(file_of(name, paths), diagnostics);
  require_schema(tree, "blendsim.technology/1", diagnostics);
  Technology technology;
  std::vector<Leaf> leaves;
  append_text(leaves, "name", technology.name, "as the file's name", true);
  append_text(leaves, "source", technology.source, "where the figures come from", true);
  for (std::size_t i = 0; i < action_names.size(); ++i) {
    const std::string group = "actions." + std::string(action_names[i]);
    append_leaves(leaves, group, technology.energy[i], entry_parameters);
    append_text(leaves, group + ".source", technology.energy[i].source, "where the figure comes from, with confidence",
                true);
  }
  const Binding binding = bind(tree, leaves, {"schema"}, diagnostics);
  for (std::size_t i = 0; i < action_names.size(); ++i) {
    const std::string group = "actions." + std::string(action_names[i]);
    const TechnologyEntry& e = technology.energy[i];
    if (binding.bad.count(group + ".energy") + binding.bad.count(group + ".low") + binding.bad.count(group + ".high") !=
        0)
      continue;
    if (e.low <= e.femtojoule && e.femtojoule <= e.high) continue;
    diagnostics.error(
        "contradiction", binding.place(group + ".energy"),
        fmt::format("energy {} is not between low {} and high {}", format_quantity(e.femtojoule, Unit::femtojoule),
                    format_quantity(e.low, Unit::femtojoule), format_quantity(e.high, Unit::femtojoule)));
  }
  if (binding.bad.count("name") == 0 && technology.name != name) {
    diagnostics.error("contradiction", binding.place("name"),
                      fmt::format("name is '{}', but the file is {}.yaml", technology.name, name));
  }
  diagnostics.throw_if_any();
  return technology;
}

}  // namespace blendsim

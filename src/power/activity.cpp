// SPDX-License-Identifier: Apache-2.0
#include "power/activity.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/diagnostic.h"
#include "platform/schema.h"
#include "power/terms.h"

namespace blendsim {
namespace {

constexpr std::string_view activity_schema = "blendsim.activity/1";
constexpr std::string_view profile_schema_name = "blendsim.activity-profile/1";
// Files hold whole numbers: of a million.
constexpr double per_million = 1'000'000;
constexpr std::int64_t most_toggles = 1'000'000'000'000;

using Millionths = std::array<std::int64_t, primitive_count>;

std::vector<std::string> terms_of(std::string_view file) {
  std::vector<std::string> out = {std::string(cycle_term)};
  for (const Term& term : activity_terms()) {
    const bool form = file.starts_with(std::string(term.module) + "-");
    if (term.module != file && !form) continue;
    if (out.back() != term.name) out.emplace_back(term.name);
  }
  return out;
}

ModuleActivity load_module(const std::string& file, const ConfigPaths& paths, Diagnostics& diagnostics) {
  const YamlTree tree = read_yaml(fmt::format("{}/activity/{}.yaml", paths.root, file), diagnostics);
  require_schema(tree, std::string(activity_schema), diagnostics);
  ModuleActivity out;
  std::string module;
  const std::vector<std::string> names = terms_of(file);
  std::vector<Millionths> counts(names.size(), Millionths{});
  std::vector<Leaf> leaves;
  append_text(leaves, "module", module, "as the file's name", true);
  append_text(leaves, "version", out.version, "of the synthesis that was counted", true);
  append_text(leaves, "fitted", out.fitted, "networks and platforms", true);
  constexpr std::array rows = {Parameter<ModuleActivity>{
      "error", &ModuleActivity::error, 0, 1000, Unit::percent, "largest on what was held out", {}, true}};
  append_leaves(leaves, "", out, rows);
  for (std::size_t t = 0; t < names.size(); ++t) {
    for (std::size_t p = 0; p < primitive_count; ++p) {
      const ParameterRow row{primitives[p].name, 0, most_toggles, Unit::none, "of a million"};
      leaves.push_back({fmt::format("terms.{}.{}", names[t], primitives[p].name), row, &counts[t][p], nullptr});
    }
  }
  const Binding binding = bind(tree, leaves, {"schema"}, diagnostics);
  if (binding.bad.count("module") == 0 && module != file) {
    diagnostics.error("contradiction", binding.place("module"),
                      fmt::format("module is '{}', but the file is {}.yaml", module, file));
  }
  const YamlTree* given = tree.find("terms");
  if (given == nullptr) diagnostics.error("missing-key", tree.place, "the key 'terms' is missing");
  for (const std::string& name : names) {
    const YamlTree* term = given == nullptr ? nullptr : given->find(name);
    if (given != nullptr && term == nullptr)
      diagnostics.error("missing-key", binding.place("terms"), fmt::format("the key 'terms.{}' is missing", name));
    if (term != nullptr && term->kind == YamlTree::Kind::empty)
      diagnostics.error("wrong-type", term->place, fmt::format("'terms.{}' is empty", name), "{} if nothing toggles");
  }
  for (std::size_t t = 0; t < names.size(); ++t) {
    Amounts& toggles = out.terms[names[t]];
    for (std::size_t p = 0; p < primitive_count; ++p)
      toggles[static_cast<Primitive>(p)] = static_cast<double>(counts[t][p]) / per_million;
  }
  return out;
}

void load_profile(ActivityModel& model, const ConfigPaths& paths, Diagnostics& diagnostics) {
  const YamlTree tree = read_yaml(paths.root + "/activity/profile.yaml", diagnostics);
  require_schema(tree, std::string(profile_schema_name), diagnostics);
  std::array<std::int64_t, distance_names.size()> values{};
  std::vector<Leaf> leaves;
  append_text(leaves, "networks", model.profiled, "whose densities these are", true);
  for (std::size_t d = 0; d < values.size(); ++d) {
    const ParameterRow row{
        distance_names[d], 0, static_cast<std::int64_t>(per_million), Unit::none, "of a million bits", {}, true};
    leaves.push_back({fmt::format("densities.{}", distance_names[d]), row, &values[d], nullptr});
  }
  static_cast<void>(bind(tree, leaves, {"schema"}, diagnostics));
  for (std::size_t d = 0; d < values.size(); ++d) model.profile.of[d] = static_cast<double>(values[d]) / per_million;
}

template <class Map>
const typename Map::mapped_type& known(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  if (found == map.end()) throw InvariantError("power", fmt::format("there is no activity of '{}'", key));
  return found->second;
}

}  // namespace

const Amounts& ModuleActivity::operator[](std::string_view term) const { return known(terms, term); }
const ModuleActivity& ActivityModel::operator[](std::string_view file) const { return known(modules, file); }

ActivityModel load_activity(const ConfigPaths& paths) {
  Diagnostics diagnostics;
  ActivityModel model;
  for (const std::string& file : activity_files()) model.modules.emplace(file, load_module(file, paths, diagnostics));
  load_profile(model, paths, diagnostics);
  diagnostics.throw_if_any();
  return model;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "explore/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "explore/study_reader.h"
#include "explore/study_values.h"
#include "platform/platform_schema.h"

namespace blendsim::explore {

namespace fs = std::filesystem;

std::vector<Setting> Study::settings_of(const Point& point) const {
  std::vector<Setting> out;
  for (std::size_t d = 0; d < point.size(); ++d) {
    if (!is_of_network(d)) out.push_back(settings[d].at(point[d]));
  }
  return out;
}

std::string Study::network_text(const Point& point) const {
  std::string out;
  for (std::size_t d = 0; d < space.dimensions.size(); ++d) {
    if (!is_of_network(d)) continue;
    const std::string& value = space.dimensions[d].values[point[d]];
    const bool is_number = number_of(value) && nlohmann::json::accept(value);
    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", space.dimensions[d].name,
                       is_number ? value : nlohmann::json(value).dump());
  }
  return "{" + out + "}";
}

PrecisionPlan Study::precision_plan(const Point& point) const {
  PrecisionPlan plan;
  for (std::size_t d = 0; d < space.dimensions.size(); ++d) {
    if (!is_of_network(d)) continue;
    const PrecisionKey key = precision_key(space.dimensions[d].name);
    const int bits = static_cast<int>(number_of(space.dimensions[d].values[point[d]]).value_or(0));
    if (key.layers.empty()) {
      (key.is_of_weights ? plan.weights : plan.activations) = bits;
      continue;
    }
    PrecisionPlan::Row row{key.layers, {}, {}, {file, 0, space.dimensions[d].name}};
    (key.is_of_weights ? row.weights : row.activations) = bits;
    plan.layers.push_back(std::move(row));
  }
  return plan;
}

std::vector<std::string> Study::network_values(const Point& point) const {
  std::vector<std::string> out;
  for (std::size_t d = 0; d < point.size(); ++d) {
    if (is_of_network(d)) out.push_back(space.dimensions[d].name + "=" + space.dimensions[d].values[point[d]]);
  }
  return out;
}

std::optional<std::size_t> Study::oracle_figure() const {
  const auto at = std::find_if(figures.begin(), figures.end(),
                               [](const FigureOf& figure) { return figure.metric->from == Metric::From::oracle; });
  return at == figures.end() ? std::nullopt : std::optional<std::size_t>(at - figures.begin());
}

Point Study::base_point() const {
  Platform copy = variants->base();
  const std::vector<Leaf> leaves = platform_leaves(copy);
  Point out;
  for (std::size_t d = 0; d < settings.size(); ++d) {
    if (is_of_network(d)) {
      out.push_back(static_cast<std::uint8_t>(space.dimensions[d].values.size() - 1));
      continue;
    }
    const Leaf& leaf = leaves[settings[d].front().key];
    std::size_t nearest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t v = 0; v < settings[d].size(); ++v) {
      const double distance = leaf.number != nullptr
                                  ? std::abs(static_cast<double>(settings[d][v].number - *leaf.number))
                              : space.dimensions[d].values[v] == *leaf.text ? 0
                                                                            : 1;
      if (distance < least) {
        least = distance;
        nearest = v;
      }
    }
    out.push_back(static_cast<std::uint8_t>(nearest));
  }
  return out;
}

void set_network_digests(Study& study, const std::vector<std::string>& digests) {
  for (std::size_t n = 0; n < digests.size(); ++n)
    study.identity.settings.at(n).second = fmt::format("{} {}", study.network_names[n], digests[n]);
  Digest digest;
  for (const auto& [key, value] : study.identity.settings) digest.add(key).add(value);
  study.identity.digest = digest.hex();
}

std::vector<std::string> study_names(const ConfigPaths& paths) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths.root + "/studies", error)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Study read_study(const std::string& file_or_name, const ConfigPaths& paths) {
  std::error_code error;
  const std::vector<std::string> names = study_names(paths);
  const bool is_file = file_or_name.find('/') != std::string::npos || file_or_name.find('.') != std::string::npos ||
                       fs::exists(file_or_name, error);
  if (is_file) return StudyReader(file_or_name, paths).read();
  if (std::find(names.begin(), names.end(), file_or_name) == names.end())
    throw DiagnosticError("unknown-name", {}, fmt::format("no study '{}'", file_or_name),
                          suggestion(file_or_name, names));
  Study study = StudyReader(fmt::format("{}/studies/{}.yaml", paths.root, file_or_name), paths).read();
  study.journal = file_or_name + ".db";
  return study;
}

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "explore/study_reader.h"
#include "explore/study_values.h"
#include "platform/platform_schema.h"

namespace blendsim::explore {

namespace {

constexpr std::size_t most_values = 255, most_objectives = 6;

std::vector<std::string> metric_names() {
  std::vector<std::string> out;
  for (const Metric& metric : metrics()) out.emplace_back(metric.name);
  return out;
}

}  // namespace

void StudyReader::read_search(const YamlTree& tree) {
  const YamlTree* search = tree.find("search");
  if (search == nullptr) return missing(tree, "search", "such as search: {xnor_array.rows: [16, 32]}, or search: auto");
  if (search->kind == YamlTree::Kind::scalar && search->text == "auto") return search_everything(search->place);
  if (search->kind != YamlTree::Kind::map) {
    diagnostics_.error("wrong-type", search->place,
                       fmt::format("expected a map of keys or auto, found {}", kind_text(search->kind)));
    return;
  }
  read_dimensions(*search, "");
  if (study_.space.dimensions.empty() && diagnostics_.empty())
    diagnostics_.error("wrong-type", search->place, "nothing is varied", "name a key of the platform and its values");
}

void StudyReader::read_dimensions(const YamlTree& tree, const std::string& group) {
  for (const YamlTree::Entry& entry : tree.entries) {
    const std::string key = group.empty() ? entry.key : group + "." + entry.key;
    if (entry.value.kind == YamlTree::Kind::map) read_dimensions(entry.value, key);
    else read_dimension(key, entry);
  }
}

// Null: they are none, which was said.
std::optional<std::vector<std::string>> StudyReader::values_of(const YamlTree& value) {
  std::vector<std::string> values;
  if (value.kind == YamlTree::Kind::list) {
    for (const YamlTree& item : value.items) values.push_back(item.text);
  } else if (const auto range = range_values(value.text)) {
    values = *range;
  } else if (value.text.find("..") != std::string::npos) {
    diagnostics_.error("wrong-type", value.place, fmt::format("'{}' is no range", value.text),
                       "such as 3..12 step 3, 32..1024 x2, 1..8, 100..250 step 25 MHz");
    return std::nullopt;
  } else {
    values = {value.text};
  }
  if (!values.empty() && values.size() <= most_values) return values;
  diagnostics_.error(
      "out-of-range", value.place,
      fmt::format("{} values; a key takes 1 to {}", values.size() > most_values ? "too many" : "no", most_values));
  return std::nullopt;
}

void StudyReader::read_dimension(const std::string& key, const YamlTree::Entry& entry) {
  std::optional<std::vector<std::string>> values = values_of(entry.value);
  if (!values) return;
  const bool is_of_network = key.starts_with("network.") || key.starts_with("precision.");
  if (!is_of_network) return add_dimension(key, std::move(*values), entry.value.place);
  if (!study_.makes_networks() || in_hardware_) {
    diagnostics_.error(
        "contradiction", entry.place,
        in_hardware_ ? fmt::format("{} is the network's, not the machine's", key)
                     : fmt::format("{} is asked of a program that makes networks, and there is none", key),
        in_hardware_ ? "write it under search"
                     : "such as networks: {make: [python3, make.py], out: qonnx}, or networks: {quantise: net.onnx}");
    return;
  }
  if (study_.quantised) require_bits(key, *values, entry.place);
  add_network_dimension(key, std::move(*values), entry.value.place);
}

void StudyReader::add_dimension(const std::string& key, std::vector<std::string> values, const Place& place) {
  const auto& dimensions = study_.space.dimensions;
  if (std::any_of(dimensions.begin(), dimensions.end(), [&](const Dimension& d) { return d.name == key; })) {
    diagnostics_.error("duplicate-key", place, fmt::format("{} is searched twice", key),
                       "write its values once, under its dotted name or in its group");
    return;
  }
  std::vector<Setting> settings;
  for (const std::string& value : values) {
    try {
      settings.push_back(study_.variants->setting(key, value, {place.file, place.line, "search." + key}));
      if (std::count(settings.begin(), settings.end(), settings.back()) > 1)
        diagnostics_.error("duplicate-key", place, fmt::format("the value '{}' of {} is given twice", value, key));
    } catch (const DiagnosticError& error) {
      for (const Diagnostic& diagnostic : error.diagnostics()) diagnostics_.add(diagnostic);
      if (error.diagnostics().front().code == Code("bad-override")) return;  // the key itself
    }
  }
  if (settings.size() != values.size()) return;
  Platform copy = study_.variants->base();
  const Leaf leaf = platform_leaves(copy).at(settings.front().key);
  const bool ordered = leaf.text == nullptr && leaf.row.choices.empty();
  study_.space.dimensions.push_back({key, std::move(values), ordered});
  study_.settings.push_back(std::move(settings));
}

void StudyReader::search_everything(const Place& place) {
  Platform copy = study_.variants->base();
  for (const Leaf& leaf : platform_leaves(copy)) {
    const std::string group = leaf.path.substr(0, leaf.path.find('.'));
    const bool is_unit = std::find(unit_names.begin(), unit_names.end(), group) != unit_names.end();
    const bool is_buffer = group == "buffers";
    if (leaf.number == nullptr || (!is_unit && !is_buffer) || leaf.row.unit != Unit::none) continue;
    if ((is_unit && leaf.path == depth_key(group)) || leaf.path.ends_with(".latency")) continue;
    std::vector<std::string> values(leaf.row.choices.begin(), leaf.row.choices.end());
    for (const std::int64_t quarters : {1, 2, 4, 8, 16}) {
      if (!leaf.row.choices.empty() || *leaf.number * quarters % 4 != 0) continue;
      const std::string text = format_value(*leaf.number * quarters / 4, leaf.row);
      if (parse_value(text, leaf.row).value) values.push_back(text);
    }
    if (values.size() > 1) add_dimension(leaf.path, std::move(values), place);
  }
}

std::ptrdiff_t StudyReader::figure_of(const std::string& name, const Place& place) {
  const auto known = std::find(study_.figure_names.begin(), study_.figure_names.end(), name);
  if (known != study_.figure_names.end()) return known - study_.figure_names.begin();
  const std::size_t dot = name.find('.');
  const Metric* metric = find_metric(name.substr(0, dot));
  FigureOf figure{metric, 0, FigureOf::Over::one};
  if (metric == nullptr) {
    diagnostics_.error("unknown-name", place, fmt::format("'{}' is no figure of a report", name.substr(0, dot)),
                       suggestion(name.substr(0, dot), metric_names()));
    return -1;
  }
  if (metric->name == "noise" && !study_.quantised) {
    diagnostics_.error("contradiction", place, "noise is asked of a network that is quantised, and there is none",
                       "such as networks: {quantise: net.onnx, calibrate: images.npy}");
    return -1;
  }
  if (metric->from == Metric::From::oracle && !study_.oracle) {
    diagnostics_.error("contradiction", place, fmt::format("{} is an oracle's figure, and the study has none", name),
                       "such as oracle: {command: [python3, oracle.py]}, or oracle: {table: answers.csv}");
    return -1;
  }
  const bool of_run = metric->from != Metric::From::machine;
  const auto& networks = study_.network_names;
  if (dot != std::string::npos) {
    const auto network = std::find(networks.begin(), networks.end(), name.substr(dot + 1));
    if (network == networks.end() || !of_run) {
      diagnostics_.error("unknown-name", place,
                         of_run ? fmt::format("the study has no network '{}'", name.substr(dot + 1))
                                : fmt::format("{} is the machine's, whatever the network", metric->name),
                         of_run ? suggestion(name.substr(dot + 1), networks) : fmt::format("write {}", metric->name));
      return -1;
    }
    figure.network = static_cast<std::size_t>(network - networks.begin());
  } else if (of_run && networks.size() > 1) {
    if (over_ == FigureOf::Over::one) {
      diagnostics_.error(
          "contradiction", place,
          fmt::format("{} is not of one network: there are {}", name, fmt::join(networks, ", ")),
          fmt::format("write {}.{}, or aggregate: max (or sum) for all of them", name, networks.front()));
      return -1;
    }
    figure.over = over_;
  }
  study_.figure_names.push_back(name);
  study_.figures.push_back(figure);
  return static_cast<std::ptrdiff_t>(study_.figures.size()) - 1;
}

void StudyReader::read_objectives(const YamlTree& tree) {
  const YamlTree* map = tree.find("objectives");
  if (map == nullptr) return missing(tree, "objectives", "such as objectives: {latency: min, lut: min}");
  if (map->kind != YamlTree::Kind::map || map->entries.empty() || map->entries.size() > most_objectives) {
    diagnostics_.error("wrong-type", map->place, fmt::format("expected a map of one to {} figures", most_objectives),
                       "such as objectives: {latency: min, lut: min}");
    return;
  }
  for (const YamlTree::Entry& entry : map->entries) {
    const std::string& goal = entry.value.text;
    if (goal != "min" && goal != "max") {
      diagnostics_.error("wrong-type", entry.value.place, fmt::format("'{}' is no goal", goal), "write min or max");
    } else if (figure_of(entry.key, entry.place) >= 0) {
      study_.objectives.push_back({entry.key, goal == "max"});
    }
  }
}

void StudyReader::read_limits(const YamlTree& tree) {
  const YamlTree* map = tree.find("limits");
  if (map == nullptr) return;
  if (map->kind != YamlTree::Kind::map) {
    diagnostics_.error("wrong-type", map->place, fmt::format("expected a map, found {}", kind_text(map->kind)),
                       "such as limits: {fits: true, latency: \"<= 80 us\"}");
    return;
  }
  for (const YamlTree::Entry& entry : map->entries) {
    const std::string& text = entry.value.text;
    if (entry.key == "fits") {
      if (text != "true" && text != "false")
        diagnostics_.error("wrong-type", entry.value.place, "expected true or false");
      study_.must_fit = text != "false";
      continue;
    }
    const std::ptrdiff_t figure = figure_of(entry.key, entry.place);
    if (figure < 0) continue;
    const Metric& metric = *study_.figures[static_cast<std::size_t>(figure)].metric;
    const std::string unit(metric.unit);
    if (const auto bound = bound_of(text, unit)) {
      study_.limits.push_back({static_cast<std::size_t>(figure), bound->at_most, bound->value});
      if (metric.from == Metric::From::oracle && (bound->value < 0 || bound->value > 1))
        diagnostics_.error("out-of-range", entry.value.place, fmt::format("{} is a share, from 0 to 1", entry.key),
                           "such as \">= 0.9\" or \">= 90 %\"");
    } else {
      diagnostics_.error("wrong-type", entry.value.place, fmt::format("'{}' is no bound on {}", text, entry.key),
                         unit == "s"    ? "such as \"<= 80 us\""
                         : unit == "J"  ? "such as \"<= 40 uJ\""
                         : unit == "Hz" ? "such as \">= 200 MHz\""
                         : unit == "W"  ? "such as \"<= 2.5 W\""
                                        : "such as \"<= 40000\"");
    }
  }
}

}  // namespace blendsim::explore

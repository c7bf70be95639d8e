// SPDX-License-Identifier: Apache-2.0
#include "explore/study.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "base/digest.h"
#include "explore/method.h"
#include "explore/study_values.h"
#include "platform/platform_schema.h"
#include "platform/yaml_tree.h"

namespace blendsim::explore {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_values = 255, most_objectives = 6;

template <class List, class Name>
std::vector<std::string> names_of(const List& list, Name&& name) {
  std::vector<std::string> out;
  for (const auto& entry : list) out.emplace_back(name(entry));
  return out;
}

std::vector<std::string> metric_names() {
  return names_of(metrics(), [](const Metric& m) { return m.name; });
}

class StudyReader {
 public:
  StudyReader(const std::string& file, const ConfigPaths& paths) : paths_(paths) { study_.file = file; }

  Study read() {
    const YamlTree tree = read_yaml(study_.file, diagnostics_);
    require_schema(tree, std::string(study_schema), diagnostics_);
    check_keys(tree, {"schema", "name", "summary", "networks", "aggregate", "platform", "search", "objectives",
                      "limits", "method", "budget", "journal"});
    study_.name = text_of(tree, "name", fs::path(study_.file).stem().string());
    study_.summary = text_of(tree, "summary", "");
    read_networks(tree);
    read_platform(tree);
    read_search(tree);
    read_objectives(tree);
    read_limits(tree);
    read_method(tree);
    read_budget(tree);
    read_journal(tree);
    diagnostics_.throw_if_any();
    identify();
    return std::move(study_);
  }

 private:
  void check_keys(const YamlTree& tree, const std::vector<std::string>& known) {
    for (const YamlTree::Entry& entry : tree.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        diagnostics_.error("unknown-key", entry.place, fmt::format("a study has no key '{}' here", entry.key),
                           suggestion(entry.key, known));
      }
    }
  }

  void missing(const YamlTree& tree, const std::string& key, const std::string& hint) {
    diagnostics_.error("missing-key", {tree.place.file, std::max(1, tree.place.line), {}},
                       fmt::format("the key '{}' is missing", key), hint);
  }

  std::string text_of(const YamlTree& tree, const std::string& key, const std::string& otherwise) {
    const YamlTree* value = tree.find(key);
    if (value == nullptr) return otherwise;
    if (value->kind == YamlTree::Kind::scalar) return value->text;
    diagnostics_.error("wrong-type", value->place,
                       fmt::format("expected a single value, found {}", kind_text(value->kind)));
    return otherwise;
  }

  std::optional<std::int64_t> count_of(const YamlTree& tree, const std::string& key, std::int64_t least,
                                       std::int64_t most) {
    const YamlTree* value = tree.find(key);
    if (value == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const char* end = value->text.data() + value->text.size();
    const auto [stop, error] = std::from_chars(value->text.data(), end, number);
    if (value->kind != YamlTree::Kind::scalar || value->text.empty() || error != std::errc() || stop != end) {
      diagnostics_.error("wrong-type", value->place, fmt::format("'{}' is no whole number", value->text));
      return std::nullopt;
    }
    if (number < least || number > most) {
      diagnostics_.error("out-of-range", value->place, fmt::format("{} is not from {} to {}", number, least, most));
      return std::nullopt;
    }
    return number;
  }

  // A path in a study is relative to the study's file.
  [[nodiscard]] std::string beside(const std::string& path) const {
    if (fs::path(path).is_absolute()) return path;
    return (fs::path(study_.file).parent_path() / path).lexically_normal().string();
  }

  void read_networks(const YamlTree& tree) {
    const YamlTree* list = tree.find("networks");
    if (list == nullptr)
      return missing(tree, "networks", "such as networks: [net.onnx], or a name that `blendsim zoo` lists");
    std::vector<YamlTree> items = list->items;
    if (list->kind == YamlTree::Kind::scalar) items = {*list};
    if (items.empty()) {
      diagnostics_.error("wrong-type", list->place, "expected a list of networks", "such as networks: [net.onnx]");
      return;
    }
    for (const YamlTree& item : items) {
      if (item.kind != YamlTree::Kind::scalar || item.text.empty()) {
        diagnostics_.error("wrong-type", item.place, "expected a file or a name of the zoo");
        continue;
      }
      const std::string file = beside(item.text);
      std::error_code error;
      study_.networks.push_back(fs::exists(file, error) ? file : item.text);
      study_.network_names.push_back(fs::path(item.text).stem().string());
      if (std::count(study_.network_names.begin(), study_.network_names.end(), study_.network_names.back()) > 1)
        diagnostics_.error("contradiction", item.place,
                           fmt::format("two networks are called '{}'", study_.network_names.back()), "rename a file");
    }
    const std::string over = text_of(tree, "aggregate", "");
    if (over == "max") over_ = FigureOf::Over::largest;
    else if (over == "sum") over_ = FigureOf::Over::sum;
    else if (!over.empty())
      diagnostics_.error("wrong-type", tree.find("aggregate")->place, fmt::format("'{}' is no way to aggregate", over),
                         "write max or sum");
  }

  void read_platform(const YamlTree& tree) {
    study_.platform = text_of(tree, "platform", "");
    if (study_.platform.empty()) {
      missing(tree, "platform", "a name that `blendsim platforms` lists, or a YAML file");
      diagnostics_.throw_if_any();
    }
    std::error_code error;
    if (study_.platform.ends_with(".yaml") || study_.platform.ends_with(".yml"))
      study_.platform = beside(study_.platform);
    study_.variants = std::make_unique<PlatformVariants>(load_platform(study_.platform, {}, paths_));
  }

  void read_search(const YamlTree& tree) {
    const YamlTree* search = tree.find("search");
    if (search == nullptr)
      return missing(tree, "search", "such as search: {xnor_array.rows: [16, 32]}, or search: auto");
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

  void read_dimensions(const YamlTree& tree, const std::string& group) {
    for (const YamlTree::Entry& entry : tree.entries) {
      const std::string key = group.empty() ? entry.key : group + "." + entry.key;
      if (entry.value.kind == YamlTree::Kind::map) read_dimensions(entry.value, key);
      else read_dimension(key, entry);
    }
  }

  void read_dimension(const std::string& key, const YamlTree::Entry& entry) {
    std::vector<std::string> values;
    if (entry.value.kind == YamlTree::Kind::list) {
      for (const YamlTree& item : entry.value.items) values.push_back(item.text);
    } else if (const auto range = range_values(entry.value.text)) {
      values = *range;
    } else if (entry.value.text.find("..") != std::string::npos) {
      diagnostics_.error("wrong-type", entry.value.place, fmt::format("'{}' is no range", entry.value.text),
                         "such as 3..12 step 3, 32..1024 x2, 1..8, 100..250 step 25 MHz");
      return;
    } else {
      values = {entry.value.text};
    }
    if (values.empty() || values.size() > most_values) {
      diagnostics_.error(
          "out-of-range", entry.value.place,
          fmt::format("{} values; a key takes 1 to {}", values.size() > most_values ? "too many" : "no", most_values));
      return;
    }
    add_dimension(key, std::move(values), entry.value.place);
  }

  void add_dimension(const std::string& key, std::vector<std::string> values, const Place& place) {
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
    const Leaf& leaf = platform_leaves(copy).at(settings.front().key);
    const bool ordered = leaf.text == nullptr && leaf.row.choices.empty();
    study_.space.dimensions.push_back({key, std::move(values), ordered});
    study_.settings.push_back(std::move(settings));
  }

  // Sizes of units and buffers, from a quarter to four times the base's.
  void search_everything(const Place& place) {
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

  // The figure's index; -1: it is none, which was said.
  std::ptrdiff_t figure_of(const std::string& name, const Place& place) {
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

  void read_objectives(const YamlTree& tree) {
    const YamlTree* map = tree.find("objectives");
    if (map == nullptr) return missing(tree, "objectives", "such as objectives: {latency: min, lut: min}");
    if (map->kind != YamlTree::Kind::map || map->entries.size() > most_objectives) {
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

  void read_limits(const YamlTree& tree) {
    const YamlTree* map = tree.find("limits");
    if (map == nullptr) return;
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
      const std::string unit(study_.figures[static_cast<std::size_t>(figure)].metric->unit);
      if (const auto bound = bound_of(text, unit)) {
        study_.limits.push_back({static_cast<std::size_t>(figure), bound->at_most, bound->value});
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

  void read_method(const YamlTree& tree) {
    const YamlTree* method = tree.find("method");
    if (method == nullptr) return;
    const std::vector<std::string> known = names_of(methods(), [](const MethodEntry& m) { return m.name; });
    Place place = method->place;
    std::string name = method->text;
    if (method->kind == YamlTree::Kind::map) {
      check_keys(*method, {"name", "seed", "batch"});
      name = text_of(*method, "name", study_.method);
      if (method->find("name") != nullptr) place = method->find("name")->place;
      study_.seed = static_cast<std::uint64_t>(
          count_of(*method, "seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1));
      const std::optional<std::int64_t> batch = count_of(*method, "batch", 1, 100'000);
      if (batch) batch_ = static_cast<std::size_t>(*batch);
    }
    if (std::find(known.begin(), known.end(), name) == known.end())
      diagnostics_.error("unknown-name", place, fmt::format("no method '{}'", name), suggestion(name, known));
    study_.method = name;
    for (const MethodEntry& entry : methods()) {
      if (entry.name == name) study_.batch = batch_.value_or(entry.batch);
    }
  }

  void read_budget(const YamlTree& tree) {
    const YamlTree* budget = tree.find("budget");
    if (budget == nullptr)
      return missing(tree, "budget", "such as budget: {evaluations: 20000} or budget: {time: 10 min}");
    check_keys(*budget, {"evaluations", "time"});
    study_.budget.evaluations = count_of(*budget, "evaluations", 1, 1'000'000'000'000);
    if (const YamlTree* time = budget->find("time")) {
      study_.budget.seconds = duration_of(time->text);
      if (!study_.budget.seconds)
        diagnostics_.error("wrong-unit", time->place, fmt::format("'{}' is no time", time->text),
                           "such as 90 s, 10 min, 2 h");
    }
    if (!study_.budget.evaluations && !study_.budget.seconds && diagnostics_.empty())
      diagnostics_.error("wrong-type", budget->place, "the budget says neither evaluations nor time",
                         "such as budget: {evaluations: 20000}");
  }

  void read_journal(const YamlTree& tree) {
    const std::string otherwise = fs::path(study_.file).stem().string() + ".db";
    study_.journal = beside(text_of(tree, "journal", otherwise));
  }

  // What makes two studies the same: everything but name, budget and journal. The networks come first.
  void identify() {
    auto& list = study_.identity.settings;
    for (std::size_t n = 0; n < study_.networks.size(); ++n)
      list.emplace_back("networks." + std::to_string(n), study_.network_names[n]);
    list.emplace_back("platform", study_.variants->base().digest());
    for (const Dimension& d : study_.space.dimensions)
      list.emplace_back("search." + d.name, fmt::format("{}", fmt::join(d.values, ", ")));
    for (const Objective& o : study_.objectives) list.emplace_back("objectives." + o.name, o.maximise ? "max" : "min");
    list.emplace_back("limits.fits", study_.must_fit ? "true" : "false");
    for (const FigureLimit& l : study_.limits)
      list.emplace_back("limits." + study_.figure_names[l.figure],
                        fmt::format("{} {}", l.at_most ? "<=" : ">=", l.bound));
    list.emplace_back("method.name", study_.method);
    list.emplace_back("method.seed", std::to_string(study_.seed));
    list.emplace_back("method.batch", std::to_string(study_.batch));
    study_.identity.figures = study_.figure_names;
  }

  const ConfigPaths& paths_;
  Diagnostics diagnostics_;
  Study study_;
  std::optional<std::size_t> batch_;
  FigureOf::Over over_ = FigureOf::Over::one;
};

}  // namespace

std::vector<Setting> Study::settings_of(const Point& point) const {
  std::vector<Setting> out;
  for (std::size_t d = 0; d < point.size(); ++d) out.push_back(settings[d].at(point[d]));
  return out;
}

Point Study::base_point() const {
  Platform copy = variants->base();
  const std::vector<Leaf> leaves = platform_leaves(copy);
  Point out;
  for (std::size_t d = 0; d < settings.size(); ++d) {
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

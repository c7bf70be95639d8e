// SPDX-License-Identifier: Apache-2.0
#include "explore/study_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>

#include "explore/method.h"
#include "explore/study_values.h"
#include "platform/schema.h"

namespace blendsim::explore {

namespace fs = std::filesystem;

Study StudyReader::read() {
  const YamlTree tree = read_yaml(study_.file, diagnostics_);
  require_schema(tree, std::string(study_schema), diagnostics_);
  check_keys(tree, {"schema", "name", "summary", "networks", "aggregate", "platform", "search", "hardware", "oracle",
                    "objectives", "scalar", "limits", "method", "budget", "journal", "in_flight"});
  study_.name = text_of(tree, "name", fs::path(study_.file).stem().string());
  study_.summary = text_of(tree, "summary", "");
  study_.folder = fs::path(study_.file).parent_path().string();
  study_.in_flight = static_cast<int>(count_of(tree, "in_flight", 1, 512).value_or(1));
  read_networks(tree);
  read_platform(tree);
  read_oracle(tree);
  read_search(tree);
  read_objectives(tree);
  read_limits(tree);
  read_hardware(tree);
  read_method(tree);
  read_scalar(tree);
  read_budget(tree);
  read_journal(tree);
  diagnostics_.throw_if_any();
  identify();
  return std::move(study_);
}

void StudyReader::check_keys(const YamlTree& tree, const std::vector<std::string>& known) {
  for (const YamlTree::Entry& entry : tree.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      diagnostics_.error("unknown-key", entry.place, fmt::format("a study has no key '{}' here", entry.key),
                         suggestion(entry.key, known));
    }
  }
}

void StudyReader::missing(const YamlTree& tree, const std::string& key, const std::string& hint) {
  diagnostics_.error("missing-key", {tree.place.file, std::max(1, tree.place.line), {}},
                     fmt::format("the key '{}' is missing", key), hint);
}

std::string StudyReader::text_of(const YamlTree& tree, const std::string& key, const std::string& otherwise) {
  const YamlTree* value = tree.find(key);
  if (value == nullptr) return otherwise;
  if (value->kind == YamlTree::Kind::scalar) return value->text;
  diagnostics_.error("wrong-type", value->place,
                     fmt::format("expected a single value, found {}", kind_text(value->kind)));
  return otherwise;
}

std::optional<std::int64_t> StudyReader::count_of(const YamlTree& tree, const std::string& key, std::int64_t least,
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

std::optional<double> StudyReader::duration_of(const YamlTree& tree, const std::string& key) {
  const YamlTree* value = tree.find(key);
  if (value == nullptr) return std::nullopt;
  const std::optional<double> seconds = explore::duration_of(value->text);
  if (!seconds)
    diagnostics_.error("wrong-unit", value->place, fmt::format("'{}' is no time", value->text),
                       "such as 90 s, 10 min, 2 h");
  return seconds;
}

std::string StudyReader::beside(const std::string& path) const {
  if (fs::path(path).is_absolute()) return path;
  return (fs::path(study_.file).parent_path() / path).lexically_normal().string();
}

void StudyReader::read_networks(const YamlTree& tree) {
  const YamlTree* list = tree.find("networks");
  if (list == nullptr)
    return missing(tree, "networks", "such as networks: [net.onnx], or a name that `blendsim zoo` lists");
  if (list->kind == YamlTree::Kind::map) return read_maker(*list);
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

void StudyReader::read_platform(const YamlTree& tree) {
  study_.platform = text_of(tree, "platform", "");
  if (study_.platform.empty()) {
    missing(tree, "platform", "a name that `blendsim platforms` lists, or a YAML file");
    diagnostics_.throw_if_any();
  }
  if (study_.platform.ends_with(".yaml") || study_.platform.ends_with(".yml"))
    study_.platform = beside(study_.platform);
  try {
    study_.variants = std::make_unique<PlatformVariants>(load_platform(study_.platform, {}, paths_));
  } catch (const DiagnosticError& error) {
    // What is said of a file is said at its lines, all else at the study's.
    std::vector<Diagnostic> list = error.diagnostics();
    for (Diagnostic& diagnostic : list) {
      if (diagnostic.place.file.empty()) diagnostic.place = tree.find("platform")->place;
    }
    throw DiagnosticError(std::move(list));
  }
}

void StudyReader::read_method(const YamlTree& tree) {
  const YamlTree* method = tree.find("method");
  if (method == nullptr) return take_batch();
  std::vector<std::string> known;
  for (const MethodEntry& entry : methods()) known.emplace_back(entry.name);
  Place place = method->place;
  std::string name = method->text;
  if (method->kind == YamlTree::Kind::map) {
    check_keys(*method, {"name", "seed", "batch"});
    name = text_of(*method, "name", study_.method);
    if (method->find("name") != nullptr) place = method->find("name")->place;
    study_.seed =
        static_cast<std::uint64_t>(count_of(*method, "seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1));
    const std::optional<std::int64_t> batch = count_of(*method, "batch", 1, 100'000);
    if (batch) batch_ = static_cast<std::size_t>(*batch);
  }
  if (std::find(known.begin(), known.end(), name) == known.end())
    diagnostics_.error("unknown-name", place, fmt::format("no method '{}'", name), suggestion(name, known));
  study_.method = name;
  take_batch();
}

void StudyReader::take_batch() {
  for (const MethodEntry& entry : methods()) {
    if (entry.name == study_.method) study_.batch = batch_.value_or(entry.batch);
  }
}

void StudyReader::read_budget(const YamlTree& tree) {
  const YamlTree* budget = tree.find("budget");
  if (budget == nullptr)
    return missing(tree, "budget", "such as budget: {evaluations: 20000} or budget: {time: 10 min}");
  check_keys(*budget, {"evaluations", "time", "oracle_calls"});
  study_.budget.evaluations = count_of(*budget, "evaluations", 1, 1'000'000'000'000);
  study_.budget.oracle_calls = count_of(*budget, "oracle_calls", 1, 1'000'000'000);
  study_.budget.seconds = duration_of(*budget, "time");
  if (study_.budget.oracle_calls && !study_.oracle)
    diagnostics_.error("contradiction", budget->find("oracle_calls")->place, "the study has no oracle to call",
                       "such as budget: {evaluations: 200}");
  if (!study_.budget.evaluations && !study_.budget.seconds && !study_.budget.oracle_calls && diagnostics_.empty())
    diagnostics_.error("wrong-type", budget->place, "the budget says neither evaluations nor time",
                       "such as budget: {evaluations: 20000}");
}

void StudyReader::read_journal(const YamlTree& tree) {
  const std::string otherwise = fs::path(study_.file).stem().string() + ".db";
  const std::string name = text_of(tree, "journal", otherwise);
  if (name.empty())
    diagnostics_.error("wrong-type", tree.find("journal")->place, "expected the name of a file", "such as study.db");
  study_.journal = beside(name);
}

void StudyReader::identify() {
  auto& list = study_.identity.settings;
  for (std::size_t n = 0; n < study_.networks.size(); ++n)
    list.emplace_back("networks." + std::to_string(n), study_.network_names[n]);
  identify_networks();
  list.emplace_back("platform", study_.variants->base().digest());
  for (const Dimension& d : study_.space.dimensions)
    list.emplace_back("search." + d.name, fmt::format("{}", fmt::join(d.values, ", ")));
  for (const Objective& o : study_.objectives) list.emplace_back("objectives." + o.name, o.maximise ? "max" : "min");
  if (study_.in_flight != 1) list.emplace_back("in_flight", std::to_string(study_.in_flight));
  list.emplace_back("limits.fits", study_.must_fit ? "true" : "false");
  for (const FigureLimit& l : study_.limits)
    list.emplace_back("limits." + study_.figure_names[l.figure],
                      fmt::format("{} {}", l.at_most ? "<=" : ">=", l.bound));
  list.emplace_back("method.name", study_.method);
  list.emplace_back("method.seed", std::to_string(study_.seed));
  list.emplace_back("method.batch", std::to_string(study_.batch));
  study_.identity.figures = study_.figure_names;
}

}  // namespace blendsim::explore

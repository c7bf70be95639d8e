// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "explore/study_reader.h"
#include "explore/study_values.h"

namespace blendsim::explore {

namespace {

std::string contents_digest(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return Digest().add(std::string(std::istreambuf_iterator<char>(stream), {})).hex();
}

std::string command_text(const std::vector<std::string>& command) { return fmt::format("{}", fmt::join(command, " ")); }

}  // namespace

// A program and its arguments; a single word is a program.
std::vector<std::string> StudyReader::command_of(const YamlTree& value) {
  std::vector<std::string> out;
  if (value.kind == YamlTree::Kind::scalar) out.push_back(value.text);
  for (const YamlTree& item : value.items) out.push_back(item.text);
  if (out.empty() || out.front().empty()) {
    diagnostics_.error("wrong-type", value.place, "expected a program and its arguments",
                       "such as [python3, program.py, --option]");
    return {};
  }
  return out;
}

// networks: {quantise: net.onnx, calibrate: images.npy, scale: 1/255, bits: 8}
void StudyReader::read_quantised(const YamlTree& map) {
  check_keys(map, {"quantise", "calibrate", "scale", "bits"});
  QuantisedSource source;
  source.network = beside(text_of(map, "quantise", ""));
  if (const YamlTree* images = map.find("calibrate")) {
    std::vector<YamlTree> items = images->items;
    if (images->kind == YamlTree::Kind::scalar) items = {*images};
    for (const YamlTree& item : items) source.images.push_back(beside(item.text));
  }
  source.scale = text_of(map, "scale", "");
  if (source.images.empty() && map.find("scale") != nullptr)
    diagnostics_.error("contradiction", map.find("scale")->place, "a scale of images, and there are none",
                       "such as calibrate: images.npy");
  source.bits = static_cast<int>(count_of(map, "bits", 1, 8).value_or(8));
  study_.quantised = std::move(source);
}

// A key of a network that is quantised names layers, and its values are bits.
void StudyReader::require_bits(const std::string& key, const std::vector<std::string>& values, const Place& place) {
  const PrecisionKey read = precision_key(key);
  if (!read.is_known) {
    diagnostics_.error("unknown-key", place, fmt::format("{} is no key of a network that is quantised", key),
                       "such as precision.weights, or precision.conv1.activations for the layer conv1");
  }
  for (const std::string& value : values) {
    const std::optional<double> bits = number_of(value);
    if (!bits || *bits < 1 || *bits > 8 || *bits != static_cast<int>(*bits))
      diagnostics_.error("out-of-range", place, fmt::format("'{}' is no number of bits from 1 to 8", value));
  }
}

void StudyReader::read_maker(const YamlTree& map) {
  if (map.find("quantise") != nullptr) return read_quantised(map);
  check_keys(map, {"make", "out"});
  const YamlTree* make = map.find("make");
  if (make == nullptr) return missing(map, "make", "such as networks: {make: [python3, make.py], out: qonnx}");
  study_.maker = command_of(*make);
  const std::string out = text_of(map, "out", "qonnx");
  if (out != "qonnx" && out != "onnx")
    diagnostics_.error("wrong-type", map.find("out")->place, fmt::format("'{}' is no format of networks", out),
                       "write qonnx or onnx");
}

void StudyReader::read_oracle(const YamlTree& tree) {
  const YamlTree* map = tree.find("oracle");
  if (map == nullptr) return;
  check_keys(*map, {"command", "table", "jobs", "timeout", "fidelity"});
  OracleSpec spec;
  const YamlTree *command = map->find("command"), *table = map->find("table");
  if ((command == nullptr) == (table == nullptr)) {
    diagnostics_.error(
        "contradiction", map->place,
        command == nullptr ? "the oracle has neither a command nor a table" : "the oracle has a command and a table",
        "such as oracle: {command: [python3, oracle.py]}, or oracle: {table: answers.csv}");
    return;
  }
  if (command != nullptr) spec.command = command_of(*command);
  else spec.table = beside(text_of(*map, "table", ""));
  for (const char* key : {"jobs", "timeout"}) {
    if (table != nullptr && map->find(key) != nullptr)
      diagnostics_.error("contradiction", map->find(key)->place, fmt::format("a table takes no {}", key));
  }
  spec.jobs = static_cast<std::size_t>(count_of(*map, "jobs", 1, 4096).value_or(1));
  spec.timeout = duration_of(*map, "timeout").value_or(spec.timeout);
  spec.fidelity = count_of(*map, "fidelity", 0, 1'000'000'000).value_or(spec.fidelity);
  if (!study_.makes_networks())
    diagnostics_.error("contradiction", map->place, "the oracle is asked about networks that a program makes",
                       "such as networks: {make: [python3, make.py], out: qonnx}");
  study_.oracle = std::move(spec);
}

void StudyReader::add_network_dimension(const std::string& key, std::vector<std::string> values, const Place& place) {
  for (std::size_t v = 0; v < values.size(); ++v) {
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(v), values[v]) !=
        values.begin() + static_cast<std::ptrdiff_t>(v))
      diagnostics_.error("duplicate-key", place, fmt::format("the value '{}' of {} is given twice", values[v], key));
  }
  const bool ordered =
      std::all_of(values.begin(), values.end(), [](const std::string& v) { return number_of(v).has_value(); });
  study_.space.dimensions.push_back({key, std::move(values), ordered});
  study_.settings.emplace_back();
}

void StudyReader::read_hardware(const YamlTree& tree) {
  const YamlTree* map = tree.find("hardware");
  if (map == nullptr) return;
  check_keys(*map, {"search", "each"});
  if (!study_.makes_networks()) {
    diagnostics_.error("contradiction", map->place, "hardware is searched for each network that a program makes",
                       "write its keys under search");
    return;
  }
  const YamlTree* search = map->find("search");
  if (search == nullptr || search->kind != YamlTree::Kind::map)
    return missing(*map, "search", "such as hardware: {search: {xnor_array.rows: [16, 32]}, each: 100}");
  if (map->find("each") == nullptr)
    return missing(*map, "each", "evaluations for each network, such as hardware: {search: {...}, each: 100}");
  study_.inner_evaluations = count_of(*map, "each", 1, 1'000'000).value_or(1);
  study_.outer = study_.space;
  in_hardware_ = true;
  read_dimensions(*search, "");
  in_hardware_ = false;
  const bool has_goal = std::any_of(study_.objectives.begin(), study_.objectives.end(), [&](const Objective& o) {
    const auto at = std::find(study_.figure_names.begin(), study_.figure_names.end(), o.name);
    const Metric::From from = study_.figures[static_cast<std::size_t>(at - study_.figure_names.begin())].metric->from;
    return from != Metric::From::oracle && from != Metric::From::network;
  });
  if (!has_goal)
    diagnostics_.error("contradiction", map->place, "no objective says which machine is the best of a network",
                       "such as objectives: {accuracy: max, latency: min}");
}

std::vector<double> StudyReader::numbers_of_objectives(const YamlTree* map, double otherwise, bool with_unit) {
  std::vector<double> out(study_.objectives.size(), otherwise);
  if (map == nullptr) return out;
  for (const YamlTree::Entry& entry : map->entries) {
    std::vector<std::string> names;
    for (const Objective& objective : study_.objectives) names.push_back(objective.name);
    const auto at = std::find(names.begin(), names.end(), entry.key);
    if (at == names.end()) {
      diagnostics_.error("unknown-name", entry.place, fmt::format("'{}' is no objective of the study", entry.key),
                         fmt::format("there are {}", fmt::join(names, ", ")));
      continue;
    }
    const auto o = static_cast<std::size_t>(at - names.begin());
    const std::optional<double> value =
        value_of(entry.value.text, with_unit ? study_.figures[o].metric->unit : std::string_view("a number"));
    if (value && *value > 0) out[o] = *value;
    else
      diagnostics_.error("wrong-type", entry.value.place,
                         fmt::format("'{}' is no positive value of {}", entry.value.text, entry.key),
                         with_unit ? "a number, with its unit where the figure has one" : "such as 1 or 0.5");
  }
  return out;
}

void StudyReader::read_scalar(const YamlTree& tree) {
  const YamlTree* value = tree.find("scalar");
  if (value == nullptr || value->text == "none") return;
  const std::string name = value->kind == YamlTree::Kind::map ? text_of(*value, "name", "") : value->text;
  const auto at = std::find(ScalarSpec::names.begin(), ScalarSpec::names.end(), name);
  if (at == ScalarSpec::names.end()) {
    diagnostics_.error("unknown-name", value->place, fmt::format("'{}' is no way to join objectives", name),
                       fmt::format("write none, {}", fmt::join(ScalarSpec::names, ", ")));
    return;
  }
  if (study_.method != "bayes")
    diagnostics_.error("contradiction", value->place, fmt::format("{} does not join objectives", study_.method),
                       "method: bayes does; the others take the front as a whole");
  ScalarSpec spec{static_cast<ScalarSpec::Form>(at - ScalarSpec::names.begin()), {}, {}};
  if (value->kind == YamlTree::Kind::map) check_keys(*value, {"name", "weights", "reference", "forgive"});
  spec.weights = numbers_of_objectives(value->find("weights"), 1, false);
  spec.references = numbers_of_objectives(value->find("reference"), 0, true);
  const bool is_complete = std::count(spec.references.begin(), spec.references.end(), 0.0) == 0;
  if (spec.form != ScalarSpec::Form::tchebycheff && !is_complete)
    missing(*value, "reference", "a value of each objective, such as reference: {accuracy: 95 %, size: 4000}");
  if (const YamlTree* forgive = value->find("forgive")) {
    const std::optional<double> forgiven = value_of(forgive->text, "share");
    if (forgiven && *forgiven > 0) spec.forgiven = *forgiven;
    else
      diagnostics_.error("wrong-type", forgive->place, fmt::format("'{}' is no positive share", forgive->text),
                         "such as 2 %");
  }
  study_.scalar = std::move(spec);
}

// What a program's answers depend on beside the point. How many there are at once and how long they take is no part of
// it; of a table what is written there is.
void StudyReader::identify_networks() {
  auto& list = study_.identity.settings;
  if (!study_.maker.empty()) list.emplace_back("networks.make", command_text(study_.maker));
  if (study_.quantised) {
    const QuantisedSource& source = *study_.quantised;
    list.emplace_back("networks.quantise", contents_digest(source.network));
    for (const std::string& images : source.images) list.emplace_back("networks.calibrate", contents_digest(images));
    list.emplace_back("networks.bits", fmt::format("{} {}", source.bits, source.scale));
  }
  if (study_.oracle) {
    const OracleSpec& oracle = *study_.oracle;
    list.emplace_back("oracle", oracle.table.empty() ? command_text(oracle.command) : contents_digest(oracle.table));
    list.emplace_back("oracle.fidelity", std::to_string(oracle.fidelity));
  }
  if (study_.inner_evaluations > 0) {
    list.emplace_back("hardware.each", std::to_string(study_.inner_evaluations));
    list.emplace_back("hardware.from", std::to_string(study_.outer.dimensions.size()));
  }
  if (study_.scalar) {
    const ScalarSpec& scalar = *study_.scalar;
    list.emplace_back(
        "scalar", fmt::format("{} {} {} {}", ScalarSpec::names[static_cast<std::size_t>(scalar.form)],
                              fmt::join(scalar.weights, ", "), fmt::join(scalar.references, ", "), scalar.forgiven));
  }
}

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include "session/precision_file.h"

#include <fmt/format.h>

#include <charconv>

#include "platform/schema.h"
#include "platform/yaml_tree.h"

namespace blendsim {

namespace {

constexpr const char* schema_name = "blendsim.bits/1";

class PlanReader {
 public:
  explicit PlanReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  PrecisionPlan read(const YamlTree& tree) {
    require_schema(tree, schema_name, diagnostics_);
    PrecisionPlan plan;
    for (const YamlTree::Entry& entry : tree.entries) {
      if (entry.key == "weights") plan.weights = bits(entry);
      else if (entry.key == "activations") plan.activations = bits(entry);
      else if (entry.key == "range") range(entry, plan);
      else if (entry.key == "layers") layers(entry, plan);
      else if (entry.key != "schema") unknown(entry, {"weights", "activations", "range", "layers"});
    }
    return plan;
  }

 private:
  void unknown(const YamlTree::Entry& entry, const std::vector<std::string>& known) {
    diagnostics_.error("unknown-key", entry.place, fmt::format("a precision plan has no key '{}' here", entry.key),
                       suggestion(entry.key, known));
  }

  bool is(const YamlTree::Entry& entry, YamlTree::Kind kind) {
    if (entry.value.kind == kind) return true;
    diagnostics_.error(
        "wrong-type", entry.place,
        fmt::format("'{}' is {}, but must be {}", entry.key, kind_text(entry.value.kind), kind_text(kind)));
    return false;
  }

  std::optional<int> bits(const YamlTree::Entry& entry) {
    if (!is(entry, YamlTree::Kind::scalar)) return std::nullopt;
    const std::string& text = entry.value.text;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 8) return value;
    diagnostics_.error("out-of-range", entry.value.place,
                       fmt::format("'{}' is '{}'; whole numbers of bits from 1 to 8 are possible", entry.key, text));
    return std::nullopt;
  }

  void range(const YamlTree::Entry& entry, PrecisionPlan& plan) {
    if (!is(entry, YamlTree::Kind::scalar)) return;
    const std::string& text = entry.value.text;
    if (text == "least-error") {
      plan.rule = RangeRule::least_error;
      return;
    }
    if (text == "largest") {
      plan.rule = RangeRule::largest;
      return;
    }
    double share = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
    if (error != std::errc{} || end != text.data() + text.size() || !(share > 50 && share <= 100)) {
      diagnostics_.error("out-of-range", entry.value.place, fmt::format("'range' is '{}'", text),
                         "least-error, largest, or a share in per cent above 50, such as 99.99");
      return;
    }
    plan.rule = RangeRule::percentile;
    plan.percentile = share;
  }

  void layers(const YamlTree::Entry& entry, PrecisionPlan& plan) {
    if (!is(entry, YamlTree::Kind::map)) return;
    for (const YamlTree::Entry& layer : entry.value.entries) {
      if (!is(layer, YamlTree::Kind::map)) continue;
      PrecisionPlan::Row row{layer.key, {}, {}, layer.place};
      for (const YamlTree::Entry& key : layer.value.entries) {
        if (key.key == "weights") row.weights = bits(key);
        else if (key.key == "activations") row.activations = bits(key);
        else unknown(key, {"weights", "activations"});
      }
      plan.layers.push_back(std::move(row));
    }
  }

  Diagnostics& diagnostics_;
};

}  // namespace

PrecisionPlan read_precision_plan(const std::string& file) {
  Diagnostics diagnostics;
  const YamlTree tree = read_yaml(file, diagnostics);
  PrecisionPlan plan = PlanReader(diagnostics).read(tree);
  diagnostics.throw_if_any();
  return plan;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The rows of numerics/functions.h as operators.
#include "network/operators/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

float argument_of(const Node& node, const FunctionParameter& parameter) {
  const std::string key(parameter.name);
  if (parameter.choices.empty() || !has_attribute(node, key) ||
      !std::holds_alternative<std::string>(node.attributes.at(key))) {
    return parameter.name.empty() ? 0 : node.attribute_float(key, parameter.fallback);
  }
  const std::string chosen = node.attribute_string(key, {});
  const std::size_t blank = parameter.choices.find(' ');
  if (chosen == parameter.choices.substr(0, blank)) return 0;
  if (chosen == parameter.choices.substr(blank + 1)) return 1;
  throw Refusal{"unsupported-attribute", fmt::format("{} has no {} '{}'", node.op, key, chosen)};
}

std::vector<Shape> infer_function(const Node& node, const Context& context) {
  (void)function_of(node);
  return same_shape(node, context);
}

std::vector<Value> evaluate_function(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const FunctionCall call = function_of(node);
  FloatArray x = floats(*in[0]);
  for (float& v : x.values) v = call.function->of(v, call.arguments);
  if (in[0]->is_integer()) return {value_of(IntArray{x.shape, value_of(x).as_integer()}, in[0]->onnx_type)};
  return {value_of(std::move(x))};
}

void canonical_function(const Node& node, Rewriter& out) {
  const FunctionCall call = function_of(node);
  Node copy = canonical_copy(node, node.op, 1);
  for (std::size_t n = 0; n < call.arguments.size(); ++n) {
    const std::string key(call.function->parameters[n].name);
    if (!key.empty()) copy.attributes[key] = call.arguments[n];
  }
  out.emit(std::move(copy));
}

}  // namespace

FunctionCall function_of(const Node& node) {
  const Function* function = find_function(node.op);
  if (function == nullptr) throw Refusal{"unsupported-operator", node.op + " is no function of one value"};
  return {function, {argument_of(node, function->parameters[0]), argument_of(node, function->parameters[1])}};
}

std::span<const Operator> function_operators() {
  static const std::vector<std::string> attributes = [] {
    std::vector<std::string> all;
    for (const Function& row : functions()) {
      all.emplace_back(row.parameters[0].name);
      if (!row.parameters[1].name.empty()) all.back() += " " + std::string(row.parameters[1].name);
      if (all.back().empty()) all.back() = "consumed_inputs";  // of opset 1
    }
    return all;
  }();
  static const std::vector<Operator> rows = [] {
    std::vector<Operator> all;
    for (const Function& row : functions())
      all.push_back({row.name, 1, 1, attributes[all.size()], infer_function, evaluate_function, canonical_function});
    return all;
  }();
  return rows;
}

}  // namespace blendsim::operators

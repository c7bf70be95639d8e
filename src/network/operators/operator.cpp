// SPDX-License-Identifier: Apache-2.0
#include "network/operators/operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

constexpr std::int64_t newest_standard_opset = 21;
constexpr std::int64_t newest_qonnx_opset = 1;  // Trunc without an import reads as version 1, as qonnx does

using Family = std::span<const Operator> (*)();
constexpr Family families[] = {
    arithmetic_operators, function_operators,  comparison_operators,       movement_operators,
    shape_operators,      move_operators,      resize_operators,           convolution_operators,
    pooling_operators,    quantiser_operators, linear_quantiser_operators, normalization_operators,
    tail_operators};

bool is_standard_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

bool lists(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

const Shape& Context::shape(const std::string& tensor) const {
  if (const Constant* c = constant(tensor)) return c->shape;
  const auto found = graph_->shapes.find(tensor);
  if (found == graph_->shapes.end()) throw UnknownShape{};
  return found->second;
}

std::int64_t Context::opset(const std::string& domain) const {
  const auto found = graph_->opsets.find(domain);
  if (found != graph_->opsets.end()) return found->second;
  return is_standard_domain(domain) ? newest_standard_opset : newest_qonnx_opset;
}

std::string Rewriter::fresh_tensor(const std::string& wish) {
  std::string name = wish;
  const auto taken = [&](const std::string& n) { return graph_->constants.contains(n) || graph_->shapes.contains(n); };
  for (int i = 1; taken(name); ++i) name = fmt::format("{}_{}", wish, i);
  return name;
}

std::string Rewriter::add_constant(const std::string& wish, Constant constant) {
  const std::string name = fresh_tensor(wish);
  graph_->shapes[name] = constant.shape;
  graph_->constants.emplace(name, std::move(constant));
  return name;
}

void Rewriter::emit(Node node) {
  const std::vector<Shape> shapes = infer(node, Context(*graph_));
  for (std::size_t i = 0; i < node.outputs.size() && i < shapes.size(); ++i) {
    if (!node.outputs[i].empty()) graph_->shapes[node.outputs[i]] = shapes[i];
  }
  nodes.push_back(std::move(node));
}

const Operator* find_operator(const Node& node) {
  for (const Family family : families) {
    for (const Operator& row : family()) {
      if (row.name == node.op && (row.any_domain || is_standard_domain(node.domain))) return &row;
    }
  }
  return nullptr;
}

const Operator& checked_operator(const Node& node) {
  const Operator* row = find_operator(node);
  if (row == nullptr) {
    const std::string domain = is_standard_domain(node.domain) ? "" : " of domain '" + node.domain + "'";
    throw Refusal{"unsupported-operator", "the operator " + node.op + domain + " is not supported",
                  "replace it by supported operators (docs/numerics.md lists them)"};
  }
  const int count = static_cast<int>(node.inputs.size());
  bool complete = count >= row->min_inputs && (row->max_inputs < 0 || count <= row->max_inputs);
  for (int i = 0; complete && i < row->min_inputs; ++i) complete = !node.inputs[static_cast<std::size_t>(i)].empty();
  const bool has_output =
      std::any_of(node.outputs.begin(), node.outputs.end(), [](const auto& o) { return !o.empty(); });
  if (!complete || !has_output) {
    throw Refusal{"bad-graph", fmt::format("{} takes {}{} inputs and has an output; the node has {} inputs", node.op,
                                           row->min_inputs,
                                           row->max_inputs == row->min_inputs ? ""
                                           : row->max_inputs < 0              ? " or more"
                                                                              : fmt::format(" to {}", row->max_inputs),
                                           count)};
  }
  for (const auto& [key, attribute] : node.attributes) {
    if (!lists(row->attributes, key)) {
      throw Refusal{"unsupported-attribute", fmt::format("{} has no attribute '{}' here", node.op, key)};
    }
  }
  return *row;
}

std::int64_t checked_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0 || dimension > tensor_limit) return -1;
    count *= dimension;
    if (count > tensor_limit) return -1;
  }
  return count;
}

std::vector<Shape> infer(const Node& node, const Context& context) {
  const Operator& row = checked_operator(node);
  std::vector<Shape> shapes;
  try {
    shapes = row.infer(node, context);
  } catch (const std::invalid_argument& error) {
    throw Refusal{"shape-mismatch", error.what()};
  }
  for (const Shape& shape : shapes) {
    if (checked_count(shape) < 0) {
      throw Refusal{"shape-mismatch",
                    "the result would have shape " + shape_text(shape) + ", which is no sensible tensor"};
    }
  }
  if (node.outputs.size() > shapes.size()) {
    throw Refusal{"unsupported-attribute",
                  fmt::format("{} outputs are asked for, {} can be given", node.outputs.size(), shapes.size()),
                  "export the network for inference, with only the first output"};
  }
  return shapes;
}

std::vector<Value> evaluate(const Node& node, const Context& context, const std::vector<const Value*>& inputs) {
  const Operator& row = checked_operator(node);
  try {
    return row.evaluate(node, context, inputs);
  } catch (const std::invalid_argument& error) {
    throw Refusal{"shape-mismatch", error.what()};
  }
}

const Constant& constant_input(const Node& node, const Context& context, std::size_t i, const char* what) {
  const Constant* c = has_input(node, i) ? context.constant(node.inputs[i]) : nullptr;
  if (c != nullptr) return *c;
  throw Refusal{"not-constant",
                has_input(node, i)
                    ? fmt::format("the {} ('{}') is computed, but must be a constant", what, node.inputs[i])
                    : fmt::format("the {} is missing", what),
                "export the network with fixed parameters"};
}

std::optional<std::vector<std::int64_t>> ints_parameter(const Node& node, const Context& context,
                                                        const std::string& key, std::size_t input) {
  if (has_attribute(node, key)) {
    if (std::holds_alternative<std::int64_t>(node.attributes.at(key))) return std::vector{node.attribute_int(key, 0)};
    return node.attribute_ints(key, {});
  }
  if (!has_input(node, input)) return std::nullopt;
  try {
    return constant_input(node, context, input, key.c_str()).as_integer();
  } catch (const std::invalid_argument&) {
    throw Refusal{"bad-constant", "the input '" + key + "' must hold integers"};
  }
}

std::optional<float> float_parameter(const Node& node, const Context& context, const std::string& key,
                                     std::size_t input) {
  if (has_attribute(node, key)) return node.attribute_float(key, 0);
  if (!has_input(node, input)) return std::nullopt;
  const std::vector<float> values = constant_input(node, context, input, key.c_str()).as_float();
  if (values.size() != 1) throw Refusal{"bad-constant", "the input '" + key + "' must hold one number"};
  return values[0];
}

const Constant& constant_parameter(const Node& node, const Context& context, const std::string& key, std::size_t i) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) return constant_input(node, context, i, key.c_str());
  if (const auto* c = std::get_if<Constant>(&found->second)) return *c;
  throw Refusal{"unsupported-attribute", "the attribute '" + key + "' must be a tensor"};
}

std::int64_t checked_axis(std::int64_t axis, std::size_t rank) {
  const auto size = static_cast<std::int64_t>(rank);
  if (axis < -size || axis >= size) {
    throw Refusal{"shape-mismatch", fmt::format("axis {} is outside a tensor of {} dimensions", axis, rank)};
  }
  return axis < 0 ? axis + size : axis;
}

Node canonical_copy(const Node& node, const std::string& op, std::size_t inputs) {
  Node copy = node;
  copy.op = op;
  copy.domain.clear();
  copy.attributes.clear();
  if (copy.inputs.size() > inputs) copy.inputs.resize(inputs);
  return copy;
}

void require_finite(const Constant& constant, const std::string& what, bool positive) {
  for (const float value : constant.as_float()) {
    if (!std::isfinite(value) || (positive && value <= 0)) {
      throw Refusal{"bad-constant", fmt::format("the {} holds {}; it must be {}", what, value,
                                                positive ? "positive and finite" : "finite")};
    }
  }
}

Shape broadcast(const Shape& a, const Shape& b) { return broadcast_shape(a, b); }

void require_broadcast_to(const Shape& parameter, const Shape& x, const std::string& what) {
  bool fits = parameter.size() <= x.size() || checked_count(parameter) == 1;
  try {
    fits = fits && (checked_count(parameter) == 1 || broadcast_shape(parameter, x) == x);
  } catch (const std::invalid_argument&) {
    fits = false;
  }
  if (!fits) {
    throw Refusal{"shape-mismatch", fmt::format("the {} of shape {} does not fit a tensor of shape {}", what,
                                                shape_text(parameter), shape_text(x))};
  }
}

}  // namespace blendsim::operators

// SPDX-License-Identifier: Apache-2.0
// Internal to network: what the operator families share.
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "network/operators/operator.h"
#include "numerics/float_ops.h"

namespace blendsim::operators {

[[nodiscard]] inline Value value_of(FloatArray array) {
  return {std::move(array.shape), std::move(array.values), "float"};
}
[[nodiscard]] inline Value value_of(IntArray array, std::string type = "int64") {
  return {std::move(array.shape), std::move(array.values), std::move(type)};
}
[[nodiscard]] inline FloatArray floats(const Value& value) { return {value.shape, value.as_float()}; }
[[nodiscard]] inline IntArray integers(const Value& value) { return {value.shape, value.as_integer()}; }

[[nodiscard]] inline Constant scalar(float value) { return {{}, std::vector<float>{value}, "float"}; }
[[nodiscard]] inline Constant float_constant(const Constant& c) { return {c.shape, c.as_float(), "float"}; }

[[nodiscard]] inline bool has_input(const Node& node, std::size_t i) {
  return i < node.inputs.size() && !node.inputs[i].empty();
}
[[nodiscard]] inline bool has_attribute(const Node& node, const std::string& key) {
  return node.attributes.contains(key);
}

// The constant behind an input. Throws Refusal not-constant; `what` is its role: "scale".
[[nodiscard]] const Constant& constant_input(const Node& node, const Context& context, std::size_t i, const char* what);
// A parameter that is an attribute in one opset and an input in another; nullopt when in neither.
[[nodiscard]] std::optional<std::vector<std::int64_t>> ints_parameter(const Node& node, const Context& context,
                                                                      const std::string& key, std::size_t input);
[[nodiscard]] std::optional<float> float_parameter(const Node& node, const Context& context, const std::string& key,
                                                   std::size_t input);
// A Constant attribute of the canonical form, else the constant input `i`.
[[nodiscard]] const Constant& constant_parameter(const Node& node, const Context& context, const std::string& key,
                                                 std::size_t i);

// 0 <= axis < rank. Throws Refusal shape-mismatch.
[[nodiscard]] std::int64_t checked_axis(std::int64_t axis, std::size_t rank);

// The canonical copy of a node: another operator name, no domain, only the first `inputs` inputs, no attributes.
[[nodiscard]] Node canonical_copy(const Node& node, const std::string& op, std::size_t inputs);

// Every value finite; positive where asked. Throws Refusal bad-constant.
void require_finite(const Constant& constant, const std::string& what, bool positive = false);

// Shape of the operands' broadcast. Throws Refusal shape-mismatch.
[[nodiscard]] Shape broadcast(const Shape& a, const Shape& b);
// Refuses a parameter that would enlarge x when broadcast to it.
void require_broadcast_to(const Shape& parameter, const Shape& x, const std::string& what);

[[nodiscard]] inline std::vector<Shape> same_shape(const Node& node, const Context& context) {
  return {context.shape(node.inputs[0])};
}

}  // namespace blendsim::operators

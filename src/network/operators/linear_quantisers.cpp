// SPDX-License-Identifier: Apache-2.0
// ONNX's QuantizeLinear and DequantizeLinear. A pair of them becomes one Quant (normalise/linear_quantisers.cpp).
//   QuantizeLinear    saturate(round_half_even(x / scale) + zero_point)
//   DequantizeLinear  (x - zero_point) * scale
// Integers (canonical only): a network's output of integers, clip(round_half_even(x) + zero_point, lo, hi).
#include <fmt/format.h>

#include <cmath>

#include "network/operators/quantiser.h"
#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

struct IntegerType {
  const char* name;
  std::int64_t code;  // of TensorProto::DataType, for output_dtype
  int bits;
  bool is_signed;
};

constexpr IntegerType types[] = {{"uint8", 2, 8, false}, {"int8", 3, 8, true},   {"uint16", 4, 16, false},
                                 {"int16", 5, 16, true}, {"int32", 6, 32, true}, {"int64", 7, 32, true}};

const IntegerType& type_of(const Node& node, const Context& context) {
  std::string name;
  if (has_input(node, 2)) name = constant_input(node, context, 2, "zero_point").onnx_type;
  const std::int64_t code = node.attribute_int("output_dtype", 0);
  if (name.empty() && node.op == "DequantizeLinear") {
    if (const Constant* x = context.constant(node.inputs[0])) name = x->onnx_type;
  }
  if (name.empty() && code == 0) name = "uint8";
  for (const IntegerType& type : types) {
    if (name.empty() ? type.code == code : type.name == name) return type;
  }
  throw Refusal{"unsupported-attribute",
                fmt::format("{} of type {} is not supported", node.op, name.empty() ? std::to_string(code) : name)};
}

// One value, or one a channel along `axis`.
Constant along_axis(const Node& node, const Context& context, const Constant& c, const char* what) {
  const Shape& x = context.shape(node.inputs[0]);
  Constant out = float_constant(c);
  if (element_count(c.shape) == 1) {
    out.shape.clear();
    return out;
  }
  if (c.shape.size() != 1)
    throw Refusal{"unsupported-attribute",
                  fmt::format("a {} of shape {} (blocks) is not supported", what, shape_text(c.shape))};
  const auto axis = static_cast<std::size_t>(checked_axis(node.attribute_int("axis", 1), x.size()));
  if (c.shape[0] != x[axis]) {
    throw Refusal{"shape-mismatch", fmt::format("{} has {} values, axis {} of {} needs {}", what, c.shape[0], axis,
                                                shape_text(x), x[axis])};
  }
  out.shape.assign(x.size() - axis, 1);
  out.shape[0] = c.shape[0];
  return out;
}

std::vector<Shape> infer_linear(const Node& node, const Context& context) {
  (void)parse_linear(node, context);
  return {context.shape(node.inputs[0])};
}

template <class F>
FloatArray linear(FloatArray x, const LinearQuantiser& q, F f) {
  const std::vector<float> scales = q.scale.as_float(), zeros = q.zero_point.as_float();
  for_each_pair(
      x.shape, broadcast_strides(q.scale.shape, x.shape), broadcast_strides(q.zero_point.shape, x.shape),
      [&](std::size_t i, std::size_t s, std::size_t z) { x.values[i] = f(x.values[i], scales[s], zeros[z]); });
  return x;
}

std::vector<Value> evaluate_quantize(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const LinearQuantiser q = parse_linear(node, context);
  const auto lo = static_cast<float>(q.lo), hi = static_cast<float>(q.hi);
  FloatArray y =
      linear(floats(*in[0]), q, [&](float x, float s, float z) { return clipped(std::nearbyint(x / s) + z, lo, hi); });
  for (const float v : y.values) {
    if (std::isnan(v)) throw Refusal{"bad-constant", "a NaN is quantised"};
  }
  std::vector<std::int64_t> whole = value_of(y).as_integer();
  return {value_of(IntArray{y.shape, std::move(whole)}, q.type)};
}

std::vector<Value> evaluate_dequantize(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const LinearQuantiser q = parse_linear(node, context);
  return {value_of(linear(floats(*in[0]), q, [](float x, float s, float z) { return (x - z) * s; }))};
}

void refuse_quantize(const Node& node, Rewriter& out) {
  (void)infer_linear(node, out.context());
  throw Refusal{"unsupported-operator", "the integers of this QuantizeLinear go to an operator that is not supported",
                "use one zero point for the whole tensor, and operators on integers that docs/numerics.md lists"};
}

void refuse_dequantize(const Node& node, Rewriter& out) {
  (void)infer_linear(node, out.context());
  throw Refusal{"unsupported-operator", "this DequantizeLinear reads neither a constant nor integers that are known",
                "read integers of QuantizeLinear or of an operator on integers that docs/numerics.md lists"};
}

std::vector<Value> evaluate_integers(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const auto lo = static_cast<float>(node.attribute_int("lo", 0)), hi = static_cast<float>(node.attribute_int("hi", 0));
  const float zero = node.attribute_float("zero_point", 0);
  FloatArray x = floats(*in[0]);
  for (float& v : x.values) v = clipped(std::nearbyint(v) + zero, lo, hi);
  return {value_of(std::move(x))};
}

void canonical_integers(const Node& node, Rewriter& out) {
  Node copy = canonical_copy(node, "Integers", 1);
  copy.attributes = node.attributes;
  out.emit(std::move(copy));
}

constexpr const char* attributes = "axis saturate block_size output_dtype precision";

constexpr Operator table[] = {
    {"QuantizeLinear", 2, 3, attributes, infer_linear, evaluate_quantize, refuse_quantize},
    {"DequantizeLinear", 2, 3, attributes, infer_linear, evaluate_dequantize, refuse_dequantize},
    {"Integers", 1, 1, "zero_point lo hi", same_shape, evaluate_integers, canonical_integers},
};

}  // namespace

LinearQuantiser parse_linear(const Node& node, const Context& context) {
  if (node.attribute_int("block_size", 0) != 0)
    throw Refusal{"unsupported-attribute", "blocked quantisation is not supported"};
  LinearQuantiser q;
  const IntegerType& type = type_of(node, context);
  q.type = type.name;
  q.bits = type.bits;
  q.is_signed = type.is_signed;
  q.lo = type.is_signed ? -(std::int64_t{1} << (type.bits - 1)) : 0;
  q.hi = (std::int64_t{1} << (type.is_signed ? type.bits - 1 : type.bits)) - 1;
  const Constant& scale = constant_input(node, context, 1, "scale");
  require_finite(scale, "scale", true);
  q.scale = along_axis(node, context, scale, "scale");
  q.zero_point = scalar(0);
  if (has_input(node, 2))
    q.zero_point = along_axis(node, context, constant_input(node, context, 2, "zero_point"), "zero_point");
  return q;
}

std::span<const Operator> linear_quantiser_operators() { return table; }

}  // namespace blendsim::operators

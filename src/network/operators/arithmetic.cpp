// SPDX-License-Identifier: Apache-2.0
// Element by element: Add, Sub, Mul, Div, Pow, Min, Max, Relu and its kin, Clip, roundings. Functions of one value
// have rows of their own (numerics/functions.h).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

std::vector<Shape> infer_pair(const Node& node, const Context& context) {
  // Before opset 7, `broadcast` and `axis` aligned the operands in another way; both are refused as attributes.
  return {broadcast(context.shape(node.inputs[0]), context.shape(node.inputs[1]))};
}

std::int64_t integer_divide(std::int64_t a, std::int64_t b) {
  if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) {
    throw Refusal{"bad-constant", "an integer is divided by zero"};
  }
  return a / b;
}

std::int64_t integer_power(std::int64_t a, std::int64_t b) {
  const double result = std::pow(static_cast<double>(a), static_cast<double>(b));
  if (!(std::fabs(result) < 9.0e15)) throw Refusal{"bad-constant", "an integer power is too large"};
  return static_cast<std::int64_t>(result);
}

// Integers wrap as ONNX's int64 does.
std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }

float add(float a, float b) { return a + b; }
float subtract(float a, float b) { return a - b; }
float multiply(float a, float b) { return a * b; }
float divide(float a, float b) { return a / b; }
float smaller(float a, float b) { return b < a ? b : a; }
float larger(float a, float b) { return a < b ? b : a; }
std::int64_t add_integers(std::int64_t a, std::int64_t b) {
  return wrapped(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t subtract_integers(std::int64_t a, std::int64_t b) {
  return wrapped(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t multiply_integers(std::int64_t a, std::int64_t b) {
  return wrapped(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
std::int64_t smaller_integer(std::int64_t a, std::int64_t b) { return std::min(a, b); }
std::int64_t larger_integer(std::int64_t a, std::int64_t b) { return std::max(a, b); }

template <float (*of_floats)(float, float), std::int64_t (*of_integers)(std::int64_t, std::int64_t)>
std::vector<Value> evaluate_pair(const Node&, const Context&, const std::vector<const Value*>& in) {
  if (in[0]->is_integer() && in[1]->is_integer()) {
    return {value_of(zip(integers(*in[0]), integers(*in[1]), of_integers), in[0]->onnx_type)};
  }
  return {value_of(zip(floats(*in[0]), floats(*in[1]), of_floats))};
}

float relu(float x) { return x < 0 ? 0.0F : x; }
float negative(float x) { return -x; }
float floor_of(float x) { return std::floor(x); }
float ceiling_of(float x) { return std::ceil(x); }
float rounded(float x) { return std::nearbyint(x); }
float reciprocal(float x) { return 1.0F / x; }

template <float (*function)(float)>
std::vector<Value> evaluate_each(const Node&, const Context&, const std::vector<const Value*>& in) {
  FloatArray x = floats(*in[0]);
  for (float& value : x.values) value = function(value);
  if (in[0]->is_integer()) return {value_of(IntArray{x.shape, value_of(x).as_integer()}, in[0]->onnx_type)};
  return {value_of(std::move(x))};
}

std::vector<Value> evaluate_identity(const Node& node, const Context&, const std::vector<const Value*>& in) {
  std::vector<Value> values{*in[0]};
  if (node.outputs.size() > 1)
    values.push_back({in[0]->shape, std::vector<std::int64_t>(in[0]->as_float().size(), 1), "bool"});
  return values;
}

std::vector<Shape> infer_dropout(const Node& node, const Context& context) {
  if (const auto training = has_input(node, 2) ? ints_parameter(node, context, "training_mode", 2) : std::nullopt) {
    if (training->size() != 1 || (*training)[0] != 0) {
      throw Refusal{"unsupported-attribute", "Dropout is in training mode", "export the network for inference"};
    }
  }
  const Shape& x = context.shape(node.inputs[0]);
  return {x, x};
}

// PRelu: slope Constant in the canonical form, second input in the file. LeakyRelu: alpha.
Constant slope_of(const Node& node, const Context& context) {
  if (node.op == "LeakyRelu") return scalar(node.attribute_float("alpha", 0.01F));
  return float_constant(constant_parameter(node, context, "slope", 1));
}

std::vector<Shape> infer_prelu(const Node& node, const Context& context) {
  const Constant slope = slope_of(node, context);
  require_finite(slope, "slope");
  const Shape& x = context.shape(node.inputs[0]);
  require_broadcast_to(slope.shape, x, "slope");
  return {x};
}

std::vector<Value> evaluate_prelu(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  return {value_of(
      zip(floats(*in[0]), floats(slope_of(node, context)), [](float x, float a) { return x < 0 ? x * a : x; }))};
}

void canonical_prelu(const Node& node, Rewriter& out) {
  Node copy = canonical_copy(node, "PRelu", 1);
  copy.attributes["slope"] = slope_of(node, out.context());
  out.emit(std::move(copy));
}

struct ClipRange {
  float lo = std::numeric_limits<float>::lowest();
  float hi = std::numeric_limits<float>::max();
};

// lo, hi (canonical); min, max as attributes (opset 6) or inputs (opset 11).
ClipRange clip_range(const Node& node, const Context& context) {
  ClipRange range;
  range.lo = has_attribute(node, "lo") ? node.attribute_float("lo", 0)
                                       : float_parameter(node, context, "min", 1).value_or(range.lo);
  range.hi = has_attribute(node, "hi") ? node.attribute_float("hi", 0)
                                       : float_parameter(node, context, "max", 2).value_or(range.hi);
  if (std::isnan(range.lo) || std::isnan(range.hi)) throw Refusal{"bad-constant", "a bound of the Clip is NaN"};
  if (range.lo > range.hi) {
    throw Refusal{"bad-constant",
                  fmt::format("the Clip's lower bound {} is above its upper bound {}", range.lo, range.hi)};
  }
  return range;
}

std::vector<Shape> infer_clip(const Node& node, const Context& context) {
  (void)clip_range(node, context);
  return same_shape(node, context);
}

std::vector<Value> evaluate_clip(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const ClipRange range = clip_range(node, context);
  FloatArray x = floats(*in[0]);
  for (float& value : x.values) value = clipped(value, range.lo, range.hi);
  if (in[0]->is_integer()) return {value_of(IntArray{x.shape, value_of(x).as_integer()}, in[0]->onnx_type)};
  return {value_of(std::move(x))};
}

void canonical_clip(const Node& node, Rewriter& out) {
  const ClipRange range = clip_range(node, out.context());
  Node copy = canonical_copy(node, "Clip", 1);
  copy.attributes["lo"] = range.lo;
  copy.attributes["hi"] = range.hi;
  out.emit(std::move(copy));
}

void canonical_relu(const Node& node, Rewriter& out) { out.emit(canonical_copy(node, node.op, 1)); }
void canonical_pair(const Node& node, Rewriter& out) { out.emit(canonical_copy(node, node.op, 2)); }

// min(x, c) and max(x, c) with a scalar constant are clips.
void canonical_bound(const Node& node, Rewriter& out) {
  const Context context = out.context();
  const std::size_t other = context.constant(node.inputs[0]) != nullptr ? 0 : 1;
  const Constant& bound = constant_input(node, context, other, "bound");
  if (bound.as_float().size() != 1) {
    throw Refusal{"unsupported-operator", node.op + " with more than one bound is not supported"};
  }
  Node copy = canonical_copy(node, "Clip", 2);
  copy.inputs = {node.inputs[1 - other]};
  const ClipRange all;
  copy.attributes["lo"] = node.op == "Max" ? bound.as_float()[0] : all.lo;
  copy.attributes["hi"] = node.op == "Min" ? bound.as_float()[0] : all.hi;
  (void)clip_range(copy, context);
  out.emit(std::move(copy));
}

// Emits a product, sum or bound with one number; `output` empty: a tensor in between.
std::string emit_with(const Node& node, const char* op, const std::string& x, float number, const std::string& output,
                      Rewriter& out, bool number_first = false) {
  Node copy = canonical_copy(node, op, 0);
  const std::string suffix = std::string("/") + op,
                    constant = out.add_constant(node.outputs[0] + suffix, scalar(number));
  copy.name += output.empty() ? suffix : "";
  copy.inputs = number_first ? std::vector<std::string>{constant, x} : std::vector<std::string>{x, constant};
  copy.outputs = {output.empty() ? out.fresh_tensor(node.outputs[0] + suffix + "/result") : output};
  std::string y = copy.outputs[0];
  out.emit(std::move(copy));
  return y;
}

void canonical_negation(const Node& node, Rewriter& out) {
  (void)emit_with(node, "Mul", node.inputs[0], -1, node.outputs[0], out);
}

void canonical_reciprocal(const Node& node, Rewriter& out) {
  (void)emit_with(node, "Div", node.inputs[0], 1, node.outputs[0], out, true);
}

// max(0, min(1, alpha * x + beta))
std::vector<Value> evaluate_hard_sigmoid(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const float alpha = node.attribute_float("alpha", 0.2F), beta = node.attribute_float("beta", 0.5F);
  FloatArray x = floats(*in[0]);
  for (float& v : x.values) {
    const float product = alpha * v;
    v = clipped(product + beta, 0, 1);
  }
  return {value_of(std::move(x))};
}

void canonical_hard_sigmoid(const Node& node, Rewriter& out) {
  const std::string product = emit_with(node, "Mul", node.inputs[0], node.attribute_float("alpha", 0.2F), "", out);
  Node clip = canonical_copy(node, "Clip", 0);
  clip.inputs = {emit_with(node, "Add", product, node.attribute_float("beta", 0.5F), "", out)};
  clip.attributes = {{"lo", 0.0F}, {"hi", 1.0F}};
  out.emit(std::move(clip));
}

void vanish(const Node& node, Rewriter& out) {  // normalise() drops Identity; Dropout at inference is one
  Node copy = canonical_copy(node, "Identity", 1);
  copy.outputs.resize(1);
  out.emit(std::move(copy));
}

constexpr const char* none = "";

constexpr Operator table[] = {
    {"Add", 2, 2, none, infer_pair, evaluate_pair<add, add_integers>, canonical_pair},
    {"Sub", 2, 2, none, infer_pair, evaluate_pair<subtract, subtract_integers>, canonical_pair},
    {"Mul", 2, 2, none, infer_pair, evaluate_pair<multiply, multiply_integers>, canonical_pair},
    {"Div", 2, 2, none, infer_pair, evaluate_pair<divide, integer_divide>, canonical_pair},
    {"Pow", 2, 2, none, infer_pair, evaluate_pair<power, integer_power>, canonical_pair},
    {"Min", 2, 2, none, infer_pair, evaluate_pair<smaller, smaller_integer>, canonical_bound},
    {"Max", 2, 2, none, infer_pair, evaluate_pair<larger, larger_integer>, canonical_bound},
    {"Relu", 1, 1, "consumed_inputs", same_shape, evaluate_each<relu>, canonical_relu},
    {"PRelu", 1, 2, "slope", infer_prelu, evaluate_prelu, canonical_prelu},
    {"LeakyRelu", 1, 1, "alpha", infer_prelu, evaluate_prelu, canonical_prelu},
    {"Clip", 1, 3, "lo hi min max", infer_clip, evaluate_clip, canonical_clip},
    {"Identity", 1, 1, none, same_shape, evaluate_identity, vanish},
    {"Dropout", 1, 3, "ratio seed is_test", infer_dropout, evaluate_identity, vanish},
    {"Neg", 1, 1, none, same_shape, evaluate_each<negative>, canonical_negation},
    {"Floor", 1, 1, none, same_shape, evaluate_each<floor_of>, nullptr},
    {"Ceil", 1, 1, none, same_shape, evaluate_each<ceiling_of>, nullptr},
    {"Round", 1, 1, none, same_shape, evaluate_each<rounded>, nullptr},
    {"Reciprocal", 1, 1, none, same_shape, evaluate_each<reciprocal>, canonical_reciprocal},
    {"HardSigmoid", 1, 1, "alpha beta", same_shape, evaluate_hard_sigmoid, canonical_hard_sigmoid},
};

}  // namespace

std::span<const Operator> arithmetic_operators() { return table; }

}  // namespace blendsim::operators

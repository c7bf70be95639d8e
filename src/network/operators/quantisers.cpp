// SPDX-License-Identifier: Apache-2.0
// QONNX's Quant (IntQuant), BipolarQuant, Trunc and FINN's MultiThreshold, with the formulas of
// qonnx/custom_op/general/{intquant,bipolar_quant,trunc,multithreshold}.py; FloatQuant of constants; and ONNX's
// three-valued Sign.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "network/operators/quantiser.h"
#include "network/operators/support.h"
#include "numerics/host_op.h"

namespace blendsim::operators {

namespace {

// A parameter with one element fits a tensor of any rank.
Constant parameter(const Constant& c) {
  Constant out = float_constant(c);
  if (element_count(out.shape) == 1) out.shape.clear();
  return out;
}

Constant scale_of(const Node& node, const Context& context, const std::string& key, std::size_t input) {
  Constant scale = parameter(constant_parameter(node, context, key, input));
  require_finite(scale, key, true);
  return scale;
}

Constant zero_point_of(const Node& node, const Context& context, std::size_t input) {
  Constant zero_point = parameter(constant_parameter(node, context, "zero_point", input));
  require_finite(zero_point, "zero_point");
  for (const float value : zero_point.as_float()) {
    if (value != std::nearbyint(value) || std::fabs(value) > 16777216.0F) {
      throw Refusal{"bad-constant", fmt::format("the zero_point {} is not an integer", value)};
    }
  }
  return zero_point;
}

// One whole number from 1 to 32 behind an input, whatever its shape.
int bits_of(const Node& node, const Context& context, std::size_t input, const char* name) {
  const std::vector<float> values = constant_input(node, context, input, name).as_float();
  if (values.empty() ||
      std::any_of(values.begin(), values.end(), [&](float v) { return v != values[0] && !std::isnan(v); })) {
    throw Refusal{"bad-constant", fmt::format("the {} must be one number for the whole tensor", name)};
  }
  if (!(values[0] >= 1 && values[0] <= 32) || values[0] != std::floor(values[0])) {
    throw Refusal{"number-width",
                  fmt::format("the {} is {}; whole numbers from 1 to 32 are supported", name, values[0])};
  }
  return static_cast<int>(values[0]);
}

std::pair<std::int64_t, std::int64_t> range_of(int bits, bool is_signed, bool narrow) {
  const std::int64_t span = std::int64_t{1} << bits;
  if (is_signed) return {-span / 2 + (narrow ? 1 : 0), span / 2 - 1};
  return {0, span - 1 - (narrow ? 1 : 0)};
}

Shape quantised_shape(const Node& node, const Context& context, const Constant& scale, const Constant& zero_point) {
  const Shape& x = context.shape(node.inputs[0]);
  require_broadcast_to(scale.shape, x, "scale");
  require_broadcast_to(zero_point.shape, x, "zero_point");
  return x;
}

std::vector<Shape> infer_quant(const Node& node, const Context& context) {
  const Quantiser q = parse_quantiser(node, context);
  return {quantised_shape(node, context, q.scale, q.zero_point)};
}

// Applies y = f(x, scale, zero_point) with both parameters broadcast to x.
template <class F>
FloatArray quantised(FloatArray x, const Constant& scale, const Constant& zero_point, F f) {
  const std::vector<float> scales = scale.as_float(), zeros = zero_point.as_float();
  const auto scale_steps = broadcast_strides(scale.shape, x.shape),
             zero_steps = broadcast_strides(zero_point.shape, x.shape);
  for_each_pair(x.shape, scale_steps, zero_steps, [&](std::size_t i, std::size_t s, std::size_t z) {
    x.values[i] = f(x.values[i], scales[s], zeros[z]);
  });
  return x;
}

std::vector<Value> evaluate_quant(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Quantiser q = parse_quantiser(node, context);
  if (q.bipolar) {
    return {value_of(quantised(floats(*in[0]), q.scale, q.zero_point,
                               [](float x, float s, float) { return (x / s >= 0 ? 1.0F : -1.0F) * s; }))};
  }
  const auto lo = static_cast<float>(q.lo), hi = static_cast<float>(q.hi);
  const bool to_even = q.rounding == "ROUND";
  const auto round = [&](float y) { return to_even ? std::nearbyint(y) : round_as(y, q.rounding); };
  return {value_of(quantised(floats(*in[0]), q.scale, q.zero_point, [&](float x, float s, float z) {
    const float y = q.saturate_first ? round(clipped(x / s + z, lo, hi)) : clipped(round(x / s) + z, lo, hi);
    return (y - z) * s;
  }))};
}

void canonical_quant(const Node& node, Rewriter& out) {
  const Quantiser q = parse_quantiser(node, out.context());
  Node copy = canonical_copy(node, q.bipolar ? "Bipolar" : "Quant", 1);
  q.write(copy);
  out.emit(std::move(copy));
}

std::vector<Shape> infer_bipolar(const Node& node, const Context& context) {
  return {quantised_shape(node, context, scale_of(node, context, "scale", 1), scalar(0))};
}

std::vector<Value> evaluate_bipolar(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Constant scale = scale_of(node, context, "scale", 1);
  return {value_of(quantised(floats(*in[0]), scale, scalar(0),
                             [](float x, float s, float) { return (x >= 0 ? 1.0F : -1.0F) * s; }))};
}

void canonical_bipolar(const Node& node, Rewriter& out) {
  Node copy = canonical_copy(node, "Bipolar", 1);
  copy.attributes["scale"] = scale_of(node, out.context(), "scale", 1);
  out.emit(std::move(copy));
}

std::vector<Value> evaluate_sign(const Node&, const Context&, const std::vector<const Value*>& in) {
  FloatArray x = floats(*in[0]);
  for (float& v : x.values) v = v > 0 ? 1.0F : v < 0 ? -1.0F : v;  // 0 and NaN stay
  return {value_of(std::move(x))};
}

void canonical_sign(const Node& node, Rewriter& out) { out.emit(canonical_copy(node, "Sign", 1)); }

struct MultiThreshold {
  Constant thresholds;  // [C or 1, n]
  float scale = 1, bias = 0;
};

MultiThreshold parse_thresholds(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  MultiThreshold m;
  m.thresholds = float_constant(constant_parameter(node, context, "thresholds", 1));
  const Shape& t = m.thresholds.shape;
  if (x.size() < 2 || t.size() != 2 || (t[0] != 1 && t[0] != x[1]) || t[1] < 1) {
    throw Refusal{"shape-mismatch",
                  fmt::format("thresholds of shape {} do not fit a tensor of shape {}", shape_text(t), shape_text(x))};
  }
  for (const float value : m.thresholds.as_float()) {
    if (std::isnan(value)) throw Refusal{"bad-constant", "a threshold is NaN"};
  }
  m.scale = node.attribute_float("out_scale", 1);
  m.bias = node.attribute_float("out_bias", 0);
  if (!std::isfinite(m.scale) || m.scale == 0 || !std::isfinite(m.bias)) {
    throw Refusal{"bad-constant", "out_scale and out_bias must be finite, out_scale not 0"};
  }
  const std::string layout = node.attribute_string("data_layout", "NCHW");
  if (!layout.empty() && layout.back() == 'C' && x.size() > 2) {
    throw Refusal{"unsupported-attribute", "the data layout " + layout + " (channels last) is not supported",
                  "export the model before its conversion to channels last"};
  }
  return m;
}

std::vector<Shape> infer_thresholds(const Node& node, const Context& context) {
  (void)parse_thresholds(node, context);
  return {context.shape(node.inputs[0])};
}

std::vector<Value> evaluate_thresholds(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const MultiThreshold m = parse_thresholds(node, context);
  FloatArray y = threshold_counts(floats(*in[0]), floats(m.thresholds));
  for (float& v : y.values) v = m.scale * v + m.bias;
  return {value_of(std::move(y))};
}

void canonical_thresholds(const Node& node, Rewriter& out) {
  MultiThreshold m = parse_thresholds(node, out.context());
  std::vector<float> values = m.thresholds.as_float();
  const auto levels = static_cast<std::ptrdiff_t>(m.thresholds.shape[1]);
  for (auto row = values.begin(); row != values.end(); row += levels) std::sort(row, row + levels);  // same count
  m.thresholds.values = std::move(values);
  Node copy = canonical_copy(node, "MultiThreshold", 1);
  copy.attributes["thresholds"] = std::move(m.thresholds);
  copy.attributes["out_scale"] = m.scale;
  copy.attributes["out_bias"] = m.bias;
  out.emit(std::move(copy));
}

// Version 1: X, scale, zero_point, in_bits, out_bits. Version 2: out_scale before out_bits, and clips.
struct Truncation {
  Constant scale, zero_point, out_scale;
  int in_bits = 8, out_bits = 8, version = 1;
  std::int64_t lo = 0, hi = 0;
  std::string rounding = "FLOOR";
};

Truncation parse_trunc(const Node& node, const Context& context) {
  Truncation t;
  t.rounding =
      rounding_name(node.attribute_string(has_attribute(node, "rounding") ? "rounding" : "rounding_mode", "FLOOR"));
  const bool canonical = has_attribute(node, "version");
  t.version = canonical ? (node.attribute_int("version", 1) == 1 ? 1 : 2) : node.inputs.size() == 6 ? 2 : 1;
  t.scale = scale_of(node, context, "scale", 1);
  t.zero_point = zero_point_of(node, context, 2);
  t.out_scale = t.version == 1 ? t.scale : scale_of(node, context, "out_scale", 4);
  if (canonical) {
    t.in_bits = static_cast<int>(node.attribute_int("in_bits", 8));
    t.out_bits = static_cast<int>(node.attribute_int("out_bits", 8));
    t.lo = node.attribute_int("lo", 0);
    t.hi = node.attribute_int("hi", 0);
  } else {
    if (node.inputs.size() < 5) throw Refusal{"bad-graph", "Trunc takes 5 inputs, or 6 in version 2"};
    t.in_bits = bits_of(node, context, 3, "in_bit_width");
    t.out_bits = bits_of(node, context, node.inputs.size() - 1, "out_bit_width");
    std::tie(t.lo, t.hi) =
        range_of(t.out_bits, node.attribute_int("signed", 1) != 0, node.attribute_int("narrow", 0) != 0);
  }
  if (t.version == 1 && t.out_bits > t.in_bits) throw Refusal{"number-width", "Trunc yields more bits than it takes"};
  if (t.version == 2 && (!t.scale.shape.empty() || !t.out_scale.shape.empty() || !t.zero_point.shape.empty())) {
    throw Refusal{"unsupported-attribute", "Trunc with one scale a channel is not supported"};
  }
  return t;
}

std::vector<Shape> infer_trunc(const Node& node, const Context& context) {
  const Truncation t = parse_trunc(node, context);
  return {quantised_shape(node, context, t.scale, t.zero_point)};
}

std::vector<Value> evaluate_trunc(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Truncation t = parse_trunc(node, context);
  if (t.version == 1) {
    const float step = std::ldexp(1.0F, t.in_bits - t.out_bits);
    return {value_of(quantised(floats(*in[0]), t.scale, t.zero_point, [&](float x, float s, float z) {
      return (round_as(std::nearbyint(x / s + z) / step, t.rounding) - z) * s;
    }))};
  }
  const float out_scale = t.out_scale.as_float()[0], scale = t.scale.as_float()[0];
  const float step = std::exp2(std::nearbyint(std::log2(out_scale / scale)));
  const auto lo = static_cast<float>(t.lo), hi = static_cast<float>(t.hi);
  return {value_of(quantised(floats(*in[0]), t.scale, t.zero_point, [&](float x, float s, float z) {
    return (round_as(clipped(std::nearbyint(x / s + z) / step, lo, hi), t.rounding) - z / step) * out_scale;
  }))};
}

void canonical_trunc(const Node& node, Rewriter& out) {
  Truncation t = parse_trunc(node, out.context());
  Node copy = canonical_copy(node, "Trunc", 1);
  copy.attributes["scale"] = std::move(t.scale);
  copy.attributes["zero_point"] = std::move(t.zero_point);
  copy.attributes["out_scale"] = std::move(t.out_scale);
  copy.attributes["in_bits"] = std::int64_t{t.in_bits};
  copy.attributes["out_bits"] = std::int64_t{t.out_bits};
  copy.attributes["lo"] = t.lo;
  copy.attributes["hi"] = t.hi;
  copy.attributes["rounding"] = t.rounding;
  copy.attributes["version"] = std::int64_t{t.version};
  out.emit(std::move(copy));
}

constexpr const char* quant_attributes =
    "signed narrow rounding_mode scale zero_point lo hi rounding bits saturate_first declared";
constexpr const char* trunc_attributes =
    "signed narrow rounding_mode scale zero_point out_scale in_bits out_bits lo hi rounding version";
constexpr const char* threshold_attributes = "thresholds out_scale out_bias out_dtype data_layout";

// QONNX's FloatQuant: a floating point format with `exponent` bits of this bias and `mantissa` bits behind the point,
// its subnormals included, without infinities.
struct Minifloat {
  int exponent = 4, mantissa = 3, bias = 7;
  double most = 0;
  std::string rounding = "ROUND";

  [[nodiscard]] float nearest(float x) const {
    const int place = (x == 0 ? 1 - bias : std::max(std::ilogb(x), 1 - bias)) - mantissa;
    const double step = std::ldexp(1.0, place);
    const float whole = round_as(static_cast<float>(x / step), rounding);
    return static_cast<float>(std::clamp(whole * step, -most, most));
  }
};

int small_number(const Node& node, const Context& context, std::size_t input, const char* name) {
  const std::vector<float> values = constant_input(node, context, input, name).as_float();
  if (values.size() != 1 || values[0] != std::nearbyint(values[0]) || std::fabs(values[0]) > 100)
    throw Refusal{"bad-constant", fmt::format("the {} must be one whole number of at most 100", name)};
  return static_cast<int>(values[0]);
}

Minifloat parse_minifloat(const Node& node, const Context& context) {
  Minifloat f;
  f.exponent = small_number(node, context, 2, "exponent_bitwidth");
  f.mantissa = small_number(node, context, 3, "mantissa_bitwidth");
  f.bias = small_number(node, context, 4, "exponent_bias");
  f.rounding = rounding_name(node.attribute_string("rounding_mode", "ROUND"));
  if (f.exponent < 1 || f.exponent > 8 || f.mantissa < 0 || f.mantissa > 23)
    throw Refusal{"number-width", "a format of 1 to 8 bits of exponent and up to 23 of mantissa is possible"};
  f.most = std::ldexp(2 - std::ldexp(1.0, -f.mantissa), (1 << f.exponent) - 1 - f.bias);
  if (!has_input(node, 5)) return f;
  const std::vector<float> limit = constant_input(node, context, 5, "max_val").as_float();
  if (limit.size() != 1 || !(limit[0] > 0)) throw Refusal{"bad-constant", "max_val must be one number above 0"};
  f.most = std::min(f.most, double{limit[0]});
  return f;
}

std::vector<Value> evaluate_minifloat(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Minifloat format = parse_minifloat(node, context);
  const Constant scale = scale_of(node, context, "scale", 1);
  require_broadcast_to(scale.shape, in[0]->shape, "scale");
  const bool saturates = node.attribute_int("saturation", 1) != 0, is_signed = node.attribute_int("signed", 1) != 0;
  return {value_of(zip(floats(*in[0]), FloatArray{scale.shape, scale.as_float()}, [&](float x, float s) {
    const float v = x / s;
    if (std::isnan(v) || (!is_signed && v < 0) || (!saturates && std::fabs(v) > format.most))
      throw Refusal{"bad-constant", fmt::format("FloatQuant of {}, which its format does not hold", x)};
    return format.nearest(v) * s;
  }))};
}

void refuse_minifloat(const Node& node, Rewriter& out) {
  (void)parse_minifloat(node, out.context());
  throw Refusal{
      "unsupported-operator", "of a computed tensor: its levels are no even steps",
      "quantise activations with Quant or QuantizeLinear to 8 bits or less; weights may stay FloatQuant where "
      "their values are integers up to 510 times one scale (e2m1, e2m3, e3m2)"};
}

constexpr Operator table[] = {
    {"FloatQuant", 5, 6, "rounding_mode has_inf has_nan has_subnormal saturation signed", same_shape,
     evaluate_minifloat, refuse_minifloat, true},
    {"Quant", 1, 4, quant_attributes, infer_quant, evaluate_quant, canonical_quant, true},
    {"IntQuant", 1, 4, quant_attributes, infer_quant, evaluate_quant, canonical_quant, true},
    {"BipolarQuant", 2, 2, "", infer_bipolar, evaluate_bipolar, canonical_bipolar, true},
    {"Bipolar", 1, 1, "scale", infer_bipolar, evaluate_bipolar, canonical_bipolar},
    {"Trunc", 1, 6, trunc_attributes, infer_trunc, evaluate_trunc, canonical_trunc, true},
    {"TruncQuant", 5, 6, trunc_attributes, infer_trunc, evaluate_trunc, canonical_trunc, true},
    {"MultiThreshold", 1, 2, threshold_attributes, infer_thresholds, evaluate_thresholds, canonical_thresholds, true},
    {"Sign", 1, 1, "", same_shape, evaluate_sign, canonical_sign},
};

}  // namespace

std::string rounding_name(const std::string& name) {
  static constexpr const char* names[] = {"ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"};
  std::string upper = name;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (upper == "HALF_EVEN") return "ROUND";
  for (const char* known : names) {
    if (upper == known) return upper;
  }
  throw Refusal{"unsupported-attribute", "the rounding mode '" + name + "' is unknown",
                "QONNX knows ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN"};
}

void Quantiser::write(Node& node) const {
  node.attributes["scale"] = scale;
  if (bipolar) return;
  node.attributes["zero_point"] = zero_point;
  node.attributes["lo"] = lo;
  node.attributes["hi"] = hi;
  node.attributes["rounding"] = rounding;
  node.attributes["bits"] = std::int64_t{bits};
  node.attributes["signed"] = std::int64_t{is_signed};
  node.attributes["saturate_first"] = std::int64_t{saturate_first};
  if (declared) node.attributes["declared"] = std::int64_t{1};
}

Quantiser parse_quantiser(const Node& node, const Context& context) {
  Quantiser q;
  const bool canonical = has_attribute(node, "lo");
  q.rounding = rounding_name(node.attribute_string(canonical ? "rounding" : "rounding_mode", "ROUND"));
  q.is_signed = node.attribute_int("signed", 1) != 0;
  q.scale = scale_of(node, context, "scale", 1);
  q.zero_point = zero_point_of(node, context, 2);
  if (canonical) {
    q.lo = node.attribute_int("lo", 0);
    q.hi = node.attribute_int("hi", 0);
    q.bits = static_cast<int>(node.attribute_int("bits", 8));
    q.saturate_first = node.attribute_int("saturate_first", 1) != 0;
    q.declared = node.attribute_int("declared", 0) != 0;
    return q;
  }
  q.bits = bits_of(node, context, 3, "bit_width");
  std::tie(q.lo, q.hi) = range_of(q.bits, q.is_signed, node.attribute_int("narrow", 0) != 0);
  q.bipolar = q.bits == 1 && q.is_signed;
  const std::vector<float> zeros = q.zero_point.as_float();
  if (q.bipolar && std::any_of(zeros.begin(), zeros.end(), [](float z) { return z != 0; })) {
    throw Refusal{"unsupported-attribute", "a bipolar quantiser (1 signed bit) with a zero_point is not supported"};
  }
  if (!q.bipolar && q.lo >= q.hi) throw Refusal{"number-width", "a narrow 1-bit unsigned quantiser has one value only"};
  return q;
}

std::span<const Operator> quantiser_operators() { return table; }

}  // namespace blendsim::operators

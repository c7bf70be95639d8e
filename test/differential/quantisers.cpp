// SPDX-License-Identifier: Apache-2.0
// Quantisers of all dialects: QONNX, FINN, QuantizeLinear, comparisons.
#include <algorithm>
#include <cmath>

#include "blocks.h"

namespace blendsim::differential {

float draw_scale(Draft& d, const Tensor& x, int levels) {
  if (x.scale > 0 && d.chance(20)) return x.scale;  // the same grid again: ties of averages, sums that clip
  const double target = std::max(x.spread, 1e-6) * 4 / std::max(2, levels);
  const double base = std::exp2(std::round(std::log2(target)) + d.choices.one_of<int>({0, -1, 1}));
  const int kind = d.pick(0, 19);
  if (kind < 15) return static_cast<float>(base);
  if (kind < 18) return static_cast<float>(base * d.choices.one_of<int>({3, 5, 7}) / 4);
  return static_cast<float>(base * (1 + d.pick(1, 999) / 1000.0));
}

namespace {

constexpr const char* rounding_modes[] = {"ROUND", "FLOOR", "CEIL", "HALF_UP", "HALF_DOWN", "UP", "DOWN", "HALF_EVEN"};

struct Codes {
  int bits = 8;
  bool is_signed = true;
  std::int64_t lo = 0, hi = 0;
};

// Marks the tensor `name` as codes of x's shape: (q - zero) * scale for q from lo to hi.
Tensor codes_of(Draft& d, const Tensor& x, const std::string& name, const Codes& c, double zero,
                const std::vector<float>& scales) {
  d.traits.quantised.insert(name);
  d.traits.codes.insert(name);
  Tensor out = renamed(x, name, x.shape);
  const float largest = *std::max_element(scales.begin(), scales.end());
  const double reach =
      std::max(std::fabs(static_cast<double>(c.lo) - zero), std::fabs(static_cast<double>(c.hi) - zero));
  out.bound = reach * largest;
  out.spread = largest * std::max(1.0, static_cast<double>(c.hi - c.lo) / 4);
  out.unit = lowest_bit(scales[0]);
  for (const float s : scales) out.unit = std::min(out.unit, lowest_bit(s));
  out.codes = true;
  out.scale = scales[0];
  if (scales.size() > 1) d.traits.channel_scales[name] = scales;
  return checked(out);
}

// One scale, or seldom one a channel.
std::vector<float> draw_scales(Draft& d, const Tensor& x, int levels) {
  const float scale = draw_scale(d, x, levels);
  if (!d.chance(6) || d.opset < 13) return {scale};
  return d.filled(x.channels(), [&](int r) { return std::ldexp(scale, r % 3 - 1); });
}

std::string scale_constant(Draft& d, const Tensor& x, const std::vector<float>& scales) {
  if (scales.size() == 1) return d.scalar(scales[0]);
  return d.floats(x.flat() ? Shape{1, x.channels()} : Shape{1, x.channels(), 1, 1}, scales);
}

Codes draw_codes(Draft& d) {
  Codes c;
  c.bits = d.choices.one_of<int>({8, 4, 2, 3, 1, 5, 6, 7, 8, 4, 2});
  c.is_signed = !d.chance(40);
  const std::int64_t span = std::int64_t{1} << c.bits;
  c.lo = c.is_signed ? -span / 2 : 0;
  c.hi = c.is_signed ? span / 2 - 1 : span - 1;
  return c;
}

// 0, among the codes, or beyond them on either side.
int draw_zero(Draft& d, const Codes& c) {
  const int kind = d.pick(0, 19), lo = static_cast<int>(c.lo), hi = static_cast<int>(c.hi);
  if (kind < 14) return 0;
  if (kind < 17) return d.pick(std::max(lo, -20), std::min(hi, 20));
  return kind < 18 ? hi + d.pick(1, 20) : lo - d.pick(1, 20);
}

Tensor quant(Draft& d, const Tensor& x) {
  Codes c = draw_codes(d);
  const bool narrow = d.chance(20);
  const bool bipolar = c.bits == 1 && c.is_signed;
  if (narrow) (c.is_signed ? c.lo : c.hi) += c.is_signed ? 1 : -1;
  const std::vector<float> scales = draw_scales(d, x, static_cast<int>(c.hi - c.lo));
  const int zero = bipolar ? 0 : draw_zero(d, c);
  const char* mode = d.chance(75) ? "ROUND" : rounding_modes[d.pick(0, 7)];
  const std::string name = d.node(
      d.chance(30) ? "IntQuant" : "Quant",
      {x.name, scale_constant(d, x, scales), d.scalar(static_cast<float>(zero)), d.scalar(static_cast<float>(c.bits))},
      {attr("signed", c.is_signed ? 1 : 0), attr("narrow", narrow ? 1 : 0), attr("rounding_mode", mode)},
      d.qonnx_domain());
  if (bipolar) c.lo = -1, c.hi = 1;
  return codes_of(d, x, name, c, zero, scales);
}

Tensor bipolar_quant(Draft& d, const Tensor& x) {
  const float scale = d.chance(60) ? 1.0F : draw_scale(d, x, 4);
  const std::string name = d.node("BipolarQuant", {x.name, d.scalar(scale)}, {}, d.qonnx_domain());
  return codes_of(d, x, name, {1, true, -1, 1}, 0, {scale});
}

Tensor multi_threshold(Draft& d, const Tensor& x) {
  const int levels = d.choices.one_of<int>({1, 3, 7, 15, 2, 14, 31});
  const int rows = d.chance(40) ? 1 : x.channels();
  const float step = draw_scale(d, x, levels + 1);
  const bool unsorted = d.chance(5), repeated = d.chance(10);
  int at = 0;
  float offset = 0;
  std::vector<float> values = d.filled(std::int64_t{rows} * levels, [&](int r) {
    const int level = at++ % levels;
    if (level == 0) offset = static_cast<float>(r % 5 - 2) * 0.5F;
    const int place = repeated ? level / 2 * 2 : level;
    return step * (static_cast<float>(place - levels / 2) + offset);
  });
  if (unsorted) std::reverse(values.begin(), values.end());
  float scale = d.chance(50) ? 1.0F : draw_scale(d, x, levels + 1);
  if (d.chance(25)) scale = -scale;
  const int kind = d.pick(0, 3);
  const float bias = kind == 0   ? 0.0F
                     : kind == 1 ? -scale * static_cast<float>(levels) / 2
                     : kind == 2 ? scale * static_cast<float>(d.pick(-8, 8))
                                 : scale * 0.25F;
  const std::string name =
      d.node("MultiThreshold", {x.name, d.floats({rows, levels}, values)},
             {attr("out_scale", scale), attr("out_bias", bias), attr("out_dtype", "INT8")}, d.qonnx_domain());
  Tensor out = codes_of(d, x, name, {8, true, 0, levels}, -static_cast<double>(bias / scale), {std::fabs(scale)});
  out.unit = std::min(lowest_bit(scale), bias == 0 ? 1e9 : lowest_bit(bias));
  return checked(out);
}

Tensor linear_pair(Draft& d, const Tensor& x) {
  const bool is_signed = !d.chance(40), implicit = !is_signed && d.chance(20);
  Codes c{8, is_signed, is_signed ? -128 : 0, is_signed ? 127 : 255};
  const int bits = d.choices.one_of<int>({8, 8, 8, 4, 2, 3, 5, 6, 7, 1});
  const bool clips = bits < 8 && d.opset >= 13;
  int zero = 0;
  if (!implicit && d.chance(40)) zero = is_signed ? d.pick(-10, 10) : d.pick(0, 255);
  if (clips) {
    const std::int64_t span = std::int64_t{1} << bits;
    if (bits == 1 || !is_signed) c.lo = is_signed ? -1 : 0, c.hi = is_signed ? 0 : span - 1;
    else c.lo = -span / 2 + (d.chance(30) ? 1 : 0), c.hi = span / 2 - 1;
    if (zero != 0 && !d.chance(20)) zero = static_cast<int>(std::clamp<std::int64_t>(zero, c.lo, c.hi));
  }
  const std::vector<float> scales = draw_scales(d, x, static_cast<int>(c.hi - c.lo));
  const int type = is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8;
  const std::string scale = scales.size() == 1 ? d.scalar(scales[0]) : d.floats({x.channels()}, scales);
  const auto n = static_cast<std::int64_t>(scales.size());
  std::vector<std::string> parameters{scale};
  if (!implicit) {
    const Shape shape = n == 1 ? Shape{} : Shape{n};
    parameters.push_back(d.integers(shape, type, std::vector<std::int32_t>(static_cast<std::size_t>(n), zero)));
  }
  const auto wired = [&](const std::string& in) {
    std::vector<std::string> inputs{in};
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    return inputs;
  };
  std::vector<onnx::AttributeProto> axis;
  if (n > 1) axis.push_back(attr("axis", 1));
  std::string q = d.node("QuantizeLinear", wired(x.name), axis);
  if (clips) {
    q = d.node("Clip", {q, d.integers({}, type, {static_cast<std::int32_t>(c.lo)}),
                        d.integers({}, type, {static_cast<std::int32_t>(c.hi)})});
  }
  return codes_of(d, x, d.node("DequantizeLinear", wired(q), axis), c, zero, scales);
}

Tensor sign(Draft& d, const Tensor& x) { return codes_of(d, x, d.node("Sign", {x.name}), {2, true, -1, 1}, 0, {1.0F}); }

// A comparison of x with a constant, one for all or one a channel, either way round.
std::string comparison(Draft& d, const Tensor& x) {
  const char* op = d.choices.one_of<const char*>({"GreaterOrEqual", "Greater", "Less", "LessOrEqual"});
  const bool zero = d.chance(40);
  const double step =
      x.unit > 0 ? std::max(x.unit, std::exp2(std::floor(std::log2(std::max(x.spread, 1e-6) / 8)))) : x.spread / 8;
  std::string t;
  if (zero) t = d.scalar(0.0F);
  else if (d.chance(60)) t = d.scalar(static_cast<float>(step * d.pick(-6, 6)));
  else t = d.per_channel(x, d.filled(x.channels(), [&](int r) { return static_cast<float>(step * (r % 13 - 6)); }));
  std::string flag = d.chance(25) ? d.node(op, {t, x.name}) : d.node(op, {x.name, t});
  return d.chance(20) ? d.node("Not", {flag}) : flag;
}

Tensor where(Draft& d, const Tensor& x) {
  const std::string flag = comparison(d, x);
  const int kind = d.pick(0, 5);
  float yes = 1, no = -1;
  if (kind == 4 && x.channels() > 1) {  // values a channel, with either sign
    const std::vector<float> values = d.filled(x.channels(), [&](int r) { return r % 2 == 0 ? 0.5F : -0.5F; });
    std::vector<float> opposite;
    for (const float v : values) opposite.push_back(-v);
    const std::string name = d.node("Where", {flag, d.per_channel(x, values), d.per_channel(x, opposite)});
    Tensor out = codes_of(d, x, name, {1, true, -1, 1}, 0, {0.5F});
    d.traits.channel_scales[name] = {};  // +-1 times a factor of either sign
    return out;
  }
  if (kind == 1) std::swap(yes, no);
  if (kind == 2) yes = 0.5F, no = -0.5F;
  if (kind == 3) yes = static_cast<float>(d.pick(-3, 3)), no = static_cast<float>(d.pick(-3, 3));
  if (kind == 5) yes = 0, no = 1;
  if (yes == no) no = yes - 1;
  const std::string name = d.node("Where", {flag, d.scalar(yes), d.scalar(no)});
  Tensor out = codes_of(d, x, name, {2, true, -1, 1}, 0, {std::max(std::fabs(yes), std::fabs(no))});
  out.unit = kind == 2 ? 0.5 : 1;
  return out;
}

// Cast of a comparison to 0 and 1, and arithmetic behind it.
Tensor cast(Draft& d, const Tensor& x) {
  std::string y = d.node("Cast", {comparison(d, x)}, {attr("to", 1)});
  Tensor out = codes_of(d, x, y, {1, false, 0, 1}, 0, {1.0F});
  const int kind = d.pick(0, 3);
  if (kind == 0) return out;
  const bool reversed = kind == 2;
  const std::string doubled = d.node("Mul", {y, d.scalar(2.0F)});
  y = kind == 3  ? d.node("Add", {doubled, d.scalar(-1.0F)})
      : reversed ? d.node("Sub", {d.scalar(1.0F), doubled})
                 : d.node("Sub", {doubled, d.scalar(1.0F)});
  return codes_of(d, x, y, {1, true, -1, 1}, 0, {1.0F});
}

Tensor trunc(Draft& d, const Tensor& x) {
  const float scale = x.scale > 0 ? x.scale : draw_scale(d, x, 256);
  const int in_bits = 8, out_bits = d.pick(2, 7);
  const bool clips = d.chance(40);
  const float step = static_cast<float>(1 << (in_bits - out_bits));
  std::vector<std::string> inputs{x.name, d.scalar(scale), d.scalar(0.0F), d.scalar(in_bits)};
  if (clips) inputs.push_back(d.scalar(scale * step));
  inputs.push_back(d.scalar(static_cast<float>(out_bits)));
  std::vector<onnx::AttributeProto> attributes{attr("rounding_mode", rounding_modes[d.chance(60) ? 1 : d.pick(0, 7)])};
  if (clips) attributes.push_back(attr("signed", 1)), attributes.push_back(attr("narrow", 0));
  const std::string name = d.node("Trunc", inputs, attributes, d.qonnx_domain());
  const std::int64_t reach =
      clips ? std::int64_t{1} << (out_bits - 1) : static_cast<std::int64_t>(x.bound / scale / step) + 1;
  return codes_of(d, x, name, {8, true, -reach, reach}, 0, {clips ? scale * step : scale});
}

// What a straight-through estimator leaves in the file: (sign - clip) + clip, not exactly +-1 in float32.
Tensor straight_through(Draft& d, const Tensor& x) {
  const std::string sign =
      d.node("Where", {d.node("GreaterOrEqual", {x.name, d.scalar(0.0F)}), d.scalar(1.0F), d.scalar(-1.0F)});
  d.traits.quantised.insert(sign);
  d.traits.codes.insert(sign);
  const std::string clip = d.node("Clip", {x.name, d.floats({}, {-1.0F}), d.floats({}, {1.0F})});
  const std::string y = d.node("Add", {d.node("Sub", {sign, clip}), clip});
  Tensor out = codes_of(d, x, y, {1, true, -1, 1}, 0, {1.0F});
  out.unit = 0;
  return out;
}

// Round, Floor or a Cast between operators that scale and clip, in any of the orders that tools write.
Tensor staircase(Draft& d, const Tensor& x) {
  const float scale = draw_scale(d, x, 32);
  const bool is_signed = !d.chance(40);
  const Codes c{5, is_signed, is_signed ? -16 : 0, is_signed ? 15 : 31};
  const std::string steps =
      d.chance(50) ? d.node("Div", {x.name, d.scalar(scale)}) : d.node("Mul", {x.name, d.scalar(1 / scale)});
  const auto clip = [&](const std::string& y) {
    return d.node("Clip", {y, d.floats({}, {static_cast<float>(c.lo)}), d.floats({}, {static_cast<float>(c.hi)})});
  };
  const int kind = d.pick(0, 3);
  std::string codes;
  if (kind == 0) codes = d.node("Round", {clip(steps)});
  else if (kind == 1) codes = clip(d.node("Round", {steps}));
  else if (kind == 2) codes = d.node("Floor", {d.node("Add", {clip(steps), d.scalar(0.5F)})});
  else codes = d.node("Ceil", {clip(steps)});
  d.traits.quantised.insert(codes);
  if (kind != 1) d.traits.codes.insert(codes);
  return codes_of(d, x, d.node("Mul", {codes, d.scalar(scale)}), c, 0, {scale});
}

bool has_channels(const Draft&, const Tensor& x) { return x.shape.size() >= 2; }

constexpr Row table[] = {
    {"QuantizeLinear", 5, false, nullptr, linear_pair},
    {"Where", 3, false, has_channels, where},
    {"Cast", 2, false, nullptr, cast},
    {"Sign", 1, false, nullptr, sign},
    {"straight-through", 1, false, nullptr, straight_through},
    {"staircase", 2, false, nullptr, staircase},
    {"Quant", 10, true, nullptr, quant},
    {"BipolarQuant", 4, true, nullptr, bipolar_quant},
    {"MultiThreshold", 5, true, has_channels, multi_threshold},
    {"Trunc", 1, true, [](const Draft&, const Tensor& x) { return x.unit > 0; }, trunc},
};

}  // namespace

std::span<const Row> quantisers() { return table; }

}  // namespace blendsim::differential

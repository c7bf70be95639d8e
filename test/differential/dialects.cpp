// SPDX-License-Identifier: Apache-2.0
// Stretches of a network in other dialects: on integers, and moves of channels and pixels.
#include <algorithm>
#include <cmath>

#include "blocks.h"

namespace blendsim::differential {

namespace {

constexpr int int8 = onnx::TensorProto::INT8, uint8 = onnx::TensorProto::UINT8;

// A tensor of integers: (q - zero) * scale is what they stand for.
struct Integers {
  Tensor real;  // name and shape of the integers, magnitudes of what they stand for
  float scale = 1;
  int zero = 0, type = int8;
};

std::string number(Draft& d, float v) { return d.floats({}, {v}); }
std::string zero_of(Draft& d, int type, int zero) { return d.integers({}, type, {zero}); }

int draw_zero(Draft& d, int type) {
  if (d.chance(50)) return 0;
  return type == int8 ? d.pick(-20, 20) : d.pick(0, 140);
}

// What a node of integers yields.
Integers integers(Draft&, const Integers& like, const std::string& name, const Shape& shape) {
  Integers out = like;
  out.real.name = name;
  out.real.shape = shape;
  return out;
}

// The same at a scale and zero point of its own.
Integers requantised(Draft& d, const Integers& x, const std::string& name, const Shape& shape, float scale, int zero) {
  Integers out = integers(d, x, name, shape);
  out.scale = scale;
  out.zero = zero;
  out.real.spread = scale * 32;
  out.real.bound = scale * 256;
  out.real.scale = scale;
  d.traits.quantised.insert(name);
  return out;
}

Integers quantised(Draft& d, const Tensor& x) {
  Integers q{x, draw_scale(d, x, 256), 0, d.chance(50) ? uint8 : int8};
  q.zero = draw_zero(d, q.type);
  const std::string name = d.node("QuantizeLinear", {x.name, number(d, q.scale), zero_of(d, q.type, q.zero)});
  return requantised(d, q, name, x.shape, q.scale, q.zero);
}

Integers max_pool(Draft& d, const Integers& x) {
  Shape shape = x.real.shape;
  shape[2] = (shape[2] + 1) / 2;
  return integers(d, x,
                  d.node("MaxPool", {x.real.name},
                         {attr("kernel_shape", {1 + d.pick(0, 1) * 2, 2}), attr("strides", {2, 1}),
                          attr("auto_pad", "SAME_UPPER")}),
                  shape);
}

Integers clipped(Draft& d, const Integers& x) {
  const int lo = x.type == int8 ? d.pick(-128, 0) : d.pick(0, 100), hi = d.pick(101, 127);
  return integers(d, x, d.node("Clip", {x.real.name, zero_of(d, x.type, lo), zero_of(d, x.type, hi)}), x.real.shape);
}

// What quantises a sum of `taps` products to about the range of a byte.
float sum_scale(Draft& d, const Integers& x, float w_scale, std::int64_t taps) {
  Tensor sum = x.real;
  sum.scale = 0;
  sum.spread = static_cast<double>(w_scale * x.scale) * 32 * 4 * std::sqrt(static_cast<double>(taps));
  return draw_scale(d, sum, 256);
}

std::string weights(Draft& d, const Shape& shape) {
  std::vector<std::int32_t> values;
  for (const float v : d.filled(element_count(shape), [](int r) { return static_cast<float>(r % 15 - 7); }))
    values.push_back(static_cast<std::int32_t>(v));
  return d.integers(shape, int8, values);
}

Integers convolution(Draft& d, const Integers& x) {
  const int outputs = d.pick(1, 6), side = d.chance(50) ? 3 : 1;
  const Shape shape{outputs, x.real.shape[1], side, side};
  const float w_scale = 0.125F, scale = sum_scale(d, x, w_scale, element_count(shape) / outputs);
  const int zero = draw_zero(d, x.type);
  std::vector<std::string> operands{x.real.name,       number(d, x.scale),      zero_of(d, x.type, x.zero),
                                    weights(d, shape), number(d, w_scale),      zero_of(d, int8, 0),
                                    number(d, scale),  zero_of(d, x.type, zero)};
  if (d.chance(40)) {
    std::vector<std::int32_t> bias;
    for (const float v : d.filled(outputs, [](int r) { return static_cast<float>(r % 101 - 50); }))
      bias.push_back(static_cast<std::int32_t>(v));
    operands.push_back(d.integers({outputs}, onnx::TensorProto::INT32, bias));
  }
  const std::int64_t pad = side / 2;
  const std::string name = d.node("QLinearConv", operands, {attr("pads", {pad, pad, pad, pad})});
  return requantised(d, x, name, {1, outputs, x.real.shape[2], x.real.shape[3]}, scale, zero);
}

Integers matmul(Draft& d, const Integers& x) {
  const int outputs = d.pick(1, 6), inputs = x.real.channels();
  const float w_scale = 0.125F, scale = sum_scale(d, x, w_scale, inputs);
  const int zero = draw_zero(d, x.type);
  const std::string w = weights(d, {inputs, outputs});
  const std::string name =
      d.node("QLinearMatMul", {x.real.name, number(d, x.scale), zero_of(d, x.type, x.zero), w, number(d, w_scale),
                               zero_of(d, int8, 0), number(d, scale), zero_of(d, x.type, zero)});
  return requantised(d, x, name, {1, outputs}, scale, zero);
}

Integers leaky(Draft& d, const Integers& x) {
  const std::string name = d.node(
      "QLinearLeakyRelu",
      {x.real.name, number(d, x.scale), zero_of(d, x.type, x.zero), number(d, x.scale), zero_of(d, x.type, x.zero)},
      {attr("alpha", 0.25F)}, "com.microsoft");
  return requantised(d, x, name, x.real.shape, x.scale, x.zero);
}

Tensor dequantised(Draft& d, const Integers& x) {
  Tensor out = x.real;
  out.name = d.node("DequantizeLinear", {x.real.name, number(d, x.scale), zero_of(d, x.type, x.zero)});
  out.unit = lowest_bit(x.scale);
  out.bound = 256 * static_cast<double>(x.scale);
  out.codes = true;
  out.scale = x.scale;
  return checked(out);
}

Tensor integer_chain(Draft& d, const Tensor& x) {
  Integers y = quantised(d, x);
  const int steps = d.pick(1, 3);
  for (int i = 0; i < steps; ++i) {
    const int kind = d.pick(0, 4);
    if (kind == 0) y = clipped(d, y);
    else if (kind == 1) y = x.flat() ? matmul(d, y) : max_pool(d, y);
    else if (kind == 2) y = leaky(d, y);
    else y = x.flat() ? matmul(d, y) : convolution(d, y);
  }
  return dequantised(d, y);
}

// ConvInteger -> Cast -> Mul: a float tensor that a quantiser may follow.
Tensor convolution_integer(Draft& d, const Tensor& x) {
  const Integers q = quantised(d, x);
  const int outputs = d.pick(1, 5);
  const Shape shape{outputs, x.shape[1], 1, 1};
  const std::string sum = d.node("ConvInteger", {q.real.name, weights(d, shape), zero_of(d, q.type, q.zero)});
  const std::string real = d.node("Cast", {sum}, {attr("to", 1)});
  Tensor out =
      renamed(q.real, d.node("Mul", {real, number(d, 0.125F * q.scale)}), {1, outputs, x.shape[2], x.shape[3]});
  out.unit = lowest_bit(static_cast<double>(0.125F * q.scale));
  out.bound = static_cast<double>(q.scale) * 256 * static_cast<double>(x.shape[1]);
  out.spread = static_cast<double>(q.scale) * 32 * std::sqrt(static_cast<double>(x.shape[1]));
  out.codes = false;
  out.scale = 0;
  return checked(out);
}

bool is_map(const Draft&, const Tensor& x) { return !x.flat(); }
bool is_integral(const Draft& d, const Tensor& x) { return x.shape.size() >= 2 && d.opset >= 13; }
bool is_integral_map(const Draft& d, const Tensor& x) { return is_map(d, x) && d.opset >= 13; }

constexpr Row integer_rows[] = {{"integers", 3, false, is_integral, integer_chain},
                                {"ConvInteger", 1, false, is_integral_map, convolution_integer}};

Tensor pad(Draft& d, const Tensor& x) {
  const std::int64_t top = d.pick(0, 2), left = d.pick(0, 2), bottom = d.pick(0, 2);
  const Shape shape{1, x.shape[1], x.shape[2] + top + bottom, x.shape[3] + left};
  return renamed(x, d.node("Pad", {x.name, d.int64s({8}, {0, 0, top, left, 0, 0, bottom, 0})}), shape);
}

Tensor space_to_depth(Draft& d, const Tensor& x) {
  const Shape shape{1, 4 * x.shape[1], x.shape[2] / 2, x.shape[3] / 2};
  return renamed(x, d.node("SpaceToDepth", {x.name}, {attr("blocksize", 2)}), shape);
}

Tensor slice(Draft& d, const Tensor& x) {
  const std::int64_t axis = d.pick(1, 3), size = x.shape[static_cast<std::size_t>(axis)];
  const std::int64_t first = d.pick(0, static_cast<int>(size) - 1), step = d.pick(1, 2);
  Shape shape = x.shape;
  shape[static_cast<std::size_t>(axis)] = (size - first + step - 1) / step;
  return renamed(x,
                 d.node("Slice", {x.name, d.int64s({1}, {first}), d.int64s({1}, {size}), d.int64s({1}, {axis}),
                                  d.int64s({1}, {step})}),
                 shape);
}

Tensor gather(Draft& d, const Tensor& x) {
  std::vector<std::int64_t> indices;
  const int count = d.pick(1, 6);
  for (int i = 0; i < count; ++i) indices.push_back(d.pick(0, x.channels() - 1));
  const std::string name = d.node("Gather", {x.name, d.int64s({count}, indices)}, {attr("axis", 1)});
  return renamed(x, name, {1, count, x.shape[2], x.shape[3]});
}

Tensor shuffle(Draft& d, const Tensor& x) {
  const std::int64_t half = x.shape[1] / 2, h = x.shape[2], w = x.shape[3];
  std::string y = d.node("Reshape", {x.name, d.int64s({5}, {1, 2, half, h, w})});
  y = d.node("Transpose", {y}, {attr("perm", {0, 2, 1, 3, 4})});
  return renamed(x, d.node("Reshape", {y, d.int64s({4}, x.shape)}), x.shape);
}

// To channels last and back, with an operator in between.
Tensor there_and_back(Draft& d, const Tensor& x) {
  const std::string last = d.node("Transpose", {x.name}, {attr("perm", {0, 2, 3, 1})});
  const std::string relu = d.node("Relu", {last});
  Tensor y = renamed(x, d.node("Transpose", {relu}, {attr("perm", {0, 3, 1, 2})}), x.shape);
  y.codes = false;
  return y;
}

// Flattened with its channels last.
Tensor flat_channels_last(Draft& d, const Tensor& x) {
  const std::string last = d.node("Transpose", {x.name}, {attr("perm", {0, 2, 3, 1})});
  const Tensor flat = renamed(x, d.node("Flatten", {last}), {1, x.size()});
  return draw(d, dense_tails(), flat);
}

bool holds_codes(const Draft& d, const Tensor& x) {
  return !x.flat() && x.codes && !d.traits.channel_scales.contains(x.name);
}
bool is_even(const Draft& d, const Tensor& x) {
  return holds_codes(d, x) && x.shape[2] % 2 == 0 && x.shape[3] % 2 == 0 && x.shape[1] <= 8;
}
bool has_pairs(const Draft& d, const Tensor& x) { return holds_codes(d, x) && x.shape[1] % 2 == 0; }
bool is_small_map(const Draft& d, const Tensor& x) { return holds_codes(d, x) && x.size() <= 64; }

constexpr Row move_rows[] = {{"Pad", 2, false, holds_codes, pad},
                             {"SpaceToDepth", 2, false, is_even, space_to_depth},
                             {"Slice", 2, false, holds_codes, slice},
                             {"Gather", 1, false, holds_codes, gather},
                             {"turn", 1, false, holds_codes, turned},
                             {"shuffle", 1, false, has_pairs, shuffle},
                             {"channels last", 1, false, holds_codes, there_and_back},
                             {"flat channels last", 1, false, is_small_map, flat_channels_last}};

}  // namespace

Tensor turned(Draft& d, const Tensor& x) {
  const std::int64_t pixels = std::int64_t{x.height()} * x.width(), channels = x.shape[1];
  std::string y = d.node("Reshape", {x.name, d.int64s({3}, {1, channels, pixels})});
  y = d.node("Transpose", {y}, {attr("perm", {0, 2, 1})});
  const Shape shape = d.chance(50) ? Shape{1, pixels, 1, channels} : Shape{1, pixels, channels, 1};
  return renamed(x, d.node("Reshape", {y, d.int64s({4}, shape)}), shape);
}

std::span<const Row> integer_blocks() { return integer_rows; }
std::span<const Row> moves() { return move_rows; }

}  // namespace blendsim::differential

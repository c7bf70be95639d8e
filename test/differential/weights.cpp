// SPDX-License-Identifier: Apache-2.0
#include "weights.h"

#include <algorithm>
#include <cmath>

namespace blendsim::differential {

namespace {

std::vector<float> draw_integers(Draft& d, const Shape& shape, int lo, int hi) {
  return d.filled(element_count(shape),
                  [&](int r) { return static_cast<float>(r == 0 ? hi : lo + r % (hi - lo + 1)); });
}

// One scale, or one an output channel; a power of two but for one in ten.
std::vector<float> draw_scales(Draft& d, std::int64_t channels) {
  const float scale =
      d.chance(10) ? 0.1F + static_cast<float>(d.pick(0, 99)) / 300.0F : std::ldexp(1.0F, -d.pick(0, 6));
  if (!d.chance(25) || d.opset < 13) return {scale};
  return d.filled(channels, [&](int r) { return std::ldexp(scale, -(r % 3)); });
}

Shape along(const Shape& shape, int axis, std::size_t count) {
  if (count == 1) return {};
  Shape out(shape.size(), 1);
  out[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(count);
  return out;
}

Weights described(const std::string& name, double reach, const std::vector<float>& scales) {
  const float most = *std::max_element(scales.begin(), scales.end());
  double unit = lowest_bit(scales[0]);
  for (const float s : scales) unit = std::min(unit, lowest_bit(s));
  return {name, reach * most, std::max(1.0, reach / 2) * most, unit};
}

// Plain floats: small integers, or integers times one scale an output channel.
Weights plain(Draft& d, const Shape& shape, int axis) {
  const int reach = d.choices.one_of<int>({1, 3, 7, 15, 127});
  const bool signs = d.chance(40);
  std::vector<float> values = draw_integers(d, shape, reach == 127 && d.chance(30) ? -128 : -reach, reach);
  if (signs)
    for (float& v : values) v = v >= 0 ? 1.0F : -1.0F;
  if (d.chance(50)) return described(d.floats(shape, values), signs ? 1 : reach, {1.0F});
  const std::vector<float> scales = draw_scales(d, shape[static_cast<std::size_t>(axis)]);
  std::int64_t inner = 1;
  for (std::size_t i = static_cast<std::size_t>(axis) + 1; i < shape.size(); ++i) inner *= shape[i];
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto channel =
        static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % shape[static_cast<std::size_t>(axis)]);
    values[i] *= scales[scales.size() == 1 ? 0 : channel];
  }
  return described(d.floats(shape, values), signs ? 1 : reach, scales);
}

Weights quant(Draft& d, const Shape& shape, int axis) {
  const int bits = d.choices.one_of<int>({8, 4, 2, 3, 1, 5, 6, 7});
  const bool is_signed = !d.chance(15), narrow = bits > 1 && d.chance(60);
  const int half = 1 << (bits - 1);
  const int lo = is_signed ? -half + (narrow ? 1 : 0) : 0, hi = is_signed ? half - 1 : 2 * half - 1 - (narrow ? 1 : 0);
  const std::vector<float> scales = draw_scales(d, shape[static_cast<std::size_t>(axis)]);
  std::vector<float> values = draw_integers(d, shape, bits == 1 && is_signed ? -1 : lo - 1, hi + 1);
  for (float& v : values) v *= *std::min_element(scales.begin(), scales.end());
  const std::string name =
      d.node("Quant",
             {d.floats(shape, values), d.floats(along(shape, axis, scales.size()), scales),
              d.scalar(d.chance(5) ? 1.0F : 0.0F), d.scalar(static_cast<float>(bits))},
             {attr("signed", is_signed ? 1 : 0), attr("narrow", narrow ? 1 : 0), attr("rounding_mode", "ROUND")},
             d.qonnx_domain());
  return described(name, std::max({1, hi, -lo}), scales);
}

Weights bipolar(Draft& d, const Shape& shape, int axis) {
  const std::string raw = d.floats(shape, draw_integers(d, shape, -4, 4));
  if (!d.qonnx) return described(d.node("Sign", {raw}), 1, {1.0F});
  const std::vector<float> scales = draw_scales(d, shape[static_cast<std::size_t>(axis)]);
  return described(
      d.node("BipolarQuant", {raw, d.floats(along(shape, axis, scales.size()), scales)}, {}, d.qonnx_domain()), 1,
      scales);
}

// Integer initializer and DequantizeLinear.
Weights dequantised(Draft& d, const Shape& shape, int axis) {
  const int reach = d.choices.one_of<int>({127, 7, 1, 31, 128});
  std::vector<std::int32_t> codes;
  for (const float v : draw_integers(d, shape, -reach, std::min(reach, 127)))
    codes.push_back(static_cast<std::int32_t>(v));
  const std::string raw = d.integers(shape, onnx::TensorProto::INT8, codes);
  std::vector<float> scales = draw_scales(d, shape[static_cast<std::size_t>(axis)]);
  const bool single = scales.size() == 1;
  std::vector<std::string> inputs{raw,
                                  d.floats(single ? Shape{} : Shape{static_cast<std::int64_t>(scales.size())}, scales)};
  if (d.chance(60)) {
    inputs.push_back(
        d.integers(single ? Shape{} : Shape{static_cast<std::int64_t>(scales.size())}, onnx::TensorProto::INT8,
                   std::vector<std::int32_t>(scales.size(), reach < 127 && d.chance(10) ? d.pick(-5, 5) : 0)));
  }
  std::vector<onnx::AttributeProto> attributes;
  if (!single) attributes.push_back(attr("axis", axis));
  return described(d.node("DequantizeLinear", inputs, attributes), reach, scales);
}

// uint8 with a zero point: integers of 9 bits.
Weights of_nine_bits(Draft& d, const Shape& shape) {
  const int zero = d.choices.one_of<int>({130, 128, 127, 1, 255});
  std::vector<std::int32_t> codes;
  for (const float v : draw_integers(d, shape, 0, 255)) codes.push_back(static_cast<std::int32_t>(v));
  const std::string raw = d.integers(shape, onnx::TensorProto::UINT8, codes);
  const float scale = std::ldexp(1.0F, -d.pick(0, 6));
  const std::string zeros = d.integers({}, onnx::TensorProto::UINT8, {zero});
  return described(d.node("DequantizeLinear", {raw, d.floats({}, {scale}), zeros}), std::max(zero, 255 - zero),
                   {scale});
}

}  // namespace

Weights draw_weights(Draft& d, const Shape& shape, int axis) {
  const Choices::Scope scope(d.choices);
  if (d.chance(8)) return of_nine_bits(d, shape);
  const int kind = d.pick(0, 9);
  if (kind < 3) return plain(d, shape, axis);
  if (kind < 6) return d.qonnx ? quant(d, shape, axis) : dequantised(d, shape, axis);
  if (kind < 8) return dequantised(d, shape, axis);
  return bipolar(d, shape, axis);
}

}  // namespace blendsim::differential

// SPDX-License-Identifier: Apache-2.0
// Conv, MatMul, Gemm with constant weights.
#include <algorithm>
#include <cmath>

#include "blocks.h"
#include "weights.h"

namespace blendsim::differential {

namespace {

// What a sum of `taps` products yields.
Tensor summed(Draft& d, const Tensor& x, const Weights& w, std::int64_t taps, const std::string& name, Shape shape,
              bool bias) {
  Tensor out;
  out.name = name;
  out.shape = std::move(shape);
  out.bound = x.bound * w.bound * static_cast<double>(taps) * (bias ? 2 : 1);
  out.spread = x.spread * w.spread * std::sqrt(static_cast<double>(taps));
  out.unit = x.unit * w.unit;
  out = checked(out);
  if (out.unit == 0) d.traits.rounding_sums.insert(name);
  return out;
}

// A bias in whole units of the sum where it has one.
std::string draw_bias(Draft& d, const Tensor& x, const Weights& w, int channels) {
  const double unit = x.unit * w.unit > 0 ? x.unit * w.unit : x.spread * w.spread / 8;
  if (d.chance(25) && x.unit * w.unit > 0) {  // as QDQ files have it: int32 codes
    std::vector<std::int32_t> codes;
    for (const float v : d.filled(channels, [](int r) { return static_cast<float>(r % 25 - 12); }))
      codes.push_back(static_cast<std::int32_t>(v));
    return d.node("DequantizeLinear",
                  {d.integers({channels}, onnx::TensorProto::INT32, codes), d.scalar(static_cast<float>(unit))});
  }
  return d.floats({channels}, d.filled(channels, [&](int r) { return static_cast<float>(unit * (r % 25 - 12)); }));
}

int draw_channels(Draft& d) { return d.chance(15) ? d.pick(1, 40) : d.choices.one_of<int>({1, 4, 2, 3, 5, 8, 16, 17}); }

Tensor convolution(Draft& d, const Tensor& x) {
  const WindowChoice window = draw_window(d, x, false, false, true);
  int groups = 1, outputs = draw_channels(d);
  const int kind = d.pick(0, 9);
  if (kind >= 7 && x.channels() > 1) {  // depthwise, with a multiplier now and then; or groups
    groups = x.channels();
    outputs = groups * (d.chance(20) ? 2 : 1);
    if (kind == 9) {
      for (const int g : {2, 3, 4, 5}) {
        if (x.channels() % g == 0) groups = g;
      }
      outputs = groups * d.pick(1, 5);
    }
    if (x.channels() % groups != 0) groups = 1;
  }
  const Shape shape{outputs, x.channels() / groups, window.kernel_h, window.kernel_w};
  const Weights w = draw_weights(d, shape, 0);
  std::vector<std::string> inputs{x.name, w.name};
  const bool bias = d.chance(30);
  if (bias) inputs.push_back(draw_bias(d, x, w, outputs));
  std::vector<onnx::AttributeProto> attributes = window.attributes;
  if (groups != 1 || d.chance(30)) attributes.push_back(attr("group", groups));
  const std::string name = d.node("Conv", inputs, attributes);
  return summed(d, x, w, shape[1] * shape[2] * shape[3], name, {1, outputs, window.height, window.width}, bias);
}

Tensor flattened(Draft& d, const Tensor& x) {
  if (x.flat()) return x;
  const Shape shape{1, x.size()};
  const int kind = d.pick(0, 4);
  if (kind == 1) return renamed(x, d.node("Reshape", {x.name, d.int64s({2}, {1, -1})}), shape);
  if (kind == 2 && x.height() == 1 && x.width() == 1) {
    return renamed(x, d.squeeze("Squeeze", x.name, {2, 3}), shape);
  }
  if (kind == 3) {  // Shape -> Gather -> Unsqueeze -> Concat -> Reshape, as exporters write view()
    const std::string batch = d.node("Gather", {d.node("Shape", {x.name}), d.int64s({}, {0})}, {attr("axis", 0)});
    const std::string wide = d.squeeze("Unsqueeze", batch, {0});
    const std::string target = d.node("Concat", {wide, d.int64s({1}, {-1})}, {attr("axis", 0)});
    return renamed(x, d.node("Reshape", {x.name, target}), shape);
  }
  if (kind == 4) return renamed(x, d.node("Reshape", {x.name, d.int64s({2}, {0, x.size()})}), shape);
  return renamed(x, d.node("Flatten", {x.name}, {attr("axis", 1)}), shape);
}

Tensor dense(Draft& d, const Tensor& from) {
  const Tensor x = flattened(d, from);
  const int outputs = draw_channels(d), inputs = x.channels();
  const bool gemm = d.chance(50), turned = d.chance(50);
  const Shape shape = turned ? Shape{outputs, inputs} : Shape{inputs, outputs};
  Weights w = draw_weights(d, shape, turned ? 0 : 1);
  if (gemm) {
    const bool bias = d.chance(50);
    std::vector<std::string> operands{x.name, w.name};
    if (bias) operands.push_back(draw_bias(d, x, w, outputs));
    std::vector<onnx::AttributeProto> attributes;
    if (turned) attributes.push_back(attr("transB", 1));
    float alpha = 1;
    if (d.chance(15)) attributes.push_back(attr("alpha", alpha = d.choices.one_of<float>({0.5F, 2.0F, -1.0F})));
    if (bias && d.chance(15)) attributes.push_back(attr("beta", d.choices.one_of<float>({0.5F, 2.0F, 1.0F})));
    w.unit *= std::min(0.5F, std::fabs(alpha)), w.bound *= 2;
    return summed(d, x, w, inputs, d.node("Gemm", operands, attributes), {1, outputs}, bias);
  }
  const std::string right = turned ? d.node("Transpose", {w.name}, {attr("perm", {1, 0})}) : w.name;
  return summed(d, x, w, inputs, d.node("MatMul", {x.name, right}), {1, outputs}, false);
}

bool is_map(const Draft&, const Tensor& x) { return !x.flat(); }
bool is_small(const Draft&, const Tensor& x) { return x.flat() || x.size() <= 64; }

constexpr Row table[] = {{"Conv", 5, false, is_map, convolution}, {"MatMul", 2, false, is_small, dense}};
constexpr Row tails[] = {{"MatMul", 1, false, nullptr, dense}};

}  // namespace

std::span<const Row> sums() { return table; }
std::span<const Row> dense_tails() { return tails; }

}  // namespace blendsim::differential

// SPDX-License-Identifier: Apache-2.0
// Several branches of one tensor: Add, Sub, Mul, Concat; one of two operands may be a pixel, or a channel.
#include <algorithm>
#include <cmath>

#include "blocks.h"

namespace blendsim::differential {

namespace {

// A 1x1 or 3x3 convolution that keeps the map's size, with `channels` outputs (0: as x).
Tensor same_size_sum(Draft& d, const Tensor& x, int channels, bool pointwise = false) {
  const int kernel = !pointwise && d.chance(50) ? 3 : 1, reach = d.choices.one_of<int>({1, 3, 7});
  const Shape shape{channels, x.channels(), kernel, kernel};
  const std::vector<float> values = d.filled(
      element_count(shape), [&](int r) { return static_cast<float>(r == 0 ? 1 : r % (2 * reach + 1) - reach); });
  const int pad = kernel / 2;
  Tensor out = renamed(x,
                       d.node("Conv", {x.name, d.floats(shape, values)},
                              {attr("kernel_shape", {kernel, kernel}), attr("pads", {pad, pad, pad, pad})}),
                       {1, channels, x.height(), x.width()});
  const double taps = static_cast<double>(x.channels() * kernel * kernel);
  out.codes = false;
  out.bound *= reach * taps, out.spread *= std::max(1.0, reach / 2.0) * std::sqrt(taps);
  out = checked(out);
  if (out.unit == 0) d.traits.rounding_sums.insert(out.name);
  return out;
}

// 16 bits: a join's operands may be that wide.
Tensor wide_quant(Draft& d, const Tensor& x) {
  const float scale = static_cast<float>(std::exp2(std::round(std::log2(std::max(x.spread, 1e-6))) - d.pick(6, 12)));
  Tensor out = renamed(x,
                       d.node("Quant", {x.name, d.scalar(scale), d.scalar(0.0F), d.scalar(16.0F)},
                              {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, d.qonnx_domain()),
                       x.shape);
  d.traits.quantised.insert(out.name);
  d.traits.codes.insert(out.name);
  out.unit = lowest_bit(scale), out.bound = 32768.0 * scale;
  return checked(out);
}

// The same quantiser's scale again for both, another one, or no quantiser at all.
Tensor branch(Draft& d, const Tensor& x, int channels) {
  const Choices::Scope scope(d.choices);
  const Tensor sum = same_size_sum(d, x, channels);
  if (d.chance(20)) return sum;
  if (d.qonnx && d.chance(20)) return wide_quant(d, sum);
  return requantised(d, sum, pointwise_steps(), 1);
}

Tensor added(Draft& d, const Tensor& a, const Tensor& b) {
  const bool subtracts = d.chance(25);
  Tensor out = renamed(a, d.node(subtracts ? "Sub" : "Add", {a.name, b.name}), a.shape);
  out.codes = false;
  out.bound = a.bound + b.bound, out.spread = std::hypot(a.spread, b.spread), out.unit = std::min(a.unit, b.unit);
  return checked(out);
}

// x + what layers make of its pixels as channels, turned back.
Tensor mixed(Draft& d, const Tensor& x) {
  const int pixels = x.height() * x.width();
  Tensor y = turned(d, x);
  if (d.chance(60)) y = requantised(d, same_size_sum(d, y, d.pick(1, 20), true), pointwise_steps(), 1);
  y = requantised(d, same_size_sum(d, y, pixels, true), pointwise_steps(), 1);
  std::string back = d.node("Reshape", {y.name, d.int64s({3}, {1, pixels, x.channels()})});
  back = d.node("Transpose", {back}, {attr("perm", {0, 2, 1})});
  return added(d, x, renamed(y, d.node("Reshape", {back, d.int64s({4}, x.shape)}), x.shape));
}

Tensor add(Draft& d, const Tensor& x) {
  const int kind = d.pick(0, 4);
  if (kind == 1) return added(d, x, x);
  if (kind == 2) return added(d, branch(d, x, x.channels()), x);  // residual
  const int channels = d.chance(50) ? x.channels() : d.pick(1, 20);
  const Tensor a = branch(d, x, channels), b = branch(d, x, channels);
  return added(d, a, b);
}

// Codes of a sum of x, of as many channels or fewer.
Tensor factor(Draft& d, const Tensor& x, int channels) {
  const Choices::Scope scope(d.choices);
  return requantised(d, same_size_sum(d, x, channels), pointwise_steps(), 1);
}

// Squeeze and excitation: codes [1, C, 1, 1] of all of x.
Tensor gate(Draft& d, const Tensor& x, int channels) {
  const Choices::Scope scope(d.choices);
  Tensor y = requantised(d, write_global_pool(d, x), pointwise_steps(), 1);
  if (d.chance(50) || channels != x.channels()) y = factor(d, y, channels);
  return y;
}

Tensor multiplied(Draft& d, const Tensor& a, const Tensor& b) {
  const bool turned = d.chance(40);
  Tensor out = renamed(a, d.node("Mul", {turned ? b.name : a.name, turned ? a.name : b.name}), a.shape);
  out.codes = false;
  out.scale = 0;
  out.bound = a.bound * b.bound, out.spread = std::max(1e-6, a.spread * b.spread), out.unit = a.unit * b.unit;
  return checked(out);
}

Tensor multiply(Draft& d, const Tensor& x) {
  const int kind = d.pick(0, 6);
  if (kind == 6) return multiplied(d, x, x);
  const int channels = x.codes && d.chance(50) ? x.channels() : d.pick(1, 20);
  const bool plain = x.codes && channels == x.channels() && d.chance(50);
  const Tensor a = plain ? x : d.chance(30) ? same_size_sum(d, x, channels) : factor(d, x, channels);
  if (kind == 0) return multiplied(d, a, factor(d, x, channels));
  if (kind == 1) return multiplied(d, a, factor(d, x, 1));
  const Tensor b = gate(d, x, channels);
  return kind == 2 ? added(d, a, b) : multiplied(d, a, b);
}

Tensor concatenated(Draft& d, const std::vector<Tensor>& parts) {
  std::vector<std::string> names;
  Tensor out = parts[0];
  out.shape[1] = 0;
  for (const Tensor& part : parts) {
    names.push_back(part.name);
    out.shape[1] += part.channels();
    out.bound = std::max(out.bound, part.bound), out.spread = std::max(out.spread, part.spread);
    out.unit = std::min(out.unit, part.unit);
    out.codes = out.codes && part.codes;
  }
  out.name = d.node("Concat", names, {attr("axis", d.chance(20) ? -3 : 1)});
  const bool plain = std::none_of(names.begin(), names.end(),
                                  [&](const std::string& n) { return d.traits.channel_scales.contains(n); });
  if (out.codes && plain) d.traits.codes.insert(out.name);
  return checked(out);
}

Tensor concat(Draft& d, const Tensor& x) {
  std::vector<Tensor> parts;
  const int count = d.choices.one_of<int>({2, 2, 3, 4});
  if (d.chance(30)) parts.push_back(x);
  while (static_cast<int>(parts.size()) < count) {
    const Choices::Scope scope(d.choices);
    parts.push_back(requantised(d, same_size_sum(d, x, d.pick(1, 20)), pointwise_steps(), 1));
  }
  return concatenated(d, parts);
}

bool is_map(const Draft&, const Tensor& x) { return !x.flat(); }
bool holds_few_codes(const Draft& d, const Tensor& x) {
  return !x.flat() && x.codes && !d.traits.channel_scales.contains(x.name) && x.height() * x.width() <= 49;
}

constexpr Row table[] = {{"Add", 3, false, is_map, add},
                         {"mixing", 1, false, holds_few_codes, mixed},
                         {"Concat", 1, false, is_map, concat},
                         {"Mul", 3, false, is_map, multiply}};

}  // namespace

std::span<const Row> joins() { return table; }

}  // namespace blendsim::differential

// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/weights.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "network/lowering/quantiser.h"
#include "numerics/float_ops.h"

namespace blendsim::lowering {

namespace {

// A quantiser's parameter for each element of a weight tensor (any broadcastable shape).
std::vector<float> spread(const Node& node, const std::string& key, const Shape& shape, float fallback) {
  const auto found = node.attributes.find(key);
  FloatArray value{{}, {fallback}};
  if (found != node.attributes.end()) {
    if (const auto* number = std::get_if<float>(&found->second)) {
      value.values = {*number};
    } else {
      const auto& constant = std::get<Constant>(found->second);
      value = {constant.shape, constant.as_float()};
    }
  }
  std::vector<float> out(static_cast<std::size_t>(element_count(shape)));
  const auto strides = broadcast_strides(value.shape, shape);
  for_each_pair(shape, strides, strides, [&](std::size_t i, std::size_t a, std::size_t) { out[i] = value.values[a]; });
  return out;
}

// Codes and their meaning, element by element: real = code * scale.
struct Elements {
  Shape shape;
  std::vector<float> codes, scales;
  std::optional<Format> declared;
};

Elements quantise(const Node& node, const FloatArray& x) {
  Elements out{x.shape, {}, {}, {}};
  out.scales = spread(node, "scale", x.shape, 1);
  const std::size_t count = x.values.size();
  out.codes.resize(count);
  if (node.op == "Bipolar") {
    for (std::size_t i = 0; i < count; ++i) out.codes[i] = x.values[i] >= 0 ? 1.0F : -1.0F;
  } else if (node.op == "Sign") {
    for (std::size_t i = 0; i < count; ++i) out.codes[i] = x.values[i] > 0 ? 1.0F : x.values[i] < 0 ? -1.0F : 0.0F;
  } else {
    const std::vector<float> zero = spread(node, "zero_point", x.shape, 0);
    Quantiser q;
    q.lo = node.attribute_int("lo", -128);
    q.hi = node.attribute_int("hi", 127);
    q.rounding = parse_round_mode(node.attribute_string("rounding", "ROUND"));
    q.saturate_first = node.attribute_int("saturate_first", 1) != 0;
    float lowest_zero = zero.empty() ? 0 : zero[0], highest_zero = lowest_zero;
    for (std::size_t i = 0; i < count; ++i) {
      q.scale.values[0] = out.scales[i];
      q.zero_point.values[0] = zero[i];
      out.codes[i] = static_cast<float>(q.code(x.values[i], 0)) - zero[i];
      lowest_zero = std::min(lowest_zero, zero[i]);
      highest_zero = std::max(highest_zero, zero[i]);
    }
    if (lowest_zero == std::nearbyint(lowest_zero) && highest_zero == std::nearbyint(highest_zero)) {
      out.declared = Format::for_range(q.lo - static_cast<std::int64_t>(highest_zero),
                                       q.hi - static_cast<std::int64_t>(lowest_zero));
    }
  }
  return out;
}

bool is_weight_quantiser(const Node& node) { return node.op == "Quant" || node.op == "Bipolar" || node.op == "Sign"; }

// Codes of 8 bits: INT8, or UINT8 where no value is negative.
bool fits_a_byte(float lo, float hi) { return (lo >= -128 && hi <= 127) || (lo >= 0 && hi <= 255); }

// The scale that makes every value of a channel an integer of at most 8 bits; 0: there is none.
float common_scale(const std::vector<float>& channel) {
  float largest = 0, lo = 0, hi = 0;
  bool integral = true;
  for (const float w : channel) {
    lo = std::min(lo, w);
    hi = std::max(hi, w);
    largest = std::max(largest, std::fabs(w));
    integral = integral && w == std::nearbyint(w);
  }
  if (largest == 0 || (integral && fits_a_byte(lo, hi))) return 1;
  for (int k = 1; k <= 255; ++k) {
    const double steps = k / double{largest};
    if (!fits_a_byte(static_cast<float>(std::nearbyint(lo * steps)), static_cast<float>(std::nearbyint(hi * steps)))) {
      return 0;
    }
    const double unit = double{largest} / k;
    const bool all = std::all_of(channel.begin(), channel.end(), [&](float w) {
      const double n = w / unit;
      return std::fabs(n - std::nearbyint(n)) <= std::ldexp(1.0, -20) * std::max(1.0, std::fabs(n));
    });
    if (all) return static_cast<float>(unit);
  }
  return 0;
}

// Channel of each element.
std::vector<std::size_t> channels_of(const Shape& shape, std::size_t axis) {
  std::size_t inner = 1;
  for (std::size_t d = axis + 1; d < shape.size(); ++d) inner *= static_cast<std::size_t>(shape[d]);
  std::vector<std::size_t> out(static_cast<std::size_t>(element_count(shape)));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i / inner % static_cast<std::size_t>(shape[axis]);
  return out;
}

// Float constants without a quantiser: +-1, +-alpha, small integers, integer multiples of a scale per channel.
Elements recognise(const FloatArray& x, std::size_t axis) {
  Elements out{x.shape, x.values, std::vector<float>(x.values.size(), 1.0F), {}};
  const auto channel = channels_of(x.shape, axis);
  std::vector<std::vector<float>> groups(static_cast<std::size_t>(x.shape[axis]));
  for (std::size_t i = 0; i < x.values.size(); ++i) groups[channel[i]].push_back(x.values[i]);
  const auto [least, most] = std::minmax_element(x.values.begin(), x.values.end());
  const bool whole = std::all_of(x.values.begin(), x.values.end(), [](float w) { return w == std::nearbyint(w); });
  if (whole && (x.values.empty() || fits_a_byte(*least, *most))) return out;
  std::vector<float> scales;
  for (const auto& group : groups) scales.push_back(common_scale(group));
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const float scale = scales[channel[i]];
    if (scale == 0) {
      throw std::invalid_argument(
          "its weights are floats that no quantiser produced and that are no small integers "
          "times one scale an output channel");
    }
    out.codes[i] = std::nearbyint(x.values[i] / scale);
    out.scales[i] = scale;
  }
  return out;
}

constexpr int deepest = 64;  // transposes of transposes that anybody writes

std::optional<Elements> elements(const Graph& graph, const Producers& producers, const std::string& tensor,
                                 std::size_t axis, int rest = deepest) {
  if (rest == 0) return std::nullopt;
  if (const Constant* constant = graph.constant(tensor))
    return recognise({constant->shape, constant->as_float()}, axis);
  const auto found = producers.find(tensor);
  if (found == producers.end()) return std::nullopt;
  const Node& node = *found->second;
  if (is_weight_quantiser(node)) {
    const auto x = constant_value(graph, producers, node.inputs.front());
    if (!x) return std::nullopt;
    return quantise(node, *x);
  }
  if (node.op != "Transpose") return std::nullopt;
  const std::vector<std::int64_t> perm = node.attribute_ints("perm", {1, 0});
  auto inner = elements(graph, producers, node.inputs.front(), static_cast<std::size_t>(perm.at(axis)), rest - 1);
  if (!inner) return std::nullopt;
  const FloatArray codes = transposed(FloatArray{inner->shape, inner->codes}, perm);
  const FloatArray scales = transposed(FloatArray{inner->shape, inner->scales}, perm);
  return Elements{codes.shape, codes.values, scales.values, inner->declared};
}

Format weight_format(const Elements& e, std::int64_t lo, std::int64_t hi) {
  const bool signs = std::all_of(e.codes.begin(), e.codes.end(), [](float w) { return std::fabs(w) == 1.0F; });
  if (signs && !e.declared) return Format::bipolar();
  if (e.declared) return *e.declared;
  if (lo >= 0 && hi > 127) return Format::for_range(lo, hi);
  return Format::for_range(std::min<std::int64_t>(lo, -1), std::max<std::int64_t>(hi, 1));
}

std::optional<FloatArray> value_of(const Graph& graph, const Producers& producers, const std::string& tensor,
                                   int rest) {
  if (rest == 0) return std::nullopt;
  if (const Constant* constant = graph.constant(tensor)) return FloatArray{constant->shape, constant->as_float()};
  const auto found = producers.find(tensor);
  if (found == producers.end()) return std::nullopt;
  const Node& node = *found->second;
  if (!is_weight_quantiser(node) && node.op != "Transpose") return std::nullopt;
  const auto x = value_of(graph, producers, node.inputs.front(), rest - 1);
  if (!x) return std::nullopt;
  if (node.op == "Transpose") return transposed(*x, node.attribute_ints("perm", {1, 0}));
  const Elements e = quantise(node, *x);
  FloatArray out{e.shape, e.codes};
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= e.scales[i];
  return out;
}

}  // namespace

std::optional<FloatArray> constant_value(const Graph& graph, const Producers& producers, const std::string& tensor) {
  return value_of(graph, producers, tensor, deepest);
}

std::optional<IntegerWeights> integer_weights(const Graph& graph, const Producers& producers, const std::string& tensor,
                                              std::size_t out_axis) {
  const auto e = elements(graph, producers, tensor, out_axis);
  if (!e) return std::nullopt;
  IntegerWeights out;
  out.shape = e->shape;
  const auto channel = channels_of(e->shape, out_axis);
  out.scale.assign(static_cast<std::size_t>(e->shape.at(out_axis)), 0.0F);
  std::int64_t lo = 0, hi = 0;
  for (std::size_t i = 0; i < e->codes.size(); ++i) {
    const float code = e->codes[i];
    if (code != std::nearbyint(code)) throw std::invalid_argument("its weights' zero point is no integer");
    const auto w = static_cast<std::int64_t>(code);
    lo = std::min(lo, w);
    hi = std::max(hi, w);
    float& scale = out.scale[channel[i]];
    if (scale == 0) scale = e->scales[i];
    if (scale != e->scales[i]) throw std::invalid_argument("its weights' scale varies within an output channel");
    out.values.push_back(static_cast<std::int16_t>(std::clamp<std::int64_t>(w, INT16_MIN, INT16_MAX)));
  }
  out.format = weight_format(*e, lo, hi);
  if (out.format.bits() > 8 && lo >= -128 && hi <= 127) out.format = Format::signed_bits(8);  // zero point folded
  if (out.format.bits() > 8) {
    throw std::out_of_range("its weights need " + std::to_string(out.format.bits()) +
                            " bits (zero point taken off); at most 8 are possible");
  }
  if (std::all_of(out.scale.begin(), out.scale.end(), [&](float s) { return s == out.scale[0]; })) out.scale.resize(1);
  return out;
}

}  // namespace blendsim::lowering

// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/weights.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "network/lowering/quantiser.h"
#include "numerics/float_ops.h"

namespace blendsim::lowering {

namespace {

// A quantiser's parameter, of a shape that broadcasts to the weights'.
FloatArray parameter(const Node& node, const std::string& key, float fallback) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) return {{}, {fallback}};
  if (const auto* number = std::get_if<float>(&found->second)) return {{}, {*number}};
  const auto& constant = std::get<Constant>(found->second);
  return {constant.shape, constant.as_float()};
}

// Codes and their meaning: real = code * scale, the scale broadcast to the codes.
struct Elements {
  Shape shape;
  std::vector<float> codes;
  FloatArray scale{{}, {1.0F}};
  std::optional<Format> declared;
};

// Calls f(i, s, c) for each element i, the place s of its scale and its channel c along `axis`.
template <class F>
void for_each_element(const Elements& e, std::size_t axis, F f) {
  std::vector<std::size_t> channel(e.shape.size(), 0);
  channel.at(axis) = 1;
  for_each_pair(e.shape, broadcast_strides(e.scale.shape, e.shape), channel, f);
}

// Quantiser::code of a quant that rounds half to even, for codes and whole zero points of at most 2^21: float sums
// round by themselves where their last place is 1.
struct NearestCode {
  static constexpr float reach = 0x1p22F;
  float lo, hi;
  bool saturate_first;

  [[nodiscard]] float operator()(float x, float scale, float zero) const {
    if (std::isnan(x)) return lo;
    const float y = x / scale;
    return saturate_first ? nearest(std::clamp(y + zero, lo, hi))
                          : std::clamp(nearest(std::clamp(y, -reach, reach)) + zero, lo, hi);
  }

 private:
  static float nearest(float v) {
    constexpr float whole = 0x1.8p23F;
    return (v + whole) - whole;
  }
};

void quantise_elements(const Node& node, const float* x, const FloatArray& zero, Elements& out) {
  Quantiser q;
  q.lo = node.attribute_int("lo", -128);
  q.hi = node.attribute_int("hi", 127);
  q.rounding = parse_round_mode(node.attribute_string("rounding", "ROUND"));
  q.saturate_first = node.attribute_int("saturate_first", 1) != 0;
  const auto scale_steps = broadcast_strides(out.scale.shape, out.shape);
  const auto zero_steps = broadcast_strides(zero.shape, out.shape);
  const auto code_with = [&](auto code) {
    for_each_pair(out.shape, scale_steps, zero_steps, [&](std::size_t i, std::size_t s, std::size_t z) {
      out.codes[i] = code(x[i], out.scale.values[s], zero.values[z]) - zero.values[z];
    });
  };
  const auto is_small = [](float v) { return std::fabs(v) <= NearestCode::reach / 2; };
  const bool whole =
      std::all_of(zero.values.begin(), zero.values.end(), [](float v) { return v == std::nearbyint(v); });
  const auto lo = static_cast<float>(q.lo), hi = static_cast<float>(q.hi);
  if (whole && q.rounding == RoundMode::half_even && is_small(lo) && is_small(hi) &&
      std::all_of(zero.values.begin(), zero.values.end(), is_small)) {
    code_with(NearestCode{lo, hi, q.saturate_first});
  } else {
    code_with([&](float v, float scale, float zero_point) {
      q.scale.values[0] = scale;
      q.zero_point.values[0] = zero_point;
      return static_cast<float>(q.code(v, 0));
    });
  }
  if (!whole || zero.values.empty()) return;
  const auto [lowest, highest] = std::minmax_element(zero.values.begin(), zero.values.end());
  out.declared =
      Format::for_range(q.lo - static_cast<std::int64_t>(*highest), q.hi - static_cast<std::int64_t>(*lowest));
}

Elements quantise(const Node& node, const Shape& shape, const std::vector<float>& x) {
  Elements out{shape, std::vector<float>(x.size()), parameter(node, "scale", 1), {}};
  if (node.op == "Bipolar") {
    (void)broadcast_strides(out.scale.shape, shape);
    std::transform(x.begin(), x.end(), out.codes.begin(), [](float v) { return v >= 0 ? 1.0F : -1.0F; });
  } else if (node.op == "Sign") {
    (void)broadcast_strides(out.scale.shape, shape);
    const auto sign = [](float v) { return v > 0 ? 1.0F : v < 0 ? -1.0F : 0.0F; };
    std::transform(x.begin(), x.end(), out.codes.begin(), sign);
  } else {
    quantise_elements(node, x.data(), parameter(node, "zero_point", 0), out);
  }
  return out;
}

bool is_weight_quantiser(const Node& node) { return node.op == "Quant" || node.op == "Bipolar" || node.op == "Sign"; }

// Codes of 8 bits: INT8, or UINT8 where no value is negative.
bool fits_a_byte(float lo, float hi) { return (lo >= -128 && hi <= 127) || (lo >= 0 && hi <= 255); }

// Whether every value is a whole number of units, but for `tolerance` of it, or of a unit where it is `least` units.
bool are_whole(const std::vector<float>& channel, double unit, double tolerance, double least) {
  return std::all_of(channel.begin(), channel.end(), [&](float w) {
    const double n = w / unit;
    return std::fabs(n - std::nearbyint(n)) <= tolerance * std::max(least, std::fabs(n));
  });
}

// The scale that makes every value of a channel an integer of at most 8 bits, else one up to widest_weight; 0: there is
// none.
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
    if (!fits_a_byte(static_cast<float>(std::nearbyint(lo * steps)), static_cast<float>(std::nearbyint(hi * steps))))
      break;
    const double unit = double{largest} / k;
    if (are_whole(channel, unit, 0x1p-20, 1)) return static_cast<float>(unit);
  }
  if (integral && largest <= widest_weight) return 1;
  for (int k = 129; k <= widest_weight; ++k) {
    const double unit = double{largest} / k;
    if (are_whole(channel, unit, 0x1p-22, 0)) return static_cast<float>(unit);
  }
  return 0;
}

// Float constants without a quantiser: +-1, +-alpha, small integers, integer multiples of a scale per channel.
Elements recognise(const Shape& shape, const std::vector<float>& x, std::size_t axis) {
  Elements out{shape, x, {{}, {1.0F}}, {}};
  const bool whole = std::all_of(x.begin(), x.end(), [](float w) { return w == std::nearbyint(w); });
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  if (whole && (x.empty() || fits_a_byte(*least, *most))) return out;
  std::vector<std::vector<float>> groups(static_cast<std::size_t>(shape.at(axis)));
  for_each_element(out, axis, [&](std::size_t i, std::size_t, std::size_t c) { groups[c].push_back(x[i]); });
  out.scale.shape.assign(shape.size(), 1);
  out.scale.shape[axis] = shape[axis];
  out.scale.values.clear();
  for (const auto& group : groups) out.scale.values.push_back(common_scale(group));
  for (const float scale : out.scale.values) {
    if (scale == 0) {
      throw std::invalid_argument(
          "its weights are floats that no quantiser produced and that are no small integers "
          "times one scale an output channel");
    }
  }
  for_each_element(out, axis, [&](std::size_t i, std::size_t s, std::size_t) {
    out.codes[i] = std::nearbyint(x[i] / out.scale.values[s]);
  });
  return out;
}

// The constant's values, its own where they are floats.
const std::vector<float>& floats_of(const Constant& constant, std::vector<float>& converted) {
  if (!constant.is_integer()) return std::get<std::vector<float>>(constant.values);
  converted = constant.as_float();
  return converted;
}

constexpr int deepest = 64;  // transposes of transposes that anybody writes

std::optional<FloatArray> value_of(const Graph& graph, const Producers& producers, const std::string& tensor, int rest);

Elements transposed_elements(const Elements& e, const std::vector<std::int64_t>& perm) {
  FloatArray scale = e.scale;
  scale.shape.insert(scale.shape.begin(), e.shape.size() - scale.shape.size(), 1);
  FloatArray codes = transposed(FloatArray{e.shape, e.codes}, perm);
  return {std::move(codes.shape), std::move(codes.values), transposed(scale, perm), e.declared};
}

std::optional<Elements> elements(const Graph& graph, const Producers& producers, const std::string& tensor,
                                 std::size_t axis, int rest = deepest) {
  if (rest == 0) return std::nullopt;
  std::vector<float> converted;
  if (const Constant* constant = graph.constant(tensor))
    return recognise(constant->shape, floats_of(*constant, converted), axis);
  const auto found = producers.find(tensor);
  if (found == producers.end()) return std::nullopt;
  const Node& node = *found->second;
  if (is_weight_quantiser(node)) {
    if (const Constant* constant = graph.constant(node.inputs.front()))
      return quantise(node, constant->shape, floats_of(*constant, converted));
    const auto x = value_of(graph, producers, node.inputs.front(), deepest);
    if (!x) return std::nullopt;
    return quantise(node, x->shape, x->values);
  }
  if (node.op != "Transpose") return std::nullopt;
  const std::vector<std::int64_t> perm = node.attribute_ints("perm", {1, 0});
  const auto inner = elements(graph, producers, node.inputs.front(), static_cast<std::size_t>(perm.at(axis)), rest - 1);
  if (!inner) return std::nullopt;
  return transposed_elements(*inner, perm);
}

bool is_whole(float v) {
  if (std::fabs(v) < 0x1p22F) return static_cast<float>(static_cast<std::int32_t>(v)) == v;
  return v == std::nearbyint(v);
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
  Elements e = quantise(node, x->shape, x->values);
  const auto steps = broadcast_strides(e.scale.shape, e.shape);
  for_each_pair(e.shape, steps, steps,
                [&](std::size_t i, std::size_t s, std::size_t) { e.codes[i] *= e.scale.values[s]; });
  return FloatArray{std::move(e.shape), std::move(e.codes)};
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
  out.values.resize(e->codes.size());
  out.scale.assign(static_cast<std::size_t>(e->shape.at(out_axis)), 0.0F);
  std::int64_t lo = 0, hi = 0;
  for_each_element(*e, out_axis, [&](std::size_t i, std::size_t s, std::size_t c) {
    const float code = e->codes[i];
    if (!is_whole(code)) throw std::invalid_argument("its weights' zero point is no integer");
    const auto w = static_cast<std::int64_t>(code);
    lo = std::min(lo, w);
    hi = std::max(hi, w);
    float& scale = out.scale[c];
    if (scale == 0) scale = e->scale.values[s];
    if (scale != e->scale.values[s]) throw std::invalid_argument("its weights' scale varies within an output channel");
    out.values[i] = static_cast<std::int16_t>(std::clamp<std::int64_t>(w, INT16_MIN, INT16_MAX));
  });
  out.format = weight_format(*e, lo, hi);
  if (out.format.bits() > 8 && lo >= -128 && hi <= 127) out.format = Format::signed_bits(8);  // zero point folded
  if (out.format.bits() > 8 && (lo < -widest_weight || hi > widest_weight)) {
    throw std::out_of_range("its weights need " + std::to_string(out.format.bits()) +
                            " bits (zero point taken off); integers from -510 to 510 are possible");
  }
  if (std::all_of(out.scale.begin(), out.scale.end(), [&](float s) { return s == out.scale[0]; })) out.scale.resize(1);
  return out;
}

}  // namespace blendsim::lowering

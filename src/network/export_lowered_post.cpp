// SPDX-License-Identifier: Apache-2.0
// Post-processing of the lowered model: requantise in float64, where every value below 2^53 is exact; compare as
// integers.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include "network/export_lowered_internal.h"

namespace blendsim {
namespace {

constexpr double int32_min = -2147483648.0;
constexpr double int32_max = 2147483647.0;

// A tensor on its way: its name, its element type, and the range that its values are proven to lie in.
struct Value {
  std::string name;
  bool real = false;  // float64 instead of int32
  double lo = 0, hi = 0;

  [[nodiscard]] double magnitude() const { return std::max(std::abs(lo), std::abs(hi)); }
};

Value value_of(const IntTensor& tensor) {
  return {tensor.name, false, static_cast<double>(tensor.lo), static_cast<double>(tensor.hi)};
}

std::string as_real(const LayerWriter& out, const Value& value) {
  return value.real ? value.name : out.cast(value.name, OnnxType::float64);
}

Shape per_channel(std::size_t channels) { return {1, static_cast<std::int64_t>(channels), 1, 1}; }

std::string clip(const LayerWriter& out, const std::string& x, std::int64_t lo, std::int64_t hi) {
  return out.node("Clip", {x, out.scalar("lo", static_cast<double>(lo)), out.scalar("hi", static_cast<double>(hi))});
}

bool bound_proven(const LayerWriter& out, double magnitude, const std::string& step) {
  if (magnitude < double_bound) return true;
  out.refuse(step + " may exceed 2^53 and would be rounded by float64",
             "lower with fewer multiplier bits, or quantise the layer's input to fewer bits");
  return false;
}

// q = saturate(round((x * M + B) / 2^s)): M*2^-s and B*2^-s are exact, and so are product and sum below 2^53.
std::optional<Value> write_affine(const LayerWriter& out, const Value& x, const Affine& q, const std::string& step) {
  std::vector<double> factors;
  std::vector<double> offsets;
  double magnitude = static_cast<double>(std::max(std::abs(q.lo), std::abs(q.hi)));
  for (std::size_t c = 0; c < q.multiplier.size(); ++c) {
    const double unit = 1.0 / static_cast<double>(std::int64_t{1} << q.shift[c]);
    const auto m = static_cast<double>(q.multiplier[c]);
    const auto b = static_cast<double>(q.offset[c]);
    const double half = q.rounding == Rounding::half_up ? std::max(0.5 / unit, 1.0) : 0.0;
    // half_up on shift 0 adds one half to an integer: twice the value must be exact
    const double scaled = (x.magnitude() * std::abs(m) + std::abs(b) + half) * (half > 0 && unit == 1.0 ? 2.0 : 1.0);
    magnitude = std::max(magnitude, scaled);
    factors.push_back(m * unit);
    offsets.push_back(b * unit);
  }
  if (!bound_proven(out, magnitude, step)) return std::nullopt;
  const Shape shape = per_channel(factors.size());
  std::string y = out.node("Mul", {as_real(out, x), out.constant(step + "_factor", shape, factors)});
  y = out.node("Add", {y, out.constant(step + "_offset", shape, offsets)});
  if (q.rounding == Rounding::half_even) {
    y = out.node("Round", {y});
  } else {
    if (q.rounding == Rounding::half_up) y = out.node("Add", {y, out.scalar("half", 0.5)});
    y = out.node("Floor", {y});
  }
  return Value{clip(out, y, q.lo, q.hi), true, static_cast<double>(q.lo), static_cast<double>(q.hi)};
}

// y = x < 0 ? round(x * slope / 2^shift) : x, then saturated.
std::optional<Value> write_activation(const LayerWriter& out, const Value& x, const Activation& activation) {
  std::vector<double> slopes;
  auto magnitude = static_cast<double>(std::max(std::abs(activation.lo), std::abs(activation.hi)));
  for (std::size_t c = 0; c < activation.slope.size(); ++c) {
    const auto slope = static_cast<double>(activation.slope[c]);
    magnitude = std::max(magnitude, std::max(-x.lo, 0.0) * std::abs(slope));
    slopes.push_back(slope / static_cast<double>(std::int64_t{1} << activation.shift[c]));
  }
  if (!bound_proven(out, magnitude, "activation")) return std::nullopt;
  const std::string real = as_real(out, x);
  const std::string negative = out.node("Less", {real, out.scalar("zero", 0.0)});
  const std::string factor =
      out.node("Where", {negative, out.constant("slope", per_channel(slopes.size()), slopes), out.scalar("one", 1.0)});
  const std::string rounded = out.node("Round", {out.node("Mul", {real, factor})});
  return Value{clip(out, rounded, activation.lo, activation.hi), true, static_cast<double>(activation.lo),
               static_cast<double>(activation.hi)};
}

// u of the formula in integer_network.h; nothing when a bound cannot be proven.
std::optional<Value> write_arithmetic(const LayerWriter& out, const PostProcessing& work) {
  using Place = PostProcessing::ActivationPlace;
  std::optional<Value> u = value_of(out.tensor(work.a));
  if (work.q1) u = write_affine(out, *u, *work.q1, "q1");
  const Place place = work.activation ? work.activation_place : Place::none;
  if (u && place == Place::after_q1) u = write_activation(out, *u, *work.activation);
  if (u && work.b != no_tensor) {
    std::optional<Value> b = value_of(out.tensor(work.b));
    if (work.q2) b = write_affine(out, *b, *work.q2, "q2");
    if (!b) return std::nullopt;
    double lo = u->lo + b->lo, hi = u->hi + b->hi;
    if (work.product) std::tie(lo, hi) = std::minmax({u->lo * b->lo, u->lo * b->hi, u->hi * b->lo, u->hi * b->hi});
    if (!bound_proven(out, std::max(std::abs(lo), std::abs(hi)), "join")) return std::nullopt;
    u = Value{out.node(work.product ? "Mul" : "Add", {as_real(out, *u), as_real(out, *b)}), true, lo, hi};
  }
  if (u && place == Place::after_join) u = write_activation(out, *u, *work.activation);
  if (u && work.q3) u = write_affine(out, *u, *work.q3, "q3");
  return u;
}

// bits [1, C, H, W] -> +1 or -1.
void write_bipolar(const LayerWriter& out, const std::string& bits, const std::string& output) {
  const std::string plus = out.scalar("plus", std::int32_t{1});
  const std::string minus = out.scalar("minus", std::int32_t{-1});
  out.node("Where", {bits, plus, minus}, {}, output);
}

// u >= T as 0 or 1, turned round where the direction is 0. u: int32 or int64 of the thresholds' shape.
std::string write_comparison(const LayerWriter& out, const std::string& u, bool wide, const Thresholds& t,
                             Shape shape) {
  const std::string bound =
      wide ? out.constant("thresholds", shape, t.values)
           : out.constant("thresholds", shape, std::vector<std::int32_t>(t.values.begin(), t.values.end()));
  const std::string reached = out.node("GreaterOrEqual", {u, bound});
  if (std::all_of(t.direction.begin(), t.direction.end(), [](std::uint8_t d) { return d != 0; })) return reached;
  std::vector<std::uint8_t> directions;
  for (const std::uint8_t d : t.direction) directions.push_back(d != 0 ? 1 : 0);
  if (shape.size() == 5) shape[2] = 1;
  const std::string direction = out.onnx.boolean(out.onnx.fresh(out.layer.name + ":direction"), shape, directions);
  return out.node("Equal", {reached, direction});
}

void write_code(const LayerWriter& out, const PostProcessing& work, const Value& u) {
  const std::string& name = out.name_of(work.code);
  const bool bipolar = out.tensor(work.code).format.is_bipolar();
  const auto beyond = [](double value) { return value < int32_min || value > int32_max; };
  bool wide = beyond(u.lo) || beyond(u.hi);
  if (work.thresholds) {
    for (const std::int64_t t : work.thresholds->values) wide |= beyond(static_cast<double>(t));
  }
  const OnnxType type = wide ? OnnxType::int64 : OnnxType::int32;
  std::string integer = u.real || wide ? out.cast(u.name, type) : u.name;
  if (work.table) {  // a negative index counts from the end: -1 is entry 255
    const std::vector<std::int32_t> entries(work.table->values.begin(), work.table->values.end());
    out.node("Gather", {out.constant("table", {std::ssize(entries)}, entries), integer}, {}, name);
    return;
  }
  if (!work.thresholds) {
    const std::string zero = wide ? out.scalar("zero", std::int64_t{0}) : out.scalar("zero", std::int32_t{0});
    write_bipolar(out, out.node("GreaterOrEqual", {integer, zero}), name);
    return;
  }
  const Thresholds& t = *work.thresholds;
  const auto channels = static_cast<std::int64_t>(t.direction.size());
  if (bipolar) {
    write_bipolar(out, write_comparison(out, integer, wide, t, {1, channels, 1, 1}), name);
    return;
  }
  integer = out.node("Unsqueeze", {integer, out.constant("level_axis", {1}, std::vector<std::int64_t>{2})});
  const std::string bits = write_comparison(out, integer, wide, t, {1, channels, t.levels, 1, 1});
  const std::string axes = out.constant("sum_axis", {1}, std::vector<std::int64_t>{2});
  const bool shifted = t.base != 0;
  const std::string count = out.node("ReduceSum", {out.cast(bits, OnnxType::int32), axes},
                                     {{"keepdims", std::int64_t{0}}}, shifted ? std::string() : name);
  if (shifted) out.node("Add", {count, out.scalar("base", static_cast<std::int32_t>(t.base))}, {}, name);
}

}  // namespace

void write_layer(const LayerWriter& out, const PostProcessing& work) {
  const std::optional<Value> u = write_arithmetic(out, work);
  if (!u) return;
  if (work.fixed != no_tensor) {
    if (u->lo < int32_min || u->hi > int32_max) {
      out.refuse("the result may exceed 32 bits", "quantise the layer's output");
      return;
    }
    const std::string& name = out.name_of(work.fixed);
    if (u->real) out.cast(u->name, OnnxType::int32, name);
    else out.node("Identity", {u->name}, {}, name);
  }
  if (work.code != no_tensor) write_code(out, work, *u);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Add and Sub of two computed tensors: both operands on one integer grid, int16 each, their sum 17 bits.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

constexpr std::int64_t operand_limit = 32768;  // int16

bool is_power_of_two(double v) {
  int exponent = 0;
  return std::fabs(std::frexp(v, &exponent)) == 0.5;
}

bool fits_operand(const Map& map, std::int64_t factor) {
  const std::int64_t a = map.domain.lowest() * factor, b = map.domain.highest() * factor;
  return std::min(a, b) >= -operand_limit && std::max(a, b) < operand_limit;
}

Affine times(std::size_t channels, std::int64_t factor) {
  Affine q;
  q.multiplier.assign(channels, static_cast<std::int32_t>(factor));
  q.offset.assign(channels, 0);
  q.shift.assign(channels, 0);
  q.lo = -operand_limit;
  q.hi = operand_limit - 1;
  return q;
}

// One operand of the post-processing: a tensor and how it gets onto the join's grid.
struct Side {
  TensorId tensor = no_tensor;
  std::optional<Affine> q;
  std::optional<Activation> activation;
};

Side make_side(Builder& builder, const Value& value, std::int64_t factor, bool alone, Map& join) {
  const MapPtr& map = value.map;
  const bool recipe_fits = map->recipe && map->recipe->b == no_tensor && !map->recipe->q3 && map->layer < 0;
  Side side;
  if (alone && map->uses == 1 && factor == 1 && recipe_fits) {  // q1 works on the accumulator
    side = {map->recipe->a, map->recipe->q1, map->recipe->activation};
    merge(join.exactness, map->exactness);
    append(join.nodes, map->nodes);
  } else {
    side.tensor = builder.write(map);
    if (factor != 1) side.q = times(static_cast<std::size_t>(map->channels), factor);
  }
  append(join.nodes, chain_nodes(value));
  return side;
}

}  // namespace

// The value rounded to int16 at the join's power of two; the file has no quantiser here, so the loss is counted.
Value Lowerer::on_grid(const Value& value, const Node& node) {
  const auto unit = static_cast<float>(std::ldexp(1.0, -options_.join_fraction_bits));
  const Quantiser grid = grid_quantiser(unit, 16, node.name, value.map->name + ":int16");
  Value out = quantise(value, grid);
  Exactness lost;
  for (std::size_t c = 0; c < value.map->domain.channels(); ++c) {
    const Reference reference{value.chain, grid};
    const bool all = value.map->domain.count(c) <= exhaustive_limit;
    const auto look = [&](std::int64_t q) {
      const float exact = evaluate_chain(value.chain, static_cast<float>(q), c);
      ++lost.checked;
      if (static_cast<float>(reference(q, c)) * unit != exact) ++lost.differing;
    };
    if (all) {
      for (std::int64_t q = value.map->domain.lo[c]; q <= value.map->domain.hi[c]; q += value.map->domain.step) look(q);
    } else {
      for (const std::int64_t q : sample_domain(value.map->domain, c)) look(q);
    }
  }
  if (lost.differing != 0) {
    out.map->exactness.exact = false;
    out.map->exactness.differing = std::max(out.map->exactness.differing, lost.differing);
    out.map->exactness.checked = std::max(out.map->exactness.checked, lost.checked);
    out.map->exactness.max_error = std::max<std::int64_t>(out.map->exactness.max_error, 1);
    out.map->exactness.note = fmt::format("an operand of '{}' has no quantiser in the file: rounded to int16 at 2^-{}",
                                          node.name, options_.join_fraction_bits);
  }
  return out;
}

Lowerer::Operand Lowerer::join_operand(Value value, const Node& node) {
  if (value.state != Value::State::integer) {
    refuse("not-quantised", node.name, "an operand is not quantised", "quantise both operands");
  }
  if (value.pool) value = resolve_pool(std::move(value));
  const auto scale = pure_scale(value);
  if (scale && scale->is_scalar() && fits_operand(*value.map, 1)) return {std::move(value), scale->at(0)};
  Value rounded = on_grid(value, node);
  return {std::move(rounded), std::ldexp(1.0, -options_.join_fraction_bits)};
}

void Lowerer::join(const Node& node, Value first, Value second, bool subtract) {
  if (first.state == Value::State::integer && second.state == Value::State::integer &&
      (first.shape != second.shape || first.flat != second.flat || first.map->channels != second.map->channels)) {
    refuse("not-lowerable", node.name, fmt::format("operands of shapes {} and {} cannot be joined on the machine",
                                                   shape_text(first.shape), shape_text(second.shape)));
  }
  const bool alone_a = consumers_[node.inputs[0]] == 1, alone_b = consumers_[node.inputs[1]] == 1;
  const Value whole_a = first, whole_b = second;
  Operand a = join_operand(std::move(first), node), b = join_operand(std::move(second), node);
  if (subtract) b.scale = -b.scale;
  const auto factors = [&](std::int64_t& fa, std::int64_t& fb, double& unit) {
    const double ratio = a.scale / b.scale;
    if (!is_power_of_two(ratio) || std::fabs(ratio) > 32768 || std::fabs(ratio) < 1.0 / 32768) return false;
    unit = std::fabs(ratio) <= 1 ? a.scale : b.scale;
    fa = std::llround(a.scale / unit);
    fb = std::llround(b.scale / unit);
    return fits_operand(*a.value.map, fa) && fits_operand(*b.value.map, fb);
  };
  std::int64_t fa = 1, fb = 1;
  double unit = 1;
  if (!factors(fa, fb, unit)) {  // no common grid: both to the join's
    a = {on_grid(whole_a.pool ? a.value : whole_a, node), std::ldexp(1.0, -options_.join_fraction_bits)};
    b = {on_grid(whole_b.pool ? b.value : whole_b, node), std::ldexp(1.0, -options_.join_fraction_bits)};
    if (subtract) b.scale = -b.scale;
    if (!factors(fa, fb, unit)) throw InvariantError("lowering", "no common grid for '" + node.name + "'");
  }
  if (fa < 0 && fb > 0) {  // keep the first operand plain
    fa = -fa;
    fb = -fb;
    unit = -unit;
  }
  auto map = std::make_shared<Map>();
  map->name = node.outputs[0];
  map->layer_name = node.name;
  map->channels = a.value.map->channels;
  map->height = a.value.map->height;
  map->width = a.value.map->width;
  map->zero_point = static_cast<int>(a.value.map->zero_point * fa + b.value.map->zero_point * fb);
  map->scale = static_cast<float>(unit);
  for (std::size_t c = 0; c < a.value.map->domain.channels(); ++c) {
    const auto ends = [&](const Map& m, std::int64_t f) {
      return std::minmax({m.domain.lo[c] * f, m.domain.hi[c] * f});
    };
    const auto [a_lo, a_hi] = ends(*a.value.map, fa);
    const auto [b_lo, b_hi] = ends(*b.value.map, fb);
    map->domain.lo.push_back(a_lo + b_lo);
    map->domain.hi.push_back(a_hi + b_hi);
  }
  map->format = Format::signed_bits(32);
  Side left = make_side(builder_, a.value, fa, alone_a, *map), right = make_side(builder_, b.value, fb, alone_b, *map);
  if (right.activation && !left.activation) std::swap(left, right);
  if (right.activation) right = {builder_.write(b.value.map), {}, {}};
  PostProcessing recipe;
  recipe.a = left.tensor;
  recipe.b = right.tensor;
  recipe.q1 = left.q;
  recipe.q2 = right.q;
  recipe.activation = left.activation;
  if (left.activation) recipe.activation_place = PostProcessing::ActivationPlace::after_q1;
  map->recipe = recipe;
  append(map->nodes, node.origin.empty() ? std::vector<std::string>{node.name} : node.origin);
  if (!is_power_of_two(unit)) {  // q_a*s + q_b*s rounds, (q_a + q_b)*s is what the machine keeps
    Exactness note;
    note.exact = false;
    note.note = "the sum of two values at a scale that is no power of two may round in the file";
    merge(map->exactness, note);
  }
  Value y;
  y.state = Value::State::integer;
  y.flat = a.value.flat;
  y.map = map;
  if (map->zero_point != 0) {
    y.chain.push_back(make_step(Step::Kind::subtract, {{static_cast<float>(map->zero_point)}}, node.name));
  }
  if (unit != 1) y.chain.push_back(make_step(Step::Kind::multiply, {{static_cast<float>(unit)}}, node.name));
  define(node.outputs[0], std::move(y));
}

}  // namespace blendsim::lowering

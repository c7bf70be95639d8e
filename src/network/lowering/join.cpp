// SPDX-License-Identifier: Apache-2.0
// Add and Sub of two computed tensors: both operands on one integer grid, int16 each, their sum 17 bits.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "network/lowering/join.h"
#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

constexpr std::int64_t operand_limit = 32768;  // int16

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

}  // namespace

Side make_side(Builder& builder, const Value& value, std::int64_t factor, bool alone, Map& join) {
  const MapPtr& map = value.map;
  const bool recipe_fits = map->recipe && map->recipe->b == no_tensor && !map->recipe->q3 && map->layer < 0;
  // A shortcut's codes, which are there for others too, get onto the join's grid in the join itself.
  const bool on_codes = recipe_fits && builder.network.tensor(map->recipe->a).format.bits() <= 16;
  Side side;
  if ((alone || on_codes) && map->uses == 1 && factor == 1 && recipe_fits) {  // q1 works on the accumulator
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

std::optional<Lowerer::Operand> Lowerer::join_operand(Value value, const Node& node) {
  const auto scale = pure_scale(value);
  if (scale && scale->is_scalar() && fits_operand(*value.map, 1)) return Operand{std::move(value), scale->at(0)};
  auto grid = integer_grid(value, node.name);
  if (!grid || grid->lo < -operand_limit || grid->hi >= operand_limit) return std::nullopt;
  if (!grid->format.is_signed()) grid->format = Format::signed_bits(16);
  const double unit = grid->scale.at(0);
  return Operand{quantise(std::move(value), *grid), unit};
}

Lowerer::CommonGrid Lowerer::common_grid(const Node& node, const Value& first, const Value& second, bool subtract) {
  std::vector<Value> values{first, second};
  for (Value& value : values) {
    if (value.state != Value::State::integer) {
      refuse("not-quantised", node.name, "an operand is not quantised", or_calibrate("quantise both operands"));
    }
    if (value.pool) value = resolve_pool(std::move(value));
  }
  const auto a = join_operand(values[0], node), b = join_operand(values[1], node);
  CommonGrid g;
  const auto fit = [&] {
    for (const int i : {0, 1}) {
      const double factor = g.operands[i].scale / g.unit;
      if (std::fabs(factor) > static_cast<double>(operand_limit)) return false;
      g.factors[i] = std::llround(factor);
      if (!fits_operand(*g.operands[i].value.map, g.factors[i])) return false;
    }
    return true;
  };
  bool found = false;
  if (a && b) {
    g.operands[0] = *a;
    g.operands[1] = *b;
    if (subtract) g.operands[1].scale = -g.operands[1].scale;
    if (const auto unit = common_unit({a->scale, b->scale})) {
      g.unit = *unit;
      found = fit();
    }
  }
  if (!found) {
    const int exponent = grid_exponent(values, node);
    g.unit = std::ldexp(1.0, exponent);
    for (const std::size_t i : {0U, 1U}) {
      g.operands[i] = {on_grid(values[i], node, exponent), subtract && i == 1 ? -g.unit : g.unit};
    }
    if (!fit()) throw InvariantError("lowering", "no common grid for '" + node.name + "'");
  }
  if (g.factors[0] < 0 && g.factors[1] > 0 && fits_operand(*g.operands[1].value.map, -g.factors[1])) {
    for (std::int64_t& factor : g.factors) factor = -factor;  // keep the first operand plain
    g.unit = -g.unit;
  }
  return g;
}

namespace {

// The sum's shape, range and meaning; its recipe is still open.
MapPtr sum_map(const Node& node, const Map& a, std::int64_t fa, const Map& b, std::int64_t fb, double unit) {
  auto map = std::make_shared<Map>();
  map->name = node.outputs[0];
  map->layer_name = node.name;
  map->channels = a.channels;
  map->height = std::max(a.height, b.height);  // one of them may be one pixel
  map->width = std::max(a.width, b.width);
  map->zero_point = static_cast<int>(a.zero_point * fa + b.zero_point * fb);
  map->scale = static_cast<float>(unit);
  for (std::size_t c = 0; c < a.domain.channels(); ++c) {
    const auto ends = [&](const Map& m, std::int64_t f) {
      return std::minmax({m.domain.lo[c] * f, m.domain.hi[c] * f});
    };
    const auto [a_lo, a_hi] = ends(a, fa);
    const auto [b_lo, b_hi] = ends(b, fb);
    map->domain.lo.push_back(a_lo + b_lo);
    map->domain.hi.push_back(a_hi + b_hi);
  }
  map->format = Format::signed_bits(32);
  return map;
}

}  // namespace

bool is_one_pixel(const Value& value) {
  return value.pool ? value.pool->height == 1 && value.pool->width == 1
                    : value.map->height == 1 && value.map->width == 1;
}

bool meets(const Value& a, const Value& b) {
  if (a.flat != b.flat || a.map->channels != b.map->channels) return false;
  if (a.shape == b.shape) return true;
  return a.shape.size() == 4 && b.shape.size() == 4 && (is_one_pixel(a) || is_one_pixel(b));
}

void Lowerer::refuse_shapes(const Node& node, const Value& a, const Value& b) const {
  refuse("not-lowerable", node.name,
         fmt::format("operands of shapes {} and {} cannot be joined on the machine", shape_text(a.shape),
                     shape_text(b.shape)),
         "one may be a pixel [1, C, 1, 1] of as many channels; any other broadcast must be written out");
}

void Lowerer::join(const Node& node, Value first, Value second, bool subtract) {
  if (first.state == Value::State::integer && second.state == Value::State::integer && !meets(first, second)) {
    refuse_shapes(node, first, second);
  }
  const bool alone_a = consumers_[node.inputs[0]] == 1, alone_b = consumers_[node.inputs[1]] == 1;
  const CommonGrid grid = common_grid(node, first, second, subtract);
  const Value &a = grid.operands[0].value, &b = grid.operands[1].value;
  const auto [fa, fb] = grid.factors;
  MapPtr map = sum_map(node, *a.map, fa, *b.map, fb, grid.unit);
  Side left = make_side(builder_, a, fa, alone_a, *map);
  std::int64_t error = std::exchange(map->exactness.max_error, 0);
  Side right = make_side(builder_, b, fb, alone_b, *map);
  error += map->exactness.max_error;  // both operands' errors add up
  const bool pixel_first = is_one_pixel(a) && !is_one_pixel(b), pixel_second = is_one_pixel(b) && !is_one_pixel(a);
  const bool swapped = pixel_first || (right.activation && !left.activation && !pixel_second);
  if (swapped) std::swap(left, right);
  if (right.activation) right = {builder_.write((swapped ? a : b).map), {}, {}};
  map->exactness.max_error = error;
  PostProcessing recipe;
  recipe.a = left.tensor;
  recipe.b = right.tensor;
  recipe.q1 = left.q;
  recipe.q2 = right.q;
  recipe.activation = left.activation;
  if (left.activation) recipe.activation_place = PostProcessing::ActivationPlace::after_q1;
  map->recipe = recipe;
  append(map->nodes, node.origin.empty() ? std::vector<std::string>{node.name} : node.origin);
  if (!is_power_of_two(grid.unit)) {  // q_a*s + q_b*s rounds, (q_a + q_b)*s is what the machine keeps
    Exactness note;
    note.exact = false;
    note.note = "the sum of two values at a scale that is no power of two may round in the file";
    merge(map->exactness, note);
  }
  Value y;
  y.state = Value::State::integer;
  y.flat = a.flat;
  y.map = map;
  if (map->zero_point != 0) {
    y.chain.push_back(make_step(Step::Kind::subtract, {{static_cast<float>(map->zero_point)}}, node.name));
  }
  if (grid.unit != 1) y.chain.push_back(make_step(Step::Kind::multiply, {{static_cast<float>(grid.unit)}}, node.name));
  define(node.outputs[0], std::move(y));
}

}  // namespace blendsim::lowering

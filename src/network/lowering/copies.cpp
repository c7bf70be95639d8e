// SPDX-License-Identifier: Apache-2.0
// Copies of maps: wider, negated or mirrored, so that a pool or a sum reads integers of one sense and width.
#include "network/lowering/copies.h"

#include <algorithm>
#include <utility>

namespace blendsim::lowering {

Format storage_format(const Domain& domain, int least_bits) {
  const std::int64_t lo = domain.lowest(), hi = domain.highest();
  if (least_bits <= 8 && lo >= 0 && hi <= 255) return Format::unsigned_bits(8);
  for (const int bits : {8, 16}) {
    if (bits < least_bits) continue;
    if (Format::signed_bits(bits).contains(lo) && Format::signed_bits(bits).contains(hi))
      return Format::signed_bits(bits);
  }
  return Format::signed_bits(32);
}

bool turns(const std::vector<std::int32_t>& signs) {
  return std::any_of(signs.begin(), signs.end(), [](std::int32_t s) { return s < 0; });
}

std::shared_ptr<Map> shaped_like(const Map& from, std::string name) {
  auto map = std::make_shared<Map>();
  map->name = std::move(name);
  map->channels = from.channels;
  map->height = from.height;
  map->width = from.width;
  map->domain = from.domain;
  return map;
}

Domain turned(const Domain& from, const std::vector<std::int32_t>& signs, std::int64_t mirror) {
  Domain out = from;
  for (std::size_t c = 0; c < from.channels(); ++c) {
    if (signs[c] < 0) {
      out.lo[c] = mirror - from.hi[c];
      out.hi[c] = mirror - from.lo[c];
    }
  }
  return out;
}

namespace {

Affine turn(const Domain& target, const std::vector<std::int32_t>& signs, std::int64_t mirror) {
  Affine q;
  q.multiplier = signs;
  for (const std::int32_t sign : signs) q.offset.push_back(sign < 0 ? mirror : 0);
  q.shift.assign(signs.size(), 0);
  q.lo = target.lowest();
  q.hi = target.highest();
  return q;
}

}  // namespace

MapPtr Lowerer::copy_map(const Value& value, const std::vector<std::int32_t>& signs, const std::string& name,
                         int least_bits) {
  const Map& from = *value.map;
  auto map = shaped_like(from, name);
  const bool negates = turns(signs);
  map->domain = turned(from.domain, signs, 0);
  map->format = from.format.is_bipolar() ? Format::signed_bits(8) : storage_format(map->domain, least_bits);
  map->zero_point = negates ? 0 : from.zero_point;
  map->scale = negates ? 1 : from.scale;
  map->layer_name = name;
  map->nodes = from.recipe ? from.nodes : std::vector<std::string>{};
  append(map->nodes, chain_nodes(value));
  const bool sum = from.is_sum() && !from.is_written();
  if (sum && !negates) {  // the sum itself, written
    value.map->format = map->format;
    builder_.write(value.map);
    return value.map;
  }
  map->recipe = builder_.on_top(value.map);
  if (sum) map->exactness = from.exactness;
  if (negates) (sum ? map->recipe->q3 : map->recipe->q1) = turn(map->domain, signs, 0);
  builder_.write(map);
  return map;
}

MapPtr Lowerer::negated_signs(const Value& value, const std::vector<std::int32_t>& signs, const std::string& name) {
  auto map = shaped_like(*value.map, name);
  map->format = Format::bipolar();
  map->layer_name = name;
  map->nodes = chain_nodes(value);
  Thresholds thresholds;
  thresholds.values.assign(signs.size(), 0);
  for (const std::int32_t sign : signs) thresholds.direction.push_back(sign < 0 ? 0 : 1);
  builder_.write_code(value.map, {thresholds, {}}, map);
  return map;
}

MapPtr Lowerer::mirrored(const Value& value, const std::vector<std::int32_t>& signs, const std::string& name) {
  const Map& from = *value.map;
  const std::int64_t mirror = from.format.min() + from.format.max();
  auto map = shaped_like(from, name);
  map->domain = turned(from.domain, signs, mirror);
  map->format = from.format;
  map->layer_name = name;
  map->nodes = chain_nodes(value);
  map->recipe = builder_.on_top(value.map);
  map->recipe->q1 = turn(map->domain, signs, mirror);
  builder_.write(map);
  return map;
}

Value Lowerer::rebased(Value value, int zero_point) {
  const Map& from = *value.map;
  const int shift = zero_point - from.zero_point;
  auto map = shaped_like(from, from.name + ":rebased");
  for (std::size_t c = 0; c < map->domain.channels(); ++c) {
    map->domain.lo[c] += shift;
    map->domain.hi[c] += shift;
  }
  map->format = storage_format(map->domain, 8);
  map->zero_point = zero_point;
  map->layer_name = map->name;
  map->nodes = chain_nodes(value);
  map->recipe = builder_.on_top(value.map);
  Affine q = turn(map->domain, std::vector<std::int32_t>(map->domain.channels(), 1), 0);
  q.offset.assign(q.multiplier.size(), shift);
  map->recipe->q1 = q;
  value.chain.insert(value.chain.begin(), make_step(Step::Kind::subtract, {{static_cast<float>(shift)}}));
  value.map = std::move(map);
  return value;
}

}  // namespace blendsim::lowering

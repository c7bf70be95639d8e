// SPDX-License-Identifier: Apache-2.0
// MaxPool: it waits for the next quantiser, and where it cannot, it is taken of integers that rise with the values.
#include <fmt/format.h>

#include "network/lowering/copies.h"
#include "network/lowering/window.h"

namespace blendsim::lowering {

std::vector<std::int32_t> Lowerer::pool_signs(const Value& value) const {
  std::vector<std::int32_t> signs(static_cast<std::size_t>(value.map->channels), 1);
  for (std::size_t c = 0; c < signs.size(); ++c) {
    const auto direction = chain_direction(value.chain, c);
    if (!direction) {
      refuse("not-lowerable", value.pool ? value.pool->node : value.map->name,
             "the pooled values are no monotone function of an integer", "quantise before pooling");
    }
    if (*direction < 0) signs[c] = -1;
  }
  return signs;
}

MapPtr Lowerer::pooled(const PendingPool& pool, const Map& from, const std::string& name, float scale) {
  auto map = shaped_like(from, name);
  map->height = pool.height;
  map->width = pool.width;
  map->format = from.format;
  map->zero_point = from.zero_point;
  map->scale = scale;
  Pooling work;
  work.kind = Pooling::Kind::max;
  work.window = pool.window;
  work.input = from.tensor;
  work.output = builder_.add_tensor(*map);
  builder_.add_layer(pool.node, "MaxPool", pool.origin, work);
  return map;
}

// The pool's integers bear the file's name where one scale makes them its tensor.
Lowerer::PooledName Lowerer::pooled_name(const PendingPool& pool, const Value& before) const {
  const Map& from = *before.map;
  if (pool.of_codes) return {pool.output, from.scale};
  const auto scale = pure_scale(before);
  if (scale && scale->is_scalar() && scale->at(0) == from.scale) return {pool.output, from.scale};
  if (from.format.bits() > 16) return {pool.output, 1};  // accumulators
  if (scale && scale->is_scalar()) return {pool.output, scale->at(0)};
  return {pool.output + ":codes", from.scale};
}

// The largest value is the largest integer where the chain before the pool rises, the smallest where it falls. There
// the integers are turned round: negated, and the chain takes the sign off again; or, where a negated code would need a
// bit more than its 8, mirrored within its format and turned back behind the pool.
Value Lowerer::resolve_pool(Value value) {
  const PendingPool pool = *value.pool;
  Value before = value;
  before.chain.resize(pool.chain_before);
  const std::vector<std::int32_t> signs = pool_signs(before);
  Value out = value;
  out.pool.reset();
  const Map& from = *value.map;
  if (!turns(signs) && from.is_plain()) {
    builder_.write(value.map);
    const PooledName as = pooled_name(pool, before);
    out.map = pooled(pool, from, as.name, as.scale);
    return out;
  }
  const Domain negated = turned(from.domain, signs, 0);
  const bool is_code = from.is_plain() && from.format.bits() <= 8;
  if (turns(signs) && is_code && !from.format.is_bipolar() && storage_format(negated, 8).bits() > 8) {
    builder_.write(value.map);
    const PooledName as = pooled_name(pool, before);
    before.map = pooled(pool, *mirrored(before, signs, from.name + ":mirrored"), pool.output + ":mirrored", 1);
    before.origin.clear();
    before.chain.clear();
    out.map = mirrored(before, signs, as.name);
    out.map->zero_point = from.zero_point;
    out.map->scale = as.scale;
    IntTensor& t = builder_.network.tensors[static_cast<std::size_t>(out.map->tensor)];
    t.zero_point = out.map->zero_point;
    t.scale = out.map->scale;
    return out;
  }
  const std::string name = from.name + (turns(signs) ? ":rising" : ":stored");
  const MapPtr rising = from.format.is_bipolar() && from.is_plain() ? negated_signs(before, signs, name)
                                                                    : copy_map(before, signs, name, is_code ? 8 : 16);
  before.map = rising;
  if (turns(signs)) {
    PerChannel factor;
    factor.values.assign(signs.begin(), signs.end());
    for (Chain* chain : {&before.chain, &out.chain}) {
      chain->insert(chain->begin(), make_step(Step::Kind::multiply, factor));
    }
  }
  const PooledName as = pooled_name(pool, before);
  out.map = pooled(pool, *rising, as.name, as.scale);
  return out;
}

void Lowerer::max_pool(const Node& node) {
  Value x = value_of(node.inputs[0]);
  require_pool_input(x, node, graph_.file);
  if (x.pool) x = resolve_pool(std::move(x));
  const Shape& shape = shape_of(node.outputs[0]);
  PendingPool pool;
  pool.window = pool_window(node, x);
  require_taps(node, pool.window, *x.map);
  pool.height = static_cast<int>(shape.at(2));
  pool.width = static_cast<int>(shape.at(3));
  pool.chain_before = x.chain.size();
  pool.node = node.name;
  pool.output = node.outputs[0];
  pool.origin = origin_of(node);
  x.pool = pool;
  const bool stored = x.map->is_plain();
  if (stored || consumers_[node.outputs[0]] > 1) x = resolve_pool(std::move(x));
  define(node.outputs[0], std::move(x));
}

}  // namespace blendsim::lowering

// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool, Concat, and copies of maps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

Window read_window(const Node& node) {
  const auto kernel = node.attribute_ints("kernel_shape", {1, 1}), strides = node.attribute_ints("strides", {1, 1}),
             dilations = node.attribute_ints("dilations", {1, 1}), pads = node.attribute_ints("pads", {0, 0, 0, 0});
  const auto at = [](const std::vector<std::int64_t>& v, std::size_t i) { return static_cast<int>(v.at(i)); };
  return {at(kernel, 0),    at(kernel, 1),    at(strides, 0), at(strides, 1), at(dilations, 0),
          at(dilations, 1), at(pads, 0),      at(pads, 1),    at(pads, 2),    at(pads, 3)};
}

std::vector<std::string> origin_of(const Node& node) {
  return node.origin.empty() ? std::vector<std::string>{node.name} : node.origin;
}

// Taps of one axis that lie inside the map, at an output position.
int taps_inside(int kernel, int stride, int dilation, int pad, int size, int position) {
  int count = 0;
  for (int k = 0; k < kernel; ++k) {
    const int at = position * stride - pad + k * dilation;
    count += at >= 0 && at < size ? 1 : 0;
  }
  return count;
}

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

}  // namespace

namespace {

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

// mirror - q where a sign is negative, q elsewhere.
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
  builder_.write_code(value.map, thresholds, map);
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

// The largest value is the largest integer where the chain before the pool rises, the smallest where it falls. There the
// integers are turned round: negated, and the chain takes the sign off again; or, where a negated code would need a bit
// more than its 8, mirrored within its format and turned back behind the pool.
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

namespace {

void require_pool_input(const Value& x, const Node& node, const std::string& file) {
  if (x.state != Value::State::integer || x.shape.size() != 4 || x.flat) {
    throw DiagnosticError("not-quantised", {.file = file, .node = node.name},
                          fmt::format("{} reads values that no quantiser produced", node.op),
                          "quantise before pooling");
  }
}

}  // namespace

namespace {

// Names the first output row or column whose window has no tap inside the map: it has no maximum and no mean.
std::optional<std::string> untapped(const Window& w, const Map& in, const Shape& out) {
  for (int y = 0; y < static_cast<int>(out.at(2)); ++y) {
    if (taps_inside(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, in.height, y) == 0) return fmt::format("row {}", y);
  }
  for (int x = 0; x < static_cast<int>(out.at(3)); ++x) {
    if (taps_inside(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, in.width, x) == 0) return fmt::format("column {}", x);
  }
  return std::nullopt;
}

}  // namespace

void Lowerer::require_taps(const Node& node, const Window& window, const Map& in) const {
  const auto where = untapped(window, in, shape_of(node.outputs[0]));
  if (!where) return;
  refuse("unsupported-attribute", node.name,
         fmt::format("the window of output {} has no tap inside the input of {}x{} pixels", *where, in.height, in.width),
         "pad by less than the dilated kernel");
}

void Lowerer::max_pool(const Node& node) {
  Value x = value_of(node.inputs[0]);
  require_pool_input(x, node, graph_.file);
  if (x.pool) x = resolve_pool(std::move(x));
  const Shape& shape = shape_of(node.outputs[0]);
  PendingPool pool;
  pool.window = read_window(node);
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

namespace {

// How many taps the windows of an average have inside the map.
struct TapCounts {
  std::int64_t common = 1;  // least common multiple of the counts; beyond INT32_MAX the first multiple found there
  bool full = true;         // every window has all its taps inside
};

TapCounts tap_counts(const Window& w, const Map& in, const Shape& out) {
  TapCounts counts;
  for (int y = 0; y < static_cast<int>(out.at(2)); ++y) {
    const int rows = taps_inside(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, in.height, y);
    for (int x = 0; x < static_cast<int>(out.at(3)); ++x) {
      const int columns = taps_inside(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, in.width, x);
      counts.full = counts.full && rows == w.kernel_h && columns == w.kernel_w;
      counts.common = std::lcm(counts.common, std::int64_t{rows} * columns);
      if (counts.common > INT32_MAX) return counts;
    }
  }
  return counts;
}

bool is_padded(const Window& w) { return w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0; }

bool is_affine(const Value& x) {
  for (std::size_t c = 0; c < x.map->domain.channels(); ++c) {
    const auto f = chain_linear(x.chain, c);
    if (!f || !std::isinf(f->lo) || !std::isinf(f->hi)) return false;
  }
  return true;
}

// What a sum's integers mean: the mean of x's chain.
Chain mean_chain(const Value& x, const std::optional<PerChannel>& scale, std::int64_t divisor,
                 const std::string& node) {
  Chain chain;
  const auto divide = [&] {
    if (divisor != 1) chain.push_back(make_step(Step::Kind::divide, {{static_cast<float>(divisor)}}, node));
  };
  if (scale) {
    if (!scale->all(1.0F)) chain.push_back(make_step(Step::Kind::multiply, *scale, node));
    divide();
    return chain;
  }
  divide();
  if (x.map->zero_point != 0) {  // the sum has lost it, the chain takes it off again
    chain.push_back(make_step(Step::Kind::add, {{static_cast<float>(x.map->zero_point)}}, node));
  }
  for (const Step& step : x.chain) {
    chain.push_back(step);
    chain.back().origin.clear();
  }
  return chain;
}

}  // namespace

Value Lowerer::average_input(const Node& node, bool padding_counts) {
  Value x = value_of(node.inputs[0]);
  require_pool_input(x, node, graph_.file);
  if (x.pool) x = resolve_pool(std::move(x));
  const bool commutes = pure_scale(x) || (!padding_counts && is_affine(x));  // an affine map commutes with the mean
  if (!commutes) {
    const auto grid = integer_grid(x, node.name);
    x = grid ? quantise(std::move(x), *grid) : on_grid(x, node, grid_exponent({x}, node));
  }
  if (!x.map->is_plain()) {
    x.map =
        copy_map(x, std::vector<std::int32_t>(static_cast<std::size_t>(x.map->channels), 1), x.map->name + ":stored");
  }
  builder_.write(x.map);
  return x;
}

void Lowerer::average_pool(const Node& node) {
  const Shape& shape = shape_of(node.outputs[0]);
  Pooling work;
  work.kind = Pooling::Kind::sum;
  work.window = read_window(node);
  const Window& w = work.window;
  const bool padded = is_padded(w);
  const bool include_padding = node.attribute_int("count_include_pad", 0) != 0;
  const Value x = average_input(node, padded && include_padding);
  const auto scale = pure_scale(x);
  const Map& from = *x.map;
  require_taps(node, w, from);
  std::int64_t divisor = std::int64_t{w.kernel_h} * w.kernel_w;
  const TapCounts counts = tap_counts(w, from, shape);
  if (!include_padding && !counts.full) {  // cut windows divide by what they hold
    if (counts.common > INT32_MAX) {
      refuse("number-width", node.name, "its windows' counts have no common multiple of 32 bits");
    }
    work.common_divisor = static_cast<int>(counts.common);
    divisor = counts.common;
  }
  auto map = std::make_shared<Map>();
  map->name = node.outputs[0];
  map->channels = from.channels;
  map->height = static_cast<int>(shape.at(2));
  map->width = static_cast<int>(shape.at(3));
  map->format = Format::signed_bits(32);
  map->accumulator = true;
  if (scale && scale->is_scalar()) map->file_scale = scale->at(0) / static_cast<float>(divisor);
  const bool partial = !counts.full && include_padding;  // taps outside add 0
  for (std::size_t c = 0; c < from.domain.channels(); ++c) {
    const std::int64_t lo = (from.domain.lo[c] - from.zero_point) * divisor,
                       hi = (from.domain.hi[c] - from.zero_point) * divisor;
    map->domain.lo.push_back(partial ? std::min<std::int64_t>(lo, 0) : lo);
    map->domain.hi.push_back(partial ? std::max<std::int64_t>(hi, 0) : hi);
  }
  if (!map->format.contains(map->domain.lowest()) || !map->format.contains(map->domain.highest())) {
    refuse("number-width", node.name, "its sums need more than 32 bits");
  }
  work.input = from.tensor;
  work.output = builder_.add_tensor(*map);
  std::vector<std::string> nodes = chain_nodes(x);
  append(nodes, origin_of(node));
  builder_.add_layer(node.name, "AveragePool", nodes, work);
  Value y;
  y.state = Value::State::integer;
  y.map = std::move(map);
  y.chain = mean_chain(x, scale, divisor, node.name);
  define(node.outputs[0], std::move(y));
}

std::vector<Value> Lowerer::concat_inputs(const Node& node) {
  std::vector<Value> parts;
  for (const std::string& input : node.inputs) {
    if (is_constant(input)) refuse("not-lowerable", node.name, "Concat with a constant has no lowering");
    Value x = value_of(input);
    if (x.state != Value::State::integer) {
      refuse("not-quantised", node.name, "Concat reads values that no quantiser produced", "quantise its inputs");
    }
    if (x.pool) x = resolve_pool(std::move(x));
    parts.push_back(std::move(x));
  }
  if (node.attribute_int("axis", 1) != 1 ||
      std::any_of(parts.begin(), parts.end(), [](const Value& v) { return v.flat; })) {
    refuse("not-lowerable", node.name, "Concat is possible along the channels only");
  }
  // One grid for all: their own when format, zero point and scale agree.
  const auto scale = pure_scale(parts[0]);
  bool equal = scale && scale->is_scalar();
  for (const Value& part : parts) {
    const auto own = pure_scale(part);
    equal = equal && part.map->is_plain() && own && own->is_scalar() && own->at(0) == scale->at(0) &&
            part.map->format == parts[0].map->format && part.map->zero_point == parts[0].map->zero_point;
  }
  if (equal) return parts;
  if (const auto grid = concat_grid(parts, node)) {
    for (Value& part : parts) {
      Quantiser own = *grid;
      own.output = part.map->name + ":grid";
      part = quantise(std::move(part), own);
    }
    return parts;
  }
  const int exponent = grid_exponent(parts, node);
  for (Value& part : parts) part = on_grid(part, node, exponent);
  return parts;
}

// The narrowest integers, at most 16 bits wide, that hold all the parts exactly.
std::optional<Quantiser> Lowerer::concat_grid(const std::vector<Value>& parts, const Node& node) const {
  std::vector<double> scales;
  std::vector<std::int64_t> ends;  // two a part, in its own unit
  for (const Value& part : parts) {
    const auto scale = pure_scale(part);
    if (scale && scale->is_scalar()) {
      scales.push_back(scale->at(0));
      ends.push_back(part.map->domain.lowest() - part.map->zero_point);
      ends.push_back(part.map->domain.highest() - part.map->zero_point);
      continue;
    }
    const auto grid = integer_grid(part, node.name);
    if (!grid) return std::nullopt;
    scales.push_back(grid->scale.at(0));
    ends.push_back(grid->lo);
    ends.push_back(grid->hi);
  }
  const auto unit = common_unit(scales);
  if (!unit) return std::nullopt;
  std::int64_t lo = 0, hi = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const double end = std::nearbyint(static_cast<double>(ends[i]) * (scales[i / 2] / *unit));
    if (std::fabs(end) > 32767) return std::nullopt;
    lo = std::min(lo, static_cast<std::int64_t>(end));
    hi = std::max(hi, static_cast<std::int64_t>(end));
  }
  Quantiser grid = grid_quantiser(static_cast<float>(*unit), 16, node.name, {});
  grid.format = Format::for_range(lo, hi == lo ? lo + 1 : hi);
  grid.lo = grid.format.min();
  grid.hi = grid.format.max();
  return grid;
}

namespace {

bool is_power_of_two(double v) {
  int exponent = 0;
  return std::fabs(std::frexp(v, &exponent)) == 0.5;
}

}  // namespace

void Lowerer::concat(const Node& node) {
  const std::vector<Value> parts = concat_inputs(node);
  Exactness exactness;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto own = pure_scale(value_of(node.inputs[i]));
    const double unit = pure_scale(parts[i])->at(0);
    if (is_power_of_two(unit) || (own && is_power_of_two(own->at(0) / unit))) continue;
    exactness.exact = false;
    exactness.note = "a part's values at a scale that is no power of two may round otherwise in the file";
  }
  Concatenation work;
  auto map = std::make_shared<Map>();
  map->name = node.outputs[0];
  std::vector<std::string> nodes;
  map->domain.step = parts[0].map->domain.step;
  for (const Value& part : parts) {
    work.inputs.push_back(builder_.write(part.map));
    map->channels += part.map->channels;
    map->height = part.map->height;
    map->width = part.map->width;
    map->domain.lo.insert(map->domain.lo.end(), part.map->domain.lo.begin(), part.map->domain.lo.end());
    map->domain.hi.insert(map->domain.hi.end(), part.map->domain.hi.begin(), part.map->domain.hi.end());
    if (part.map->domain.step != map->domain.step) map->domain.step = 1;
    append(nodes, chain_nodes(part));
  }
  map->format = parts[0].map->format;
  map->zero_point = parts[0].map->zero_point;
  map->scale = parts[0].map->scale;
  work.output = builder_.add_tensor(*map);
  append(nodes, origin_of(node));
  builder_.add_layer(node.name, "Concat", nodes, work, exactness);
  Value y;
  y.state = Value::State::integer;
  y.map = std::move(map);
  const float unit = pure_scale(parts[0])->at(0);
  if (y.map->zero_point != 0) {
    y.chain.push_back(make_step(Step::Kind::subtract, {{static_cast<float>(y.map->zero_point)}}, node.name));
  }
  if (unit != 1.0F) y.chain.push_back(make_step(Step::Kind::multiply, {{unit}}, node.name));
  define(node.outputs[0], std::move(y));
}

}  // namespace blendsim::lowering

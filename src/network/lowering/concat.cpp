// SPDX-License-Identifier: Apache-2.0
// Concat: its parts on one grid.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

std::vector<Value> Lowerer::concat_inputs(const Node& node) {
  std::vector<Value> parts;
  for (const std::string& input : node.inputs) {
    if (is_constant(input)) refuse("not-lowerable", node.name, "Concat with a constant has no lowering");
    Value x = value_of(input);
    if (x.state != Value::State::integer) {
      refuse("not-quantised", node.name, "Concat reads values that no quantiser produced",
             or_calibrate("quantise its inputs"));
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
  map->scale = pure_scale(parts[0])->at(0);  // not the first map's own: a factor may stand behind it
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

// SPDX-License-Identifier: Apache-2.0
// Transpose: at the ends the host does it, between layers the machine's corner turn of codes.
#include <fmt/format.h>

#include <algorithm>

#include "network/lowering/copies.h"
#include "network/lowering/lowerer.h"
#include "numerics/float_ops.h"

namespace blendsim::lowering {

namespace {

constexpr std::int64_t longest_side = 511;  // of a map, in rows or columns

// Whether channels and pixels change places as wholes: of [1, A, B] (dimensions of 1 left out) that is [1, B, A].
bool is_turn(const Shape& x, const std::vector<std::int64_t>& perm, std::int64_t channels) {
  if (x.size() < 3 || x[0] != 1 || perm[0] != 0) return false;
  std::vector<std::int64_t> places;
  for (const std::int64_t d : perm) {
    if (x[static_cast<std::size_t>(d)] != 1) places.push_back(d);
  }
  return places.size() == 2 && places[0] > places[1] && x[static_cast<std::size_t>(places[1])] == channels &&
         x[1] == channels;
}

// Of what the host's steps yield.
Shape host_shape(const HostInput& input) {
  Shape shape = input.shape;
  for (const HostOp& op : input.ops) {
    if (op.kind == HostOp::Kind::reshape) {
      shape = op.shape;
    } else if (op.kind == HostOp::Kind::transpose) {
      Shape turned;
      for (const std::int64_t d : op.shape) turned.push_back(shape[static_cast<std::size_t>(d)]);
      shape = turned;
    } else if (op.kind <= HostOp::Kind::reverse_divide) {  // arithmetic with an operand
      shape = broadcast_shape(shape, op.operand.shape);
    }
  }
  return shape;
}

}  // namespace

// Rows and columns of a map of so many pixels that stood for a matrix: those of the last map with as many, else whole
// slices a row, so that rows are complete as soon as a slice is turned.
Lowerer::MapSize Lowerer::size_of_turned(std::int64_t pixels, const Node& node) const {
  const auto known = map_sizes_.find(pixels);
  if (known != map_sizes_.end()) return known->second;
  constexpr std::int64_t slice = 16;
  for (std::int64_t width = slice; pixels % slice == 0 && width <= longest_side; width += slice) {
    if (pixels % width == 0 && pixels / width <= longest_side)
      return {static_cast<int>(pixels / width), static_cast<int>(width)};
  }
  for (std::int64_t height = 1; height <= longest_side; ++height) {
    if (pixels % height == 0 && pixels / height <= longest_side)
      return {static_cast<int>(height), static_cast<int>(pixels / height)};
  }
  refuse("not-lowerable", node.name,
         fmt::format("{} channels become pixels, which no map of at most {} rows and columns holds", pixels,
                     longest_side));
}

// The value with its channels as pixels and its pixels as channels.
Value Lowerer::turned_codes(const Node& node, Value x) {
  const Map& from = *x.map;
  const std::int64_t pixels = std::int64_t{from.height} * from.width;
  map_sizes_[pixels] = {from.height, from.width};
  auto map = std::make_shared<Map>();
  const auto scale = pure_scale(x);  // else the codes are not those of the file's tensor
  map->name = scale && scale->all(from.scale) ? node.outputs[0] : node.outputs[0] + ":codes";
  map->channels = static_cast<int>(pixels);
  const MapSize size = size_of_turned(from.channels, node);
  map->height = size.height;
  map->width = size.width;
  map->format = from.format;
  map->zero_point = from.zero_point;
  map->scale = from.scale;
  map->domain =
      uniform_domain(static_cast<std::size_t>(pixels), from.domain.lowest(), from.domain.highest(), from.domain.step);
  Transposition work;
  work.input = builder_.write(x.map);
  work.output = builder_.add_tensor(*map);
  std::vector<std::string> nodes = x.origin;
  append(nodes, origin_of(node));
  builder_.add_layer(node.name, "Transpose", std::move(nodes), work);
  x.origin.clear();
  x.map = std::move(map);
  return x;
}

// Signs are turned as bytes of -1 and +1, and become bits again.
Value Lowerer::turned_signs(const Node& node, Value x) {
  const std::vector<std::int32_t> ones(static_cast<std::size_t>(x.map->channels), 1);
  x.map = copy_map(x, ones, x.map->name + ":bytes", 8);
  Value y = turned_codes(node, std::move(x));
  auto bits = shaped_like(*y.map, y.map->name + ":signs");
  bits->format = Format::bipolar();
  bits->scale = y.map->scale;
  bits->layer_name = node.name + ":signs";
  bits->nodes = origin_of(node);
  builder_.write_code(y.map, {}, bits);
  y.map = std::move(bits);
  return y;
}

Value Lowerer::corner_turn(const Node& node, Value x) {
  if (x.pool) x = resolve_pool(std::move(x));
  if (x.flat || !is_turn(x.shape, node.attribute_ints("perm", {}), x.map->channels)) {
    refuse("not-lowerable", node.name,
           fmt::format("the machine transposes channels and pixels, [1, A, B] to [1, B, A]; {} becomes {} here",
                       shape_text(x.shape), shape_text(shape_of(node.outputs[0]))),
           "keep the dimensions of a map together: [1, C, H, W] as [1, C, H * W]");
  }
  if (!std::all_of(x.chain.begin(), x.chain.end(), is_scalar)) {
    refuse(
        "not-lowerable", node.name,
        fmt::format("operations with a parameter for each channel stand between '{}' and this transpose", x.map->name),
        or_calibrate("quantise in front of the transpose"));
  }
  if (!x.map->is_plain() || x.map->format.bits() > 8) {
    refuse("number-width", node.name,
           fmt::format("it transposes '{}', which no quantiser of at most 8 bits has written", x.map->name),
           or_calibrate("quantise to 8 bits or less in front of the transpose"));
  }
  return x.map->format.is_bipolar() ? turned_signs(node, std::move(x)) : turned_codes(node, std::move(x));
}

void Lowerer::transpose(const Node& node) {
  Value x = value_of(node.inputs[0]);
  HostOp op;
  op.kind = HostOp::Kind::transpose;
  op.shape = node.attribute_ints("perm", {});
  bool identity = true;
  for (std::size_t d = 0; d < op.shape.size(); ++d) identity = identity && op.shape[d] == static_cast<std::int64_t>(d);
  if (identity) return define(node.outputs[0], std::move(x));
  const Shape& shape = shape_of(node.outputs[0]);
  if (shape.size() >= 3 && op.shape[0] == 0 && !x.flat && is_untouched_input(x, node.inputs[0])) {
    if (host_shape(builder_.network.input) != x.shape) {  // a Reshape that keeps the channels is no step of the host's
      HostOp split;
      split.kind = HostOp::Kind::reshape;
      split.shape = x.shape;
      rearrange_input(x, split, x.shape);
    }
    rearrange_input(x, op, shape);
    const auto scale = pure_scale(x);  // else the codes are those of a tensor in front, which lies otherwise
    const bool stands = scale && scale->all(x.map->scale);
    builder_.rename(x.map, stands ? node.outputs[0] : node.outputs[0] + ":codes");
    return define(node.outputs[0], std::move(x));
  }
  if (x.state == Value::State::integer) {
    if (feeds_machine(node.outputs[0])) return define(node.outputs[0], corner_turn(node, std::move(x)));
    x = to_tail(x, node.name);
  }
  append_host(node, std::move(x), std::move(op));
}

}  // namespace blendsim::lowering

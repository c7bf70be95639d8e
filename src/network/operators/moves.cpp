// SPDX-License-Identifier: Apache-2.0
// Slice, Split and Gather of computed tensors, Pad, SpaceToDepth, DepthToSpace.
#include "network/operators/moves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "network/operators/support.h"

namespace blendsim::operators {

std::string emit_move(const Node& node, const char* op, const std::string& x, std::vector<std::int64_t> value,
                      const std::string& suffix, const std::string& output, Rewriter& out) {
  Node move = canonical_copy(node, op, 0);
  move.name += suffix;
  move.inputs = {x};
  move.outputs = {output.empty() ? out.fresh_tensor(node.outputs[0] + suffix) : output};
  move.attributes[move.op == "Reshape" ? "shape" : "perm"] = std::move(value);
  std::string y = move.outputs[0];
  out.emit(std::move(move));
  return y;
}

namespace {

// A convolution without bias and padding.
void emit_conv(const Node& node, const std::string& x, Constant weights, const std::vector<std::int64_t>& strides,
               std::int64_t groups, const std::string& output, Rewriter& out) {
  Node conv = canonical_copy(node, "Conv", 0);
  conv.attributes = {{"kernel_shape", std::vector<std::int64_t>{weights.shape[2], weights.shape[3]}},
                     {"strides", strides},
                     {"dilations", std::vector<std::int64_t>{1, 1}},
                     {"pads", std::vector<std::int64_t>{0, 0, 0, 0}},
                     {"group", groups}};
  conv.inputs = {x, out.add_constant(output + "/moves", std::move(weights))};
  conv.outputs = {output};
  out.emit(std::move(conv));
}

Shape with_last(Shape shape, std::int64_t channels) {
  shape[1] = channels;
  return shape;
}

}  // namespace

void emit_channels(const Node& node, const std::string& x, const std::vector<std::int64_t>& sources,
                   const std::string& output, Rewriter& out) {
  const Shape shape = out.context().shape(x);
  const auto count = static_cast<std::int64_t>(sources.size());
  if (shape.size() < 2 || shape.size() > 4 || count < 1)
    throw Refusal{"shape-mismatch", fmt::format("{} of channels of a tensor of shape {}", node.op, shape_text(shape))};
  if (count > largest_move / std::max<std::int64_t>(1, shape[1]))
    throw Refusal{"number-width", fmt::format("{} of {} channels out of {}", node.op, count, shape[1])};
  std::vector<float> ones(static_cast<std::size_t>(count * shape[1]), 0.0F);
  for (std::int64_t c = 0; c < count; ++c) {
    const std::int64_t source = sources[static_cast<std::size_t>(c)];
    if (source >= 0) ones[static_cast<std::size_t>(c * shape[1] + source)] = 1;
  }
  const Shape map = shape.size() == 4 ? shape : Shape{shape[0], shape[1], 1, shape.size() == 3 ? shape[2] : 1};
  const bool is_map = shape.size() == 4;
  const std::string from = is_map ? x : emit_move(node, "Reshape", x, map, "/map", "", out);
  const std::string to = is_map ? output : out.fresh_tensor(output + "/channels");
  emit_conv(node, from, {{count, shape[1], 1, 1}, std::move(ones), "float"}, {1, 1}, 1, to, out);
  if (!is_map) (void)emit_move(node, "Reshape", to, with_last(shape, count), "/back", output, out);
}

void emit_stretches(const Node& node, const std::string& x, const std::vector<Stretch>& stretches,
                    const std::string& output, Rewriter& out) {
  const Shape shape = out.context().shape(x);
  const auto whole = [&](std::size_t d) {
    return stretches[d].first == 0 && stretches[d].step == 1 && stretches[d].count == shape[d];
  };
  if (!whole(0)) throw Refusal{"not-lowerable", fmt::format("{} along the batch", node.op)};
  bool pixels = false;
  for (std::size_t d = 2; d < shape.size(); ++d) pixels = pixels || !whole(d);
  std::string from = x;
  if (!whole(1)) {
    std::vector<std::int64_t> sources;
    for (std::int64_t k = 0; k < stretches[1].count; ++k) sources.push_back(stretches[1].first + k * stretches[1].step);
    const std::string to = pixels ? out.fresh_tensor(output + "/channels") : output;
    emit_channels(node, x, sources, to, out);
    from = to;
  }
  if (!pixels) {
    if (whole(1)) (void)emit_move(node, "Reshape", x, shape, "", output, out);
    return;
  }
  if (shape.size() == 3) {
    const Shape row = out.context().shape(from);
    const std::string map = emit_move(node, "Reshape", from, {row[0], row[1], 1, row[2]}, "/row", "", out);
    const std::string to = out.fresh_tensor(output + "/row_part");
    emit_stretches(node, map, {{0, 1, row[0]}, {0, 1, row[1]}, {0, 1, 1}, stretches[2]}, to, out);
    (void)emit_move(node, "Reshape", to, {row[0], row[1], stretches[2].count}, "/back", output, out);
    return;
  }
  if (shape.size() != 4)
    throw Refusal{"not-lowerable", fmt::format("{} of pixels of a tensor of shape {}", node.op, shape_text(shape)),
                  "give it four dimensions, [1, C, H, W]"};
  // A window from the first pixel to as far behind the last as the map goes, so that there are `count` of them.
  const auto side = [&](std::size_t d) { return shape[d] - (stretches[d].count - 1) * stretches[d].step; };
  const std::int64_t channels = stretches[1].count, h = side(2), w = side(3);
  if (channels < 1 || h < 1 || w < 1 || stretches[2].count < 1 || stretches[3].count < 1)
    throw Refusal{"shape-mismatch", node.op + " of nothing"};
  std::vector<float> ones(static_cast<std::size_t>(channels * h * w), 0.0F);
  for (std::int64_t c = 0; c < channels; ++c)
    ones[static_cast<std::size_t>((c * h + stretches[2].first) * w + stretches[3].first)] = 1;
  emit_conv(node, from, {{channels, 1, h, w}, std::move(ones), "float"}, {stretches[2].step, stretches[3].step},
            channels, output, out);
}

namespace {

// The axis and the sizes of a Split's parts.
struct Parts {
  std::size_t axis = 0;
  std::vector<std::int64_t> sizes;
};

Parts parse_split(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  Parts parts;
  parts.axis = static_cast<std::size_t>(checked_axis(node.attribute_int("axis", 0), x.size()));
  const std::int64_t size = x[parts.axis];
  const auto given = ints_parameter(node, context, "split", 1);
  if (given) {
    parts.sizes = *given;
  } else {
    const auto count = static_cast<std::int64_t>(node.outputs.size());
    const std::int64_t each = (size + count - 1) / count;
    for (std::int64_t at = 0; at < size; at += each) parts.sizes.push_back(std::min(each, size - at));
  }
  const bool positive = std::all_of(parts.sizes.begin(), parts.sizes.end(), [](std::int64_t s) { return s > 0; });
  if (!positive || parts.sizes.size() < node.outputs.size() ||
      std::accumulate(parts.sizes.begin(), parts.sizes.end(), std::int64_t{0}) != size)
    throw Refusal{"shape-mismatch", fmt::format("Split of {} along axis {}", shape_text(x), parts.axis)};
  return parts;
}

std::vector<Shape> infer_split(const Node& node, const Context& context) {
  const Parts parts = parse_split(node, context);
  std::vector<Shape> out;
  for (const std::int64_t size : parts.sizes) {
    out.push_back(context.shape(node.inputs[0]));
    out.back()[parts.axis] = size;
  }
  return out;
}

template <class T>
Array<T> part_of(const Array<T>& x, std::size_t axis, std::int64_t first, std::int64_t count) {
  Array<T> out{x.shape, {}};
  out.shape[axis] = count;
  const auto split = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
  const std::int64_t outer = element_count(Shape(x.shape.begin(), split));
  const std::int64_t inner = element_count(Shape(split + 1, x.shape.end()));
  for (std::int64_t o = 0; o < outer; ++o) {
    const auto begin = x.values.begin() + (o * x.shape[axis] + first) * inner;
    out.values.insert(out.values.end(), begin, begin + count * inner);
  }
  return out;
}

std::vector<Value> evaluate_split(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Parts parts = parse_split(node, context);
  std::vector<Value> out;
  std::int64_t first = 0;
  for (const std::int64_t size : parts.sizes) {
    if (in[0]->is_integer())
      out.push_back(value_of(part_of(integers(*in[0]), parts.axis, first, size), in[0]->onnx_type));
    else out.push_back(value_of(part_of(floats(*in[0]), parts.axis, first, size)));
    first += size;
  }
  return out;
}

void canonical_split(const Node& node, Rewriter& out) {
  const Parts parts = parse_split(node, out.context());
  std::vector<Stretch> stretches;
  for (const std::int64_t size : out.context().shape(node.inputs[0])) stretches.push_back({0, 1, size});
  std::int64_t first = 0;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    stretches[parts.axis] = {first, 1, parts.sizes[i]};
    first += parts.sizes[i];
    if (node.outputs[i].empty()) continue;
    Node part = node;
    part.name += fmt::format("/{}", i);
    part.outputs = {node.outputs[i]};
    emit_stretches(part, node.inputs[0], stretches, node.outputs[i], out);
  }
}

// How many elements of which value a Pad puts around: [before each dimension, behind each].
struct Padding {
  std::vector<std::int64_t> pads;
  float value = 0;
};

Padding parse_pad(const Node& node, const Context& context) {
  const std::size_t rank = context.shape(node.inputs[0]).size();
  const std::string mode = node.attribute_string("mode", "constant");
  if (mode != "constant" && !mode.empty())
    throw Refusal{"unsupported-attribute", "Pad in mode '" + mode + "' is not supported", "pad with constant zeros"};
  const auto pads = ints_parameter(node, context, "pads", 1);
  const auto axes = ints_parameter(node, context, "axes", 3);
  if (!pads) throw Refusal{"bad-graph", "Pad has no pads"};
  Padding out{std::vector<std::int64_t>(2 * rank, 0), float_parameter(node, context, "value", 2).value_or(0)};
  const std::size_t count = axes ? axes->size() : rank;
  if (pads->size() != 2 * count) throw Refusal{"shape-mismatch", "Pad's pads do not fit the tensor's dimensions"};
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t d = axes ? static_cast<std::size_t>(checked_axis((*axes)[k], rank)) : k;
    out.pads[d] = (*pads)[k];
    out.pads[d + rank] = (*pads)[k + count];
  }
  for (const std::int64_t pad : out.pads) {
    if (pad < 0 || pad > 65536) throw Refusal{"unsupported-attribute", "Pad by less than nothing, which crops"};
  }
  return out;
}

std::vector<Shape> infer_pad(const Node& node, const Context& context) {
  Shape x = context.shape(node.inputs[0]);
  const Padding p = parse_pad(node, context);
  for (std::size_t d = 0; d < x.size(); ++d) x[d] += p.pads[d] + p.pads[d + x.size()];
  return {x};
}

std::vector<Value> evaluate_pad(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Padding p = parse_pad(node, context);
  const FloatArray x = floats(*in[0]);
  FloatArray y{infer_pad(node, context)[0], {}};
  y.values.assign(static_cast<std::size_t>(element_count(y.shape)), p.value);
  const std::size_t rank = x.shape.size();
  std::vector<std::int64_t> at(rank, 0);
  for (const float v : x.values) {
    std::int64_t place = 0;
    for (std::size_t d = 0; d < rank; ++d) place = place * y.shape[d] + at[d] + p.pads[d];
    y.values[static_cast<std::size_t>(place)] = v;
    for (std::size_t d = rank; d-- > 0 && ++at[d] == x.shape[d];) at[d] = 0;
  }
  if (in[0]->is_integer()) return {value_of(IntArray{y.shape, value_of(y).as_integer()}, in[0]->onnx_type)};
  return {value_of(std::move(y))};
}

void canonical_pad(const Node& node, Rewriter& out) {
  const Padding p = parse_pad(node, out.context());
  const Shape x = out.context().shape(node.inputs[0]);
  const std::size_t rank = x.size();
  if (p.value != 0) {
    throw Refusal{"not-lowerable", fmt::format("Pad by {}: the machine pads with the code of 0 only", p.value),
                  "pad with 0, the zero point of quantised values"};
  }
  if (rank < 3 || rank > 4 || p.pads[0] != 0 || p.pads[rank] != 0)
    throw Refusal{"not-lowerable", fmt::format("Pad of a tensor of shape {}", shape_text(x)),
                  "pad [1, C, H, W] or [1, C, L], not along the batch"};
  const bool row = rank == 3;
  std::string at =
      row ? emit_move(node, "Reshape", node.inputs[0], {x[0], x[1], 1, x[2]}, "/row", "", out) : node.inputs[0];
  if (p.pads[1] != 0 || p.pads[1 + rank] != 0) {
    std::vector<std::int64_t> sources(static_cast<std::size_t>(p.pads[1]), -1);
    for (std::int64_t c = 0; c < x[1]; ++c) sources.push_back(c);
    sources.insert(sources.end(), static_cast<std::size_t>(p.pads[1 + rank]), -1);
    const std::string to = out.fresh_tensor(node.outputs[0] + "/channels");
    emit_channels(node, at, sources, to, out);
    at = to;
  }
  const std::vector<std::int64_t> pads = row ? std::vector<std::int64_t>{0, p.pads[2], 0, p.pads[5]}
                                             : std::vector<std::int64_t>{p.pads[2], p.pads[3], p.pads[6], p.pads[7]};
  Node move = canonical_copy(node, "Conv", 0);
  const std::int64_t channels = out.context().shape(at)[1];
  move.attributes = {{"kernel_shape", std::vector<std::int64_t>{1, 1}},
                     {"strides", std::vector<std::int64_t>{1, 1}},
                     {"dilations", std::vector<std::int64_t>{1, 1}},
                     {"pads", pads},
                     {"group", channels}};
  const Constant ones{{channels, 1, 1, 1}, std::vector<float>(static_cast<std::size_t>(channels), 1.0F), "float"};
  move.inputs = {at, out.add_constant(node.outputs[0] + "/moves", ones)};
  move.outputs = {row ? out.fresh_tensor(node.outputs[0] + "/padded") : node.outputs[0]};
  const std::string padded = move.outputs[0];
  out.emit(std::move(move));
  if (row) (void)emit_move(node, "Reshape", padded, infer_pad(node, out.context())[0], "/back", node.outputs[0], out);
}

// SpaceToDepth and DepthToSpace as Reshape, Transpose, Reshape.
struct Blocks {
  Shape split, result;
  std::vector<std::int64_t> perm;
  std::int64_t size = 1;
};

Blocks parse_blocks(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  const std::int64_t b = node.attribute_int("blocksize", 0);
  if (x.size() != 4 || b < 1 || b > 64)
    throw Refusal{"shape-mismatch", node.op + " needs [N, C, H, W] and a blocksize"};
  Blocks out;
  out.size = b;
  if (node.op == "SpaceToDepth") {
    if (x[2] % b != 0 || x[3] % b != 0) throw Refusal{"shape-mismatch", "the blocks do not cover the map"};
    out.split = {x[0], x[1], x[2] / b, b, x[3] / b, b};
    out.perm = {0, 3, 5, 1, 2, 4};
    out.result = {x[0], x[1] * b * b, x[2] / b, x[3] / b};
    return out;
  }
  if (x[1] % (b * b) != 0) throw Refusal{"shape-mismatch", "the channels are no whole number of blocks"};
  const bool depth_first = node.attribute_string("mode", "DCR") == "DCR";
  const std::int64_t c = x[1] / (b * b);
  out.split = depth_first ? Shape{x[0], b, b, c, x[2], x[3]} : Shape{x[0], c, b, b, x[2], x[3]};
  out.perm = depth_first ? std::vector<std::int64_t>{0, 3, 4, 1, 5, 2} : std::vector<std::int64_t>{0, 1, 4, 2, 5, 3};
  out.result = {x[0], c, x[2] * b, x[3] * b};
  return out;
}

std::vector<Shape> infer_blocks(const Node& node, const Context& context) {
  return {parse_blocks(node, context).result};
}

std::vector<Value> evaluate_blocks(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Blocks blocks = parse_blocks(node, context);
  FloatArray x = floats(*in[0]);
  x.shape = blocks.split;
  return {value_of(FloatArray{blocks.result, transposed(x, blocks.perm).values})};
}

void canonical_blocks(const Node& node, Rewriter& out) {
  const Blocks blocks = parse_blocks(node, out.context());
  if (node.op == "DepthToSpace") {
    const std::string split = emit_move(node, "Reshape", node.inputs[0], blocks.split, "/blocks", "", out);
    const std::string turned = emit_move(node, "Transpose", split, blocks.perm, "", "", out);
    (void)emit_move(node, "Reshape", turned, blocks.result, "/map", node.outputs[0], out);
    return;
  }
  const std::int64_t c = out.context().shape(node.inputs[0])[1], b = blocks.size, taps = b * b;
  if (c > 4096 || taps * c > largest_move / (c * taps))
    throw Refusal{"number-width", fmt::format("SpaceToDepth of {} channels in blocks of {}", c, b)};
  std::vector<float> ones(static_cast<std::size_t>(taps * c * c * taps), 0.0F);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t i = 0; i < c; ++i) ones[static_cast<std::size_t>(((tap * c + i) * c + i) * taps + tap)] = 1;
  }
  emit_conv(node, node.inputs[0], {{taps * c, c, b, b}, std::move(ones), "float"}, {b, b}, 1, node.outputs[0], out);
}

constexpr Operator table[] = {
    {"Split", 1, 2, "axis split num_outputs", infer_split, evaluate_split, canonical_split},
    {"Pad", 1, 4, "mode pads value", infer_pad, evaluate_pad, canonical_pad},
    {"SpaceToDepth", 1, 1, "blocksize", infer_blocks, evaluate_blocks, canonical_blocks},
    {"DepthToSpace", 1, 1, "blocksize mode", infer_blocks, evaluate_blocks, canonical_blocks},
};

}  // namespace

std::span<const Operator> move_operators() { return table; }

}  // namespace blendsim::operators

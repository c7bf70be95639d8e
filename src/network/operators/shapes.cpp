// SPDX-License-Identifier: Apache-2.0
// Shape arithmetic that exporters leave in the graph, which is folded; Gather and Slice of data too.
#include <fmt/format.h>

#include <algorithm>

#include "network/operators/moves.h"
#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

// Shape's slice [start, end) of the dimensions (opset 15).
Shape shape_slice(const Node& node, const Shape& x) {
  const auto rank = static_cast<std::int64_t>(x.size());
  const auto place = [&](std::int64_t v) {
    return std::clamp<std::int64_t>(v < 0 ? std::max(v, -rank) + rank : v, 0, rank);
  };
  const std::int64_t start = place(node.attribute_int("start", 0)), end = place(node.attribute_int("end", rank));
  return start < end ? Shape(x.begin() + start, x.begin() + end) : Shape{};
}

std::vector<Shape> infer_shape(const Node& node, const Context& context) {
  return {{static_cast<std::int64_t>(shape_slice(node, context.shape(node.inputs[0])).size())}};
}

std::vector<Value> evaluate_shape(const Node& node, const Context& context, const std::vector<const Value*>&) {
  const Shape dims = shape_slice(node, context.shape(node.inputs[0]));
  return {value_of(IntArray{{static_cast<std::int64_t>(dims.size())}, dims})};
}

std::vector<Shape> infer_size(const Node&, const Context&) { return {Shape{}}; }

std::vector<Value> evaluate_size(const Node& node, const Context& context, const std::vector<const Value*>&) {
  return {value_of(IntArray{{}, {element_count(context.shape(node.inputs[0]))}})};
}

Shape wanted_shape(const Node& node, const Context& context, std::size_t input) {
  const auto wish = ints_parameter(node, context, "shape", input);
  const Shape shape = wish.value_or(Shape{});
  if (checked_count(shape) < 0)
    throw Refusal{"shape-mismatch", "the shape " + shape_text(shape) + " is no sensible tensor"};
  return shape;
}

std::vector<Shape> infer_constant_of_shape(const Node& node, const Context& context) {
  return {wanted_shape(node, context, 0)};
}

std::vector<Value> evaluate_constant_of_shape(const Node& node, const Context& context,
                                              const std::vector<const Value*>&) {
  const Shape shape = wanted_shape(node, context, 0);
  const auto count = static_cast<std::size_t>(element_count(shape));
  const auto found = node.attributes.find("value");
  if (found == node.attributes.end()) return {value_of(FloatArray{shape, std::vector<float>(count, 0.0F)})};
  const auto* value = std::get_if<Constant>(&found->second);
  if (value == nullptr || element_count(value->shape) != 1)
    throw Refusal{"bad-constant", "ConstantOfShape needs one value"};
  if (!value->is_integer()) return {value_of(FloatArray{shape, std::vector<float>(count, value->as_float()[0])})};
  return {value_of(IntArray{shape, std::vector<std::int64_t>(count, value->as_integer()[0])}, value->onnx_type)};
}

std::vector<Shape> infer_expand(const Node& node, const Context& context) {
  return {broadcast(context.shape(node.inputs[0]), wanted_shape(node, context, 1))};
}

template <class T>
Array<T> expanded(const Array<T>& x, const Shape& shape) {
  return zip(x, Array<T>{shape, std::vector<T>(static_cast<std::size_t>(element_count(shape)))},
             [](T a, T) { return a; });
}

std::vector<Value> evaluate_expand(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Shape shape = infer_expand(node, context)[0];
  if (in[0]->is_integer()) return {value_of(expanded(integers(*in[0]), shape), in[0]->onnx_type)};
  return {value_of(expanded(floats(*in[0]), shape))};
}

// By ones: what is there once along a dimension comes as often as there are ones.
void emit_repeated(const Node& node, const std::string& x, const Shape& ones, const std::string& output,
                   Rewriter& out) {
  const std::int64_t count = checked_count(ones);
  if (count < 1 || count > largest_move) throw Refusal{"constants-too-large", node.op + " to " + shape_text(ones)};
  Node product = canonical_copy(node, "Mul", 0);
  product.inputs = {
      x, out.add_constant(output + "/ones", {ones, std::vector<float>(static_cast<std::size_t>(count), 1), "float"})};
  product.outputs = {output};
  out.emit(std::move(product));
}

void canonical_expand(const Node& node, Rewriter& out) {
  const Shape to = infer_expand(node, out.context())[0];
  Shape from = out.context().shape(node.inputs[0]), ones = to;
  from.insert(from.begin(), to.size() - from.size(), 1);
  for (std::size_t d = 0; d < to.size(); ++d) ones[d] = from[d] == to[d] ? 1 : to[d];
  emit_repeated(node, node.inputs[0], ones, node.outputs[0], out);
}

Shape repeats_of(const Node& node, const Context& context) {
  const Shape repeats = constant_input(node, context, 1, "repeats").as_integer();
  if (repeats.size() != context.shape(node.inputs[0]).size())
    throw Refusal{"shape-mismatch", "Tile needs as many repeats as dimensions"};
  return repeats;
}

std::vector<Shape> infer_tile(const Node& node, const Context& context) {
  Shape out = context.shape(node.inputs[0]);
  const Shape repeats = repeats_of(node, context);
  for (std::size_t d = 0; d < out.size(); ++d) {
    if (repeats[d] < 0 || repeats[d] > tensor_limit) throw Refusal{"shape-mismatch", "Tile with such repeats"};
    out[d] *= repeats[d];
  }
  return {out};
}

// Each dimension [n] as [1, n], for its repeats before its own values.
Shape interleaved(const Shape& before, const Shape& own) {
  Shape out;
  for (std::size_t d = 0; d < own.size(); ++d) out.insert(out.end(), {before[d], own[d]});
  return out;
}

std::vector<Value> evaluate_tile(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Shape shape = in[0]->shape, ones(shape.size(), 1), to = infer_tile(node, context)[0];
  const Shape split = interleaved(ones, shape), wide = interleaved(repeats_of(node, context), shape);
  if (in[0]->is_integer()) {
    const IntArray y = expanded(IntArray{split, in[0]->as_integer()}, wide);
    return {value_of(IntArray{to, y.values}, in[0]->onnx_type)};
  }
  return {value_of(FloatArray{to, expanded(FloatArray{split, in[0]->as_float()}, wide).values})};
}

void canonical_tile(const Node& node, Rewriter& out) {
  const Shape to = infer_tile(node, out.context())[0], shape = out.context().shape(node.inputs[0]);
  const Shape ones(shape.size(), 1);
  const std::string split = emit_move(node, "Reshape", node.inputs[0], interleaved(ones, shape), "/split", "", out);
  const std::string wide = out.fresh_tensor(node.outputs[0] + "/repeated");
  emit_repeated(node, split, interleaved(repeats_of(node, out.context()), ones), wide, out);
  (void)emit_move(node, "Reshape", wide, to, "", node.outputs[0], out);
}

std::vector<Shape> infer_gather(const Node& node, const Context& context) {
  Shape out = context.shape(node.inputs[0]);
  const Shape& indices = context.shape(node.inputs[1]);
  const auto axis = static_cast<std::ptrdiff_t>(checked_axis(node.attribute_int("axis", 0), out.size()));
  out.erase(out.begin() + axis);
  out.insert(out.begin() + axis, indices.begin(), indices.end());
  return {out};
}

// Takes `indices` along an axis of x; the result has `shape`.
template <class T>
Array<T> taken(const Array<T>& x, std::size_t axis, const std::vector<std::int64_t>& indices, Shape shape) {
  const auto split = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
  const auto outer = static_cast<std::size_t>(element_count(Shape(x.shape.begin(), split)));
  const auto inner = static_cast<std::size_t>(element_count(Shape(split + 1, x.shape.end())));
  const auto length = static_cast<std::size_t>(x.shape[axis]);
  Array<T> out{std::move(shape), {}};
  for (std::size_t o = 0; o < outer; ++o) {
    for (const std::int64_t index : indices) {
      const auto first =
          x.values.begin() + static_cast<std::ptrdiff_t>((o * length + static_cast<std::size_t>(index)) * inner);
      out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(inner));
    }
  }
  return out;
}

std::vector<Value> evaluate_gather(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const auto axis = static_cast<std::size_t>(checked_axis(node.attribute_int("axis", 0), in[0]->shape.size()));
  std::vector<std::int64_t> indices = in[1]->as_integer();
  for (std::int64_t& index : indices) index = checked_axis(index, static_cast<std::size_t>(in[0]->shape[axis]));
  const Shape shape = infer_gather(node, context)[0];
  if (in[0]->is_integer()) return {value_of(taken(integers(*in[0]), axis, indices, shape), in[0]->onnx_type)};
  return {value_of(taken(floats(*in[0]), axis, indices, shape))};
}

struct Range {
  std::int64_t first = 0, end = 0, step = 1;
  [[nodiscard]] std::int64_t count() const { return end > first ? (end - first + step - 1) / step : 0; }
};

// For each dimension what a Slice takes (attributes in opset 1, inputs from 10 on).
std::vector<Range> slice_ranges(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  const auto starts = ints_parameter(node, context, "starts", 1), ends = ints_parameter(node, context, "ends", 2);
  if (!starts || !ends) throw Refusal{"bad-graph", "Slice has no starts or ends"};
  std::vector<std::int64_t> axes(starts->size()), steps(starts->size(), 1);
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(i);
  axes = ints_parameter(node, context, "axes", 3).value_or(axes);
  steps = ints_parameter(node, context, "steps", 4).value_or(steps);
  if (ends->size() != starts->size() || axes.size() != starts->size() || steps.size() != starts->size()) {
    throw Refusal{"shape-mismatch", "Slice's starts, ends, axes and steps differ in length"};
  }
  std::vector<Range> ranges;
  for (const std::int64_t size : x) ranges.push_back({0, size, 1});
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto d = static_cast<std::size_t>(checked_axis(axes[i], x.size()));
    const std::int64_t size = x[d];
    if (steps[i] < 1 || steps[i] > tensor_limit) {
      throw Refusal{"unsupported-attribute", "Slice with a step below 1 is not supported"};
    }
    const auto place = [&](std::int64_t v) {
      return std::clamp<std::int64_t>(v < 0 ? std::max(v, -size) + size : v, 0, size);
    };
    ranges[d] = {place((*starts)[i]), place((*ends)[i]), steps[i]};
  }
  return ranges;
}

std::vector<Shape> infer_slice(const Node& node, const Context& context) {
  Shape out;
  for (const Range& range : slice_ranges(node, context)) out.push_back(range.count());
  return {out};
}

template <class T>
Array<T> sliced(Array<T> x, const std::vector<Range>& ranges) {
  for (std::size_t d = 0; d < ranges.size(); ++d) {
    std::vector<std::int64_t> indices;
    for (std::int64_t k = ranges[d].first; k < ranges[d].end; k += ranges[d].step) indices.push_back(k);
    Shape shape = x.shape;
    shape[d] = ranges[d].count();
    x = taken(x, d, indices, shape);
  }
  return x;
}

std::vector<Value> evaluate_slice(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const std::vector<Range> ranges = slice_ranges(node, context);
  if (in[0]->is_integer()) return {value_of(sliced(integers(*in[0]), ranges), in[0]->onnx_type)};
  return {value_of(sliced(floats(*in[0]), ranges))};
}

void canonical_slice(const Node& node, Rewriter& out) {
  std::vector<Stretch> stretches;
  for (const Range& range : slice_ranges(node, out.context()))
    stretches.push_back({range.first, range.step, range.count()});
  emit_stretches(node, node.inputs[0], stretches, node.outputs[0], out);
}

// Of channels, in any order; of one place along another axis.
void canonical_gather(const Node& node, Rewriter& out) {
  const Context context = out.context();
  const Shape x = context.shape(node.inputs[0]), result = infer_gather(node, context)[0];
  const auto axis = static_cast<std::size_t>(checked_axis(node.attribute_int("axis", 0), x.size()));
  std::vector<std::int64_t> indices = constant_input(node, context, 1, "indices").as_integer();
  for (std::int64_t& index : indices) index = checked_axis(index, static_cast<std::size_t>(x[axis]));
  if (axis == 0 || (axis != 1 && indices.size() != 1)) {
    throw Refusal{"not-lowerable", fmt::format("Gather of {} indices along axis {}", indices.size(), axis),
                  "gather channels (axis 1), or one index"};
  }
  Shape picked = x;
  picked[axis] = static_cast<std::int64_t>(indices.size());
  const std::string y = picked == result ? node.outputs[0] : out.fresh_tensor(node.outputs[0] + "/picked");
  if (axis == 1) {
    emit_channels(node, node.inputs[0], indices, y, out);
  } else {
    std::vector<Stretch> stretches;
    for (const std::int64_t size : x) stretches.push_back({0, 1, size});
    stretches[axis] = {indices[0], 1, 1};
    emit_stretches(node, node.inputs[0], stretches, y, out);
  }
  if (picked == result) return;
  Node reshape = canonical_copy(node, "Reshape", 0);
  reshape.name += "/shape";
  reshape.inputs = {y};
  reshape.attributes["shape"] = result;
  out.emit(std::move(reshape));
}

constexpr Operator table[] = {
    {"Shape", 1, 1, "start end", infer_shape, evaluate_shape, nullptr},
    {"Size", 1, 1, "", infer_size, evaluate_size, nullptr},
    {"ConstantOfShape", 1, 1, "value", infer_constant_of_shape, evaluate_constant_of_shape, nullptr},
    {"Expand", 2, 2, "", infer_expand, evaluate_expand, canonical_expand},
    {"Tile", 2, 2, "", infer_tile, evaluate_tile, canonical_tile},
    {"Gather", 2, 2, "axis", infer_gather, evaluate_gather, canonical_gather},
    {"Slice", 1, 5, "starts ends axes steps", infer_slice, evaluate_slice, canonical_slice},
};

}  // namespace

std::span<const Operator> shape_operators() { return table; }

}  // namespace blendsim::operators

// SPDX-License-Identifier: Apache-2.0
// What a classifier ends with: Softmax, ArgMax, TopK.
#include <fmt/format.h>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

// From opset 13 on Softmax works along one axis; before, it worked on the matrix into which its operand falls at `axis`
// (default 1).
struct SoftmaxParameters {
  std::int64_t axis = 0;
  std::optional<Shape> matrix;  // when it is another shape than the operand's
};

SoftmaxParameters parse_softmax(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  const bool flattens = context.opset("") < 13;
  SoftmaxParameters p{checked_axis(node.attribute_int("axis", flattens ? 1 : -1), x.size()), {}};
  const auto split = x.begin() + p.axis;
  const bool last = split == x.end() || element_count(Shape(split + 1, x.end())) == 1;
  if (flattens && !last) {
    p.matrix = Shape{element_count(Shape(x.begin(), split)), element_count(Shape(split, x.end()))};
    p.axis = 1;
  }
  return p;
}

std::vector<Shape> infer_softmax(const Node& node, const Context& context) {
  (void)parse_softmax(node, context);
  return same_shape(node, context);
}

std::vector<Value> evaluate_softmax(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const SoftmaxParameters p = parse_softmax(node, context);
  FloatArray x = floats(*in[0]);
  const Shape shape = x.shape;
  if (p.matrix) x.shape = *p.matrix;
  FloatArray y = softmax(x, p.axis);
  y.shape = shape;
  return {value_of(std::move(y))};
}

void canonical_softmax(const Node& node, Rewriter& out) {
  const SoftmaxParameters p = parse_softmax(node, out.context());
  Node copy = canonical_copy(node, "Softmax", 1);
  copy.attributes["axis"] = p.axis;
  if (!p.matrix) return out.emit(std::move(copy));
  Node flat = canonical_copy(node, "Reshape", 1), back = flat;
  flat.name += "/flat";
  flat.outputs = {out.fresh_tensor(node.outputs[0] + "/flat")};
  flat.attributes["shape"] = *p.matrix;
  copy.inputs = flat.outputs;
  copy.outputs = {out.fresh_tensor(node.outputs[0] + "/matrix")};
  back.name += "/shape";
  back.inputs = copy.outputs;
  back.attributes["shape"] = out.context().shape(node.inputs[0]);
  out.emit(std::move(flat));
  out.emit(std::move(copy));
  out.emit(std::move(back));
}

std::vector<Shape> infer_arg_max(const Node& node, const Context& context) {
  Shape x = context.shape(node.inputs[0]);
  const std::int64_t axis = checked_axis(node.attribute_int("axis", 0), x.size());
  if (node.attribute_int("select_last_index", 0) != 0) {
    throw Refusal{"unsupported-attribute", "ArgMax with select_last_index is not supported"};
  }
  if (x[static_cast<std::size_t>(axis)] < 1) throw Refusal{"shape-mismatch", "ArgMax over nothing"};
  if (node.attribute_int("keepdims", 1) != 0) {
    x[static_cast<std::size_t>(axis)] = 1;
  } else {
    x.erase(x.begin() + axis);
  }
  return {x};
}

std::vector<Value> evaluate_arg_max(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const std::int64_t axis = checked_axis(node.attribute_int("axis", 0), in[0]->shape.size());
  FloatArray y = arg_max(floats(*in[0]), axis, node.attribute_int("keepdims", 1) != 0);
  return {value_of(IntArray{y.shape, value_of(y).as_integer()})};
}

void canonical_arg_max(const Node& node, Rewriter& out) {
  (void)infer_arg_max(node, out.context());
  Node copy = canonical_copy(node, "ArgMax", 1);
  copy.attributes["axis"] = checked_axis(node.attribute_int("axis", 0), out.context().shape(node.inputs[0]).size());
  copy.attributes["keepdims"] = std::int64_t{node.attribute_int("keepdims", 1) != 0};
  out.emit(std::move(copy));
}

struct TopKParameters {
  std::int64_t axis = 0, count = 1;
  bool largest = true;
};

TopKParameters parse_top_k(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  TopKParameters p;
  p.axis = checked_axis(node.attribute_int("axis", -1), x.size());
  p.largest = node.attribute_int("largest", 1) != 0;
  const auto count = ints_parameter(node, context, "k", 1);
  if (!count || count->size() != 1) throw Refusal{"bad-constant", "TopK needs one number k"};
  p.count = (*count)[0];
  if (p.count < 1 || p.count > x[static_cast<std::size_t>(p.axis)]) {
    throw Refusal{"bad-constant", fmt::format("TopK of {} along axis {} of {}", p.count, p.axis, shape_text(x))};
  }
  return p;
}

std::vector<Shape> infer_top_k(const Node& node, const Context& context) {
  const TopKParameters p = parse_top_k(node, context);
  Shape x = context.shape(node.inputs[0]);
  x[static_cast<std::size_t>(p.axis)] = p.count;
  return {x, x};
}

std::vector<Value> evaluate_top_k(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const TopKParameters p = parse_top_k(node, context);
  auto [values, indices] = top_k(floats(*in[0]), p.axis, p.count, p.largest);
  std::vector<std::int64_t> whole = value_of(indices).as_integer();
  return {value_of(std::move(values)), value_of(IntArray{indices.shape, std::move(whole)})};
}

void canonical_top_k(const Node& node, Rewriter& out) {
  const TopKParameters p = parse_top_k(node, out.context());
  Node copy = canonical_copy(node, "TopK", 1);
  copy.outputs.resize(2);
  copy.attributes["axis"] = p.axis;
  copy.attributes["k"] = p.count;
  copy.attributes["largest"] = std::int64_t{p.largest};
  copy.attributes["sorted"] = std::int64_t{1};  // a sorted answer is also a right answer to sorted = 0
  out.emit(std::move(copy));
}

constexpr Operator table[] = {
    {"Softmax", 1, 1, "axis", infer_softmax, evaluate_softmax, canonical_softmax},
    {"ArgMax", 1, 1, "axis keepdims select_last_index", infer_arg_max, evaluate_arg_max, canonical_arg_max},
    {"TopK", 1, 2, "axis k largest sorted", infer_top_k, evaluate_top_k, canonical_top_k},
};

}  // namespace

std::span<const Operator> tail_operators() { return table; }

}  // namespace blendsim::operators

// SPDX-License-Identifier: Apache-2.0
// What only moves values: Reshape and its relatives, Transpose, Concat.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

// Reshape's target with 0 (copy) and -1 (the rest) resolved. `shape` is an attribute (opset 1, canonical) or input 1.
Shape reshape_target(const Node& node, const Context& context, const Shape& x) {
  const auto wish = ints_parameter(node, context, "shape", 1);
  if (!wish) throw Refusal{"bad-graph", "Reshape has no shape"};
  Shape target = *wish;
  const bool zero_is_zero = node.attribute_int("allowzero", 0) != 0;
  std::int64_t known = 1;
  std::optional<std::size_t> rest;
  for (std::size_t d = 0; d < target.size(); ++d) {
    if (target[d] == 0 && !zero_is_zero) {
      if (d >= x.size()) throw Refusal{"shape-mismatch", "Reshape copies a dimension that the input does not have"};
      target[d] = x[d];
    }
    if (target[d] == -1) {
      if (rest) throw Refusal{"shape-mismatch", "Reshape has two unknown dimensions"};
      rest = d;
    } else if (target[d] < 0 || target[d] > tensor_limit || (target[d] > 0 && known > tensor_limit / target[d])) {
      throw Refusal{"shape-mismatch", "Reshape to " + shape_text(target)};
    } else {
      known *= target[d];
    }
  }
  const std::int64_t count = checked_count(x);
  if (rest) {
    if (known == 0 || count % known != 0)
      throw Refusal{"shape-mismatch", "cannot reshape " + shape_text(x) + " to " + shape_text(target)};
    target[*rest] = count / known;
  } else if (known != count) {
    throw Refusal{"shape-mismatch", "cannot reshape " + shape_text(x) + " to " + shape_text(target)};
  }
  return target;
}

Shape flatten_target(const Node& node, const Shape& x) {
  const std::int64_t axis = node.attribute_int("axis", 1), rank = static_cast<std::int64_t>(x.size());
  if (axis < -rank || axis > rank)
    throw Refusal{"shape-mismatch", fmt::format("Flatten at axis {} of {}", axis, shape_text(x))};
  const auto split = x.begin() + (axis < 0 ? axis + rank : axis);
  return {element_count(Shape(x.begin(), split)), element_count(Shape(split, x.end()))};
}

Shape squeeze_target(const Node& node, const Context& context, const Shape& x) {
  const auto axes = ints_parameter(node, context, "axes", 1);
  std::vector<bool> drop(x.size(), false);
  for (std::size_t d = 0; d < x.size(); ++d) drop[d] = !axes && x[d] == 1;
  for (const std::int64_t axis : axes.value_or(std::vector<std::int64_t>{})) {
    const auto d = static_cast<std::size_t>(checked_axis(axis, x.size()));
    if (x[d] != 1) throw Refusal{"shape-mismatch", fmt::format("Squeeze of dimension {} of {}", d, shape_text(x))};
    drop[d] = true;
  }
  Shape out;
  for (std::size_t d = 0; d < x.size(); ++d) {
    if (!drop[d]) out.push_back(x[d]);
  }
  return out;
}

Shape unsqueeze_target(const Node& node, const Context& context, const Shape& x) {
  const auto axes = ints_parameter(node, context, "axes", 1);
  if (!axes) throw Refusal{"bad-graph", "Unsqueeze has no axes"};
  if (axes->size() > 8) throw Refusal{"shape-mismatch", "Unsqueeze adds more than 8 dimensions"};
  Shape out(x.size() + axes->size(), -1);
  for (const std::int64_t axis : *axes) {
    const auto d = static_cast<std::size_t>(checked_axis(axis, out.size()));
    if (out[d] == 1) throw Refusal{"shape-mismatch", "Unsqueeze names an axis twice"};
    out[d] = 1;
  }
  auto next = x.begin();
  for (std::int64_t& size : out) {
    if (size == -1) size = *next++;
  }
  return out;
}

Shape target_of(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  if (node.op == "Reshape") return reshape_target(node, context, x);
  if (node.op == "Flatten") return flatten_target(node, x);
  return node.op == "Squeeze" ? squeeze_target(node, context, x) : unsqueeze_target(node, context, x);
}

std::vector<Shape> infer_reshape(const Node& node, const Context& context) { return {target_of(node, context)}; }

std::vector<Value> evaluate_reshape(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  Value y = *in[0];
  y.shape = target_of(node, context);
  return {std::move(y)};
}

void canonical_reshape(const Node& node, Rewriter& out) {
  Node copy = canonical_copy(node, "Reshape", 1);
  copy.attributes["shape"] = target_of(node, out.context());
  out.emit(std::move(copy));
}

std::vector<std::int64_t> permutation(const Node& node, const Shape& x) {
  std::vector<std::int64_t> reversed(x.size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  std::vector<std::int64_t> perm = node.attribute_ints("perm", reversed), sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  std::reverse(reversed.begin(), reversed.end());
  if (sorted != reversed)
    throw Refusal{"shape-mismatch", "perm is no permutation of the dimensions of " + shape_text(x)};
  return perm;
}

std::vector<Shape> infer_transpose(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  Shape out;
  for (const std::int64_t p : permutation(node, x)) out.push_back(x[static_cast<std::size_t>(p)]);
  return {out};
}

std::vector<Value> evaluate_transpose(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const std::vector<std::int64_t> perm = permutation(node, in[0]->shape);
  if (in[0]->is_integer()) return {value_of(transposed(integers(*in[0]), perm), in[0]->onnx_type)};
  return {value_of(transposed(floats(*in[0]), perm))};
}

void canonical_transpose(const Node& node, Rewriter& out) {
  Node copy = canonical_copy(node, "Transpose", 1);
  copy.attributes["perm"] = permutation(node, out.context().shape(node.inputs[0]));
  out.emit(std::move(copy));
}

std::vector<Shape> infer_concat(const Node& node, const Context& context) {
  Shape out = context.shape(node.inputs[0]);
  const auto axis = static_cast<std::size_t>(checked_axis(node.attribute_int("axis", 1), out.size()));
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    Shape other = context.shape(node.inputs[i]);
    if (other.size() == out.size()) {
      out[axis] += other[axis];
      other[axis] = out[axis];
    }
    if (other != out) {
      throw Refusal{"shape-mismatch", fmt::format("cannot concatenate {} with the tensors before it along axis {}",
                                                  shape_text(context.shape(node.inputs[i])), axis)};
    }
  }
  return {out};
}

template <class T>
Array<T> concatenated(const std::vector<Array<T>>& parts, std::size_t axis) {
  Array<T> out;
  out.shape = parts[0].shape;
  out.shape[axis] = 0;
  for (const Array<T>& part : parts) out.shape[axis] += part.shape[axis];
  const auto outer = static_cast<std::size_t>(
      element_count(Shape(out.shape.begin(), out.shape.begin() + static_cast<std::ptrdiff_t>(axis))));
  for (std::size_t o = 0; o < outer; ++o) {
    for (const Array<T>& part : parts) {
      const std::size_t run = part.values.size() / outer;
      const auto first = part.values.begin() + static_cast<std::ptrdiff_t>(o * run);
      out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(run));
    }
  }
  return out;
}

std::vector<Value> evaluate_concat(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  (void)infer_concat(node, context);
  const auto axis = static_cast<std::size_t>(checked_axis(node.attribute_int("axis", 1), in[0]->shape.size()));
  if (std::all_of(in.begin(), in.end(), [](const Value* v) { return v->is_integer(); })) {
    std::vector<IntArray> parts;
    for (const Value* value : in) parts.push_back(integers(*value));
    return {value_of(concatenated(parts, axis), in[0]->onnx_type)};
  }
  std::vector<FloatArray> parts;
  for (const Value* value : in) parts.push_back(floats(*value));
  return {value_of(concatenated(parts, axis))};
}

void canonical_concat(const Node& node, Rewriter& out) {
  Node copy = canonical_copy(node, "Concat", node.inputs.size());
  for (const std::string& input : node.inputs) {
    if (input.empty()) throw Refusal{"bad-graph", "an operand of the Concat is left out"};
  }
  copy.attributes["axis"] = checked_axis(node.attribute_int("axis", 1), out.context().shape(node.inputs[0]).size());
  out.emit(std::move(copy));
}

constexpr Operator table[] = {
    {"Reshape", 1, 2, "shape allowzero consumed_inputs", infer_reshape, evaluate_reshape, canonical_reshape},
    {"Flatten", 1, 1, "axis", infer_reshape, evaluate_reshape, canonical_reshape},
    {"Squeeze", 1, 2, "axes", infer_reshape, evaluate_reshape, canonical_reshape},
    {"Unsqueeze", 1, 2, "axes", infer_reshape, evaluate_reshape, canonical_reshape},
    {"Transpose", 1, 1, "perm", infer_transpose, evaluate_transpose, canonical_transpose},
    {"Concat", 1, -1, "axis", infer_concat, evaluate_concat, canonical_concat},
};

}  // namespace

std::span<const Operator> movement_operators() { return table; }

}  // namespace blendsim::operators

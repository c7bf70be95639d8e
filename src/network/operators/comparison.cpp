// SPDX-License-Identifier: Apache-2.0
// Comparisons, Where and Cast. In a computed place they only stand as parts of a binary quantiser
// (normalise/select.cpp).
#include <cmath>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

std::vector<Shape> infer_pair(const Node& node, const Context& context) {
  return {broadcast(context.shape(node.inputs[0]), context.shape(node.inputs[1]))};
}

template <class Compare>
std::vector<Value> evaluate_compare(const Node&, const Context&, const std::vector<const Value*>& in) {
  const auto compare = [](auto a, auto b) { return std::int64_t{Compare{}(a, b)}; };
  if (in[0]->is_integer() && in[1]->is_integer()) {
    return {value_of(zip(integers(*in[0]), integers(*in[1]), compare), "bool")};
  }
  return {value_of(zip(floats(*in[0]), floats(*in[1]), compare), "bool")};
}

struct Both {
  template <class T>
  bool operator()(T a, T b) const {
    return a != 0 && b != 0;
  }
};
struct Either {
  template <class T>
  bool operator()(T a, T b) const {
    return a != 0 || b != 0;
  }
};

std::vector<Value> evaluate_not(const Node&, const Context&, const std::vector<const Value*>& in) {
  IntArray x = integers(*in[0]);
  for (std::int64_t& value : x.values) value = value == 0 ? 1 : 0;
  return {value_of(std::move(x), "bool")};
}

std::vector<Shape> infer_where(const Node& node, const Context& context) {
  return {broadcast(broadcast(context.shape(node.inputs[0]), context.shape(node.inputs[1])),
                    context.shape(node.inputs[2]))};
}

template <class T>
Array<T> select(const IntArray& condition, const Array<T>& yes, const Array<T>& no) {
  Array<T> out;
  out.shape = broadcast_shape(broadcast_shape(condition.shape, yes.shape), no.shape);
  out.values.resize(static_cast<std::size_t>(element_count(out.shape)));
  const auto yes_steps = broadcast_strides(yes.shape, out.shape), no_steps = broadcast_strides(no.shape, out.shape);
  const auto steps = broadcast_strides(condition.shape, out.shape);
  for_each_pair(out.shape, steps, no_steps, [&](std::size_t i, std::size_t c, std::size_t n) {
    out.values[i] = condition.values[c] != 0 ? T{1} : T{0};
    if (condition.values[c] == 0) out.values[i] = no.values[n];
  });
  for_each_pair(out.shape, steps, yes_steps, [&](std::size_t i, std::size_t c, std::size_t y) {
    if (condition.values[c] != 0) out.values[i] = yes.values[y];
  });
  return out;
}

std::vector<Value> evaluate_where(const Node&, const Context&, const std::vector<const Value*>& in) {
  const IntArray condition = integers(*in[0]);
  if (in[1]->is_integer() && in[2]->is_integer()) {
    return {value_of(select(condition, integers(*in[1]), integers(*in[2])), in[1]->onnx_type)};
  }
  return {value_of(select(condition, floats(*in[1]), floats(*in[2])))};
}

struct CastRow {
  std::int64_t type;
  const char* name;
  int bits;  // 0: a floating type kept as float
  bool is_signed;
};

constexpr CastRow cast_table[] = {
    {1, "float", 0, true},   {2, "uint8", 8, false},    {3, "int8", 8, true},   {4, "uint16", 16, false},
    {5, "int16", 16, true},  {6, "int32", 32, true},    {7, "int64", 64, true}, {9, "bool", 1, false},
    {11, "double", 0, true}, {12, "uint32", 32, false},
};

const CastRow& cast_row(const Node& node) {
  const std::int64_t to = node.attribute_int("to", 0);
  for (const CastRow& row : cast_table) {
    if (row.type == to) return row;
  }
  throw Refusal{"unsupported-attribute", "a Cast to element type " + std::to_string(to) + " is not supported"};
}

std::vector<Shape> infer_cast(const Node& node, const Context& context) {
  (void)cast_row(node);
  return same_shape(node, context);
}

// Fractions are cut towards zero; a value outside the type is refused, ONNX leaves it undefined.
std::int64_t cast_value(float value, const CastRow& row) {
  if (row.bits == 1) return value != 0 ? 1 : 0;
  const float whole = std::trunc(value);
  const float hi = std::ldexp(1.0F, row.is_signed ? row.bits - 1 : row.bits), lo = row.is_signed ? -hi : 0.0F;
  if (!(whole >= lo && whole < hi)) throw Refusal{"bad-constant", "a value does not fit the type it is cast to"};
  return static_cast<std::int64_t>(whole);
}

std::vector<Value> evaluate_cast(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const CastRow& row = cast_row(node);
  if (row.bits == 0) return {value_of(floats(*in[0]))};
  IntArray out{in[0]->shape, {}};
  if (in[0]->is_integer() && row.bits == 64) {
    out.values = in[0]->as_integer();
  } else {
    for (const float value : in[0]->as_float()) out.values.push_back(cast_value(value, row));
    if (in[0]->is_integer() && row.bits > 24) out.values = in[0]->as_integer();  // beyond float's integers: exact
  }
  return {value_of(std::move(out), row.name)};
}

constexpr const char* none = "";

constexpr Operator table[] = {
    {"Greater", 2, 2, none, infer_pair, evaluate_compare<std::greater<>>, nullptr},
    {"GreaterOrEqual", 2, 2, none, infer_pair, evaluate_compare<std::greater_equal<>>, nullptr},
    {"Less", 2, 2, none, infer_pair, evaluate_compare<std::less<>>, nullptr},
    {"LessOrEqual", 2, 2, none, infer_pair, evaluate_compare<std::less_equal<>>, nullptr},
    {"Equal", 2, 2, none, infer_pair, evaluate_compare<std::equal_to<>>, nullptr},
    {"And", 2, 2, none, infer_pair, evaluate_compare<Both>, nullptr},
    {"Or", 2, 2, none, infer_pair, evaluate_compare<Either>, nullptr},
    {"Not", 1, 1, none, same_shape, evaluate_not, nullptr},
    {"Where", 3, 3, none, infer_where, evaluate_where, nullptr},
    {"Cast", 1, 1, "to saturate", infer_cast, evaluate_cast, nullptr},
};

}  // namespace

std::span<const Operator> comparison_operators() { return table; }

}  // namespace blendsim::operators

// SPDX-License-Identifier: Apache-2.0
// ONNX's own operators where they work on integers: QuantizeLinear and DequantizeLinear apart from each other, what
// moves integers, compares them with constants, or adds constants to sums.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "network/dialects/dialect.h"
#include "network/operators/quantiser.h"

namespace blendsim::dialects {

namespace {

using operators::Refusal;

// The tensor description of a linear quantiser, whose one zero point is `zero`.
operators::LinearQuantiser linear(const Expansion& e, float& zero) {
  operators::LinearQuantiser q = operators::parse_linear(e.node, e.context());
  zero = e.zero_point(2);
  return q;
}

bool quantize_linear(Expansion& e) {
  if (e.context().constant(e.input(0)) != nullptr && e.context().constant(e.input(1)) != nullptr) {
    // Weights that the file holds as floats.
    const operators::Context context = e.context();
    std::vector<const operators::Value*> operands;
    for (const std::string& input : e.node.inputs) operands.push_back(context.constant(input));
    Constant integers = operators::evaluate(e.node, context, operands).at(0);
    e.graph.shapes[e.output()] = integers.shape;
    e.graph.constants[e.output()] = std::move(integers);
    return true;
  }
  (void)operators::checked_operator(e.node);
  float zero = 0;
  const operators::LinearQuantiser q = linear(e, zero);
  e.quantise(e.divided(e.input(0), q.scale, "steps"), zero, q.type);
  return true;
}

bool dequantize_linear(Expansion& e) {
  if (e.integer(e.input(0)) == nullptr) return false;  // weights, or one of a pair
  (void)operators::checked_operator(e.node);
  float zero = 0;
  const operators::LinearQuantiser q = linear(e, zero);
  const std::string x = e.centred(e.input(0), zero);
  e.finish("Mul", {x, e.constant("scale", q.scale)});
  return true;
}

// What computes no value: the integers stay what they are.
bool moves(Expansion& e) {
  const IntegerTensor* x = e.integer(e.input(0));
  if (x == nullptr) return false;
  for (const std::string& output : e.node.outputs) {
    if (!output.empty()) e.register_integer(output, {x->type, x->zero_point, x->raw});
  }
  return false;
}

bool concat(Expansion& e) {
  const IntegerTensor* first = e.integer(e.input(0));
  if (first == nullptr) return false;
  const IntegerTensor own = *first;
  if (own.raw) return moves(e);
  std::vector<std::string> parts;
  for (const std::string& input : e.node.inputs) parts.push_back(e.centred(input, own.zero_point));
  e.finish("Concat", parts, e.attributes("axis"));
  e.register_integer(e.output(), own);
  return true;
}

// Clip, Relu, Min and Max with a constant: between integers.
bool bounds(Expansion& e) {
  const bool first = e.integer(e.input(0)) != nullptr;
  const std::string& x = first ? e.input(0) : e.node.inputs.back();
  const IntegerTensor* found = e.integer(x);
  if (found == nullptr) return false;
  const IntegerTensor own = *found;
  const std::string& op = e.node.op;
  const operators::Context context = e.context();
  const auto bound = [&](const char* key, std::size_t input, float fallback) {
    return operators::float_parameter(e.node, context, key, input).value_or(fallback);
  };
  constexpr float least = std::numeric_limits<float>::lowest(), most = std::numeric_limits<float>::max();
  const std::size_t other = first ? 1 : 0;
  const float lo = op == "Clip" ? bound("min", 1, least) : op == "Relu" ? 0 : op == "Max" ? bound("", other, 0) : least;
  const float hi = op == "Clip" ? bound("max", 2, most) : op == "Min" ? bound("", other, 0) : most;
  const float zero = own.raw ? 0 : own.zero_point;
  e.finish("Clip", {x}, {{"lo", lo == least ? lo : lo - zero}, {"hi", hi == most ? hi : hi - zero}});
  e.register_integer(e.output(), {own.type, own.zero_point, own.raw});
  return true;
}

bool pad(Expansion& e) {
  const IntegerTensor* x = e.integer(e.input(0));
  if (x == nullptr) return false;
  const IntegerTensor own = *x;
  std::vector<std::string> inputs = e.node.inputs;
  inputs.resize(std::max<std::size_t>(inputs.size(), 3));
  const operators::Context context = e.context();
  const float value = operators::float_parameter(e.node, context, "value", 2).value_or(0);
  inputs[2] = e.constant("value", operators::scalar(own.raw ? value : value - own.zero_point));
  e.finish("Pad", inputs, e.attributes("mode"));
  e.register_integer(e.output(), {own.type, own.zero_point, own.raw});
  return true;
}

bool cast(Expansion& e) {
  const IntegerTensor* x = e.integer(e.input(0));
  if (x == nullptr || x->raw) return false;
  constexpr std::int64_t to_float = 1;
  const std::int64_t to = e.node.attribute_int("to", 0);
  if (to == to_float) {
    const std::string y = e.shifted(e.input(0), x->zero_point, "real");
    e.finish("Identity", {y});
    return true;
  }
  if (to != 6 && to != 7) throw Refusal{"unsupported-attribute", "a Cast of computed integers to a narrower type"};
  const IntegerTensor own = *x;
  e.finish("Identity", {e.input(0)});
  e.register_integer(e.output(), {to == 6 ? "int32" : "int64", own.zero_point});
  return true;
}

// Sums that were not scaled yet: constants are added to them, or multiply them.
bool arithmetic(Expansion& e) {
  const IntegerTensor *a = e.integer(e.input(0)), *b = e.integer(e.input(1));
  if (a == nullptr && b == nullptr) return false;
  const IntegerTensor own = a != nullptr ? *a : *b;
  if (own.raw || integer_range(own.type).bits < 32) {
    throw Refusal{"unsupported-operator", fmt::format("{} of {} integers wraps around", e.node.op, own.type),
                  "add and multiply sums of type int32, or dequantised values"};
  }
  const auto plain = [&](const std::string& tensor) { return e.centred(tensor, 0); };
  e.finish(e.node.op, {plain(e.input(0)), plain(e.input(1))});
  e.register_integer(e.output(), {own.type, 0});
  return true;
}

constexpr Rule table[] = {
    {"QuantizeLinear", "", quantize_linear},
    {"DequantizeLinear", "", dequantize_linear},
    {"Reshape", "", moves},
    {"Flatten", "", moves},
    {"Squeeze", "", moves},
    {"Unsqueeze", "", moves},
    {"Transpose", "", moves},
    {"Identity", "", moves},
    {"MaxPool", "", moves},
    {"GlobalMaxPool", "", moves},
    {"Slice", "", moves},
    {"Split", "", moves},
    {"Gather", "", moves},
    {"SpaceToDepth", "", moves},
    {"DepthToSpace", "", moves},
    {"Concat", "", concat},
    {"Clip", "", bounds},
    {"Relu", "", bounds},
    {"Min", "", bounds},
    {"Max", "", bounds},
    {"Pad", "", pad},
    {"Cast", "", cast},
    {"Add", "", arithmetic},
    {"Sub", "", arithmetic},
    {"Mul", "", arithmetic},
};

}  // namespace

std::span<const Rule> integer_rules() { return table; }

}  // namespace blendsim::dialects

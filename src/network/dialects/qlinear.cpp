// SPDX-License-Identifier: Apache-2.0
// ONNX's and ONNX Runtime's operators on integers. Sums of products are scaled by one factor x_scale * w_scale /
// y_scale in float32, as ONNX Runtime (1.30) does; everything else is dequantised, computed and quantised.
#include <fmt/format.h>

#include <cmath>

#include "network/dialects/dialect.h"

namespace blendsim::dialects {

namespace {

using operators::Refusal;

constexpr const char* windows = "auto_pad ceil_mode count_include_pad dilations group kernel_shape pads strides";

// The product of the scales of a sum, over `divisor`; one, or one an output channel.
FloatArray product_scale(const Constant& x, const Constant& w, const std::vector<float>& divisor) {
  const float first = x.as_float()[0];
  FloatArray out{{}, w.as_float()};
  if (x.as_float().size() != 1 || divisor.size() != 1)
    throw Refusal{"not-lowerable", "a scale that differs between channels of an activation", "use one scale a tensor"};
  for (float& v : out.values) v = first * v / divisor[0];
  if (out.values.size() > 1) out.shape = {static_cast<std::int64_t>(out.values.size())};
  return out;
}

// Along the channels of a map: [C, 1, 1].
Constant along_channels(FloatArray a) {
  if (!a.shape.empty()) a.shape.insert(a.shape.end(), {1, 1});
  return {a.shape, a.values, "float"};
}

Constant plain(FloatArray a) { return {a.shape, a.values, "float"}; }

std::string weights(Expansion& e, std::size_t input, std::size_t zero_points, std::size_t axis) {
  return e.constant("weights", e.centred_constant(input, zero_points, axis));
}

bool qlinear_conv(Expansion& e) {
  e.require_inputs(8);
  const Attributes window = e.attributes(windows, "channels_last");
  const FloatArray factor = product_scale(e.scale(1), e.scale(4), e.scale(6).as_float());
  std::vector<std::string> operands{e.centred(e.input(0), e.zero_point(2)), weights(e, 3, 5, 0)};
  if (e.has_input(8)) operands.push_back(e.centred(e.input(8), 0));
  const std::string sum = e.add("Conv", operands, "sum", window);
  e.quantise(e.scaled(sum, along_channels(factor), "steps"), e.zero_point(7), e.zero_point_type(7));
  return true;
}

bool conv_integer(Expansion& e) {
  e.require_inputs(2);
  const std::string x = e.centred(e.input(0), e.zero_point(2));
  e.finish("Conv", {x, weights(e, 1, 3, 0)}, e.attributes(windows));
  e.register_integer(e.output(), {"int32", 0});
  return true;
}

bool matmul_integer(Expansion& e) {
  e.require_inputs(2);
  const std::string x = e.centred(e.input(0), e.zero_point(2));
  e.finish("MatMul", {x, weights(e, 1, 3, 1)}, e.attributes(""));
  e.register_integer(e.output(), {"int32", 0});
  return true;
}

bool qlinear_matmul(Expansion& e) {
  e.require_inputs(8);
  const FloatArray factor = product_scale(e.scale(1), e.scale(4), e.scale(6).as_float());
  const std::string sum = e.add("MatMul", {e.centred(e.input(0), e.zero_point(2)), weights(e, 3, 5, 1)}, "sum");
  e.quantise(e.scaled(sum, plain(factor), "steps"), e.zero_point(7), e.zero_point_type(7));
  return true;
}

// A, a_scale, a_zero, B, b_scale, b_zero [, C (int32) [, y_scale, y_zero]]: without y_scale the result is float32.
bool qgemm(Expansion& e) {
  e.require_inputs(5);
  Attributes attributes = e.attributes("transA transB", "alpha");
  const float alpha = e.node.attribute_float("alpha", 1);
  const bool turned = e.node.attribute_int("transB", 0) != 0, to_codes = e.has_input(7);
  Constant a_scale = e.scale(1);
  std::vector<float> first = a_scale.as_float();
  for (float& v : first) v = alpha * v;
  a_scale.values = first;
  const FloatArray factor =
      product_scale(a_scale, e.scale(4), to_codes ? e.scale(7).as_float() : std::vector<float>{1.0F});
  std::vector<std::string> operands{e.centred(e.input(0), e.zero_point(2)), weights(e, 3, 5, turned ? 0 : 1)};
  if (e.has_input(6)) operands.push_back(e.centred(e.input(6), 0));
  const std::string sum = e.add("Gemm", operands, "sum", std::move(attributes));
  if (!to_codes) {
    e.finish("Mul", {sum, e.constant("factor", plain(factor))});
  } else {
    e.quantise(e.scaled(sum, plain(factor), "steps"), e.zero_point(8), e.zero_point_type(8));
  }
  return true;
}

// The real values of operand i, whose scale and zero point follow it.
std::string real(Expansion& e, std::size_t i, const std::string& suffix) {
  return e.scaled(e.centred(e.input(i), e.zero_point(i + 2)), e.scale(i + 1), suffix);
}

void quantise(Expansion& e, const std::string& x, std::size_t scale, bool rounds_sum = false) {
  e.quantise(e.divided(x, e.scale(scale), "steps"), e.zero_point(scale + 1), e.zero_point_type(scale + 1), rounds_sum);
}

template <const char* op>
bool of_two(Expansion& e) {
  e.require_inputs(7);
  const std::string a = real(e, 0, "a"), b = real(e, 3, "b");
  quantise(e, e.add(op, {a, b}, "real"), 6, true);  // as ONNX Runtime (1.30): the sum with the zero point is rounded
  return true;
}

// x, x_scale, x_zero, y_scale, y_zero, and ONNX's operator of another name in between.
template <const char* op, const char* taken>
bool of_one(Expansion& e) {
  e.require_inputs(4);
  const bool last = e.node.attribute_int("channels_last", 0) != 0;
  const Attributes attributes = e.attributes(taken, "channels_last");
  std::string x = real(e, 0, "x");
  const std::size_t rank = e.context().shape(x).size();
  if (last) x = e.add("Transpose", {x}, "channels_first", {{"perm", channels_first(rank)}});
  x = e.add(op, {x}, "real", attributes);
  if (last) x = e.add("Transpose", {x}, "channels_last", {{"perm", channels_last(rank)}});
  quantise(e, x, 3, std::string_view(op) == "AveragePool");  // as ONNX Runtime (1.30)
  return true;
}

// y_scale, y_zero, then x, x_scale, x_zero of each part.
bool qlinear_concat(Expansion& e) {
  e.require_inputs(5);
  const Attributes attributes = e.attributes("axis");
  const Constant scale = e.scale(0);
  std::vector<std::string> parts;
  for (std::size_t i = 2; i + 1 < e.node.inputs.size(); i += 3) {
    const std::string part = "part" + std::to_string(i / 3);
    const std::string codes = e.centred(e.input(i), e.zero_point(i + 2));
    const IntegerTensor* own = e.integer(codes);
    if (e.scale(i + 1).as_float() == scale.as_float() && own != nullptr && own->zero_point == e.zero_point(1)) {
      parts.push_back(codes);
      continue;
    }
    Expansion each(e.graph, e.node);
    const std::string steps = each.divided(each.scaled(codes, e.scale(i + 1), part), scale, part + "/steps");
    Node named = e.node;
    named.name += "/" + part;
    named.outputs = {e.fresh_tensor(e.output() + "/" + part)};
    Expansion quantiser(e.graph, named);
    quantiser.quantise(steps, e.zero_point(1), e.zero_point_type(1));
    for (Node& made : each.nodes) e.nodes.push_back(std::move(made));
    for (Node& made : quantiser.nodes) e.nodes.push_back(std::move(made));
    parts.push_back(named.outputs[0]);
  }
  e.finish("Concat", parts, attributes);
  e.register_integer(e.output(), {e.zero_point_type(1), e.zero_point(1)});
  return true;
}

bool dynamic(Expansion& e) {
  throw Refusal{"not-constant", fmt::format("{} computes its scale from the data", e.node.op),
                "quantise statically, with scales from calibration, before exporting"};
}

constexpr char add[] = "Add", mul[] = "Mul", average[] = "AveragePool", global_average[] = "GlobalAveragePool",
               leaky[] = "LeakyRelu", sigmoid[] = "Sigmoid", softmax[] = "Softmax", mean[] = "ReduceMean";
constexpr char window[] = "auto_pad ceil_mode count_include_pad kernel_shape pads strides", none[] = "",
               alpha[] = "alpha", axis[] = "axis opset", axes[] = "axes keepdims";

constexpr Rule table[] = {
    {"DynamicQuantizeLinear", "", dynamic},
    {"DynamicQuantizeMatMul", "com.microsoft", dynamic},
    {"QLinearConv", "", qlinear_conv},
    {"QLinearConv", "com.microsoft", qlinear_conv},
    {"ConvInteger", "", conv_integer},
    {"MatMulInteger", "", matmul_integer},
    {"QLinearMatMul", "", qlinear_matmul},
    {"QGemm", "com.microsoft", qgemm},
    {"QLinearAdd", "com.microsoft", of_two<add>},
    {"QLinearMul", "com.microsoft", of_two<mul>},
    {"QLinearConcat", "com.microsoft", qlinear_concat},
    {"QLinearAveragePool", "com.microsoft", of_one<average, window>},
    {"QLinearGlobalAveragePool", "com.microsoft", of_one<global_average, none>},
    {"QLinearLeakyRelu", "com.microsoft", of_one<leaky, alpha>},
    {"QLinearSigmoid", "com.microsoft", of_one<sigmoid, none>},
    {"QLinearSoftmax", "com.microsoft", of_one<softmax, axis>},
    {"QLinearReduceMean", "com.microsoft", of_one<mean, axes>},
};

}  // namespace

std::span<const Rule> qlinear_rules() { return table; }

}  // namespace blendsim::dialects

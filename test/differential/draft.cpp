// SPDX-License-Identifier: Apache-2.0
#include "draft.h"

#include <cmath>
#include <optional>

namespace blendsim::differential {

Draft::Draft(Choices& source, int opset_version)
    : choices(source), opset(opset_version), model(opset_version, opset_version >= 21 ? 10 : 8) {}

std::string Draft::floats(const Shape& shape, const std::vector<float>& values) {
  const std::string name = fresh("k");
  if (!chance(8)) {
    model.floats(name, shape, values);
    return name;
  }
  onnx::AttributeProto value;
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  *value.mutable_t() = test::tensor_proto("", shape, onnx::TensorProto::FLOAT);
  for (const float v : values) value.mutable_t()->add_float_data(v);
  model.node("Constant", {}, {name}, {value});
  return chance(20) ? node("Identity", {name}) : name;
}

std::string Draft::scalar(float value) { return floats(chance(30) ? Shape{1} : Shape{}, {value}); }

std::string Draft::int64s(const Shape& shape, const std::vector<std::int64_t>& values) {
  const std::string name = fresh("i");
  model.int64s(name, shape, values);
  return name;
}

std::string Draft::integers(const Shape& shape, int type, const std::vector<std::int32_t>& values) {
  const std::string name = fresh("i");
  model.integers(name, shape, type, values);
  return name;
}

std::string Draft::node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<onnx::AttributeProto>& attributes, const std::string& domain) {
  const std::string output = fresh(op + "_");
  auto& proto = model.node(op, inputs, {output}, attributes, domain);
  proto.set_name(output + "_node");
  return output;
}

std::string Draft::per_channel(const Tensor& x, const std::vector<float>& values) {
  const Shape shape = x.flat()     ? Shape{x.channels()}
                      : chance(70) ? Shape{x.channels(), 1, 1}
                                   : Shape{1, x.channels(), 1, 1};
  return floats(shape, values);
}

std::string Draft::squeeze(const std::string& op, const std::string& x, const std::vector<std::int64_t>& axes) {
  if (opset >= 13) return node(op, {x, int64s({static_cast<std::int64_t>(axes.size())}, axes)});
  onnx::AttributeProto attribute = attr("axes", std::initializer_list<std::int64_t>{});
  for (const std::int64_t axis : axes) attribute.add_ints(axis);
  return node(op, {x}, {attribute});
}

Tensor Draft::same_codes(Tensor out, const std::string& from) {
  if (!traits.codes.contains(from)) return out;
  traits.codes.insert(out.name);
  if (const auto found = traits.channel_scales.find(from); found != traits.channel_scales.end()) {
    const std::vector<float> scales = found->second;
    traits.channel_scales[out.name] = scales;
  }
  return out;
}

std::string Draft::qonnx_domain() {
  const std::string domain =
      choices.one_of<std::string>({"qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"});
  for (const auto& import : model.model().opset_import()) {
    if (import.domain() == domain) return domain;
  }
  model.opset_import(domain, 1);
  return domain;
}

namespace {

// Which operand is the zero point of an operator's integers; -1: its sums have none.
int zero_point_operand(const onnx::NodeProto& node) {
  static const std::map<std::string, int> places{{"QuantizeLinear", 2}, {"ConvInteger", -1}, {"MatMulInteger", -1},
                                                 {"QGemm", 8},          {"QLinearConv", 7},  {"QLinearMatMul", 7},
                                                 {"QLinearAdd", 7},     {"QLinearMul", 7},   {"QLinearConcat", 1}};
  const auto found = places.find(node.op_type());
  return found != places.end() ? found->second : 4;
}

int constant_value(const onnx::ModelProto& model, const onnx::NodeProto& node, int operand) {
  if (operand < 0 || operand >= node.input_size()) return 0;
  for (const auto& constant : model.graph().initializer()) {
    if (constant.name() != node.input(operand)) continue;
    if (constant.int32_data_size() > 0) return constant.int32_data(0);
    const auto byte = constant.raw_data().empty() ? '\0' : constant.raw_data()[0];
    return constant.data_type() == onnx::TensorProto::UINT8 ? static_cast<unsigned char>(byte)
                                                            : static_cast<signed char>(byte);
  }
  return 0;
}

}  // namespace

void mark_integers(const onnx::ModelProto& model, Traits& traits) {
  static const std::set<std::string> sources{"QuantizeLinear", "ConvInteger", "MatMulInteger"};
  static const std::set<std::string> keepers{"MaxPool", "Clip",  "Relu",   "Concat",    "Reshape",     "Flatten",
                                             "Slice",   "Split", "Gather", "Transpose", "Identity",    "Squeeze",
                                             "Pad",     "Max",   "Min",    "Unsqueeze", "SpaceToDepth"};
  for (const auto& node : model.graph().node()) {
    const std::string& op = node.op_type();
    std::optional<int> zero;
    if (sources.contains(op) || op.starts_with("QLinear") || (op == "QGemm" && node.input_size() > 7))
      zero = constant_value(model, node, zero_point_operand(node));
    for (const std::string& input : node.input()) {
      const auto known = traits.integers.find(input);
      if (keepers.contains(op) && known != traits.integers.end()) zero = known->second;
    }
    for (const std::string& output : node.output()) {
      if (zero) traits.integers[output] = *zero, traits.codes.insert(output);
    }
  }
}

double lowest_bit(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  double unit = std::ldexp(1.0, std::ilogb(value));
  while (std::fmod(value, unit) != 0) unit /= 2;
  return unit;
}

Tensor checked(Tensor x) {
  if (x.unit > 0 && !(x.bound / x.unit < 16777216.0)) x.unit = 0;
  return x;
}

Tensor renamed(Tensor x, std::string name, Shape shape) {
  x.name = std::move(name);
  x.shape = std::move(shape);
  return x;
}

}  // namespace blendsim::differential

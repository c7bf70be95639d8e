// SPDX-License-Identifier: Apache-2.0
#include "draft.h"

#include <cmath>

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

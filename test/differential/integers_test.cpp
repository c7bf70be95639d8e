// SPDX-License-Identifier: Apache-2.0
// Networks on integers: what ONNX Runtime computes on them as written, layer by layer and at their outputs.
#include "networks.h"

namespace blendsim::differential {
namespace {

std::string quantize(DialectModel& m, const std::string& x, float scale, int zero_point, int type) {
  return m.node("QuantizeLinear", {x, m.scalar(scale), m.zero(type, zero_point)});
}
std::string dequantize(DialectModel& m, const std::string& x, float scale, int zero_point, int type) {
  return m.node("DequantizeLinear", {x, m.scalar(scale), m.zero(type, zero_point)});
}
std::string qlinear_conv(DialectModel& m, const std::string& x, const Shape& weights, float scale, int zero_in,
                         int zero_out, int type) {
  std::vector<std::int32_t> bias(static_cast<std::size_t>(weights[0]));
  std::iota(bias.begin(), bias.end(), -2);
  const std::string b = m.output_name("bias");
  m.model.integers(b, {weights[0]}, int32, bias);
  return m.node("QLinearConv",
                {x, m.scalar(0.0625F), m.zero(type, zero_in), m.weights(weights), m.scalar(0.125F), m.zero(int8),
                 m.scalar(scale), m.zero(type, zero_out), b},
                {attr("pads", {1, 1, 1, 1})});
}

TEST(Integers, OfAnInputGoStraightToTheMachine) {
  for (const int type : {uint8, int8}) {
    for (const int zero : {0, 3, type == uint8 ? 128 : -5}) {
      DialectModel m;
      m.input({1, 3, 5, 6}, type, type == uint8 ? 0 : -128, type == uint8 ? 255 : 127);
      const std::string y = m.node("Conv", {dequantize(m, "x", 0.25F, zero, type), m.dequantised({4, 3, 3, 3})});
      m.model.output(y);
      expect_equal(m);
    }
  }
}

TEST(Integers, AreWhatAnOutputOfAQuantiserHolds) {
  for (const int zero : {0, 7, -20}) {
    DialectModel m;
    m.input({1, 4, 5, 5}, onnx::TensorProto::FLOAT, -128, 127, 5);
    const std::string y = m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({3, 4, 3, 3})});
    m.model.output(quantize(m, y, 0.5F, zero, int8));
    expect_equal(m);
  }
}

TEST(Integers, OfQLinearConvAreScaledOnceAndRoundedHalfToEven) {
  for (const int zero : {0, 5}) {
    DialectModel m;
    m.input({1, 3, 6, 6}, onnx::TensorProto::FLOAT, -128, 127, 5);
    const std::string q = quantize(m, "x", 0.0625F, zero, uint8);
    const std::string y = qlinear_conv(m, q, {5, 3, 3, 3}, 0.5F, zero, 2 * zero, uint8);
    m.model.output(dequantize(m, y, 0.5F, 2 * zero, uint8));
    expect_equal(m);
  }
}

TEST(Integers, MoveAndPoolAndClipAsTheyAre) {
  DialectModel m;
  m.input({1, 4, 6, 6}, onnx::TensorProto::FLOAT, -128, 127, 5);
  std::string q = quantize(m, "x", 0.0625F, 3, int8);
  q = m.node("MaxPool", {q}, {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})});
  q = m.node("Clip", {q, m.zero(int8, -20), m.zero(int8, 60)});
  q = m.node("Concat", {q, q}, {attr("axis", 1)});
  const std::string x = dequantize(m, q, 0.0625F, 3, int8);
  m.model.output(m.node("Conv", {x, m.dequantised({3, 8, 2, 2})}));
  expect_equal(m);
}

TEST(Integers, OfChainsOfConvIntegerAreSumsInInt32) {
  DialectModel m;
  m.input({1, 3, 6, 6}, onnx::TensorProto::FLOAT, 0, 255, 5);
  const std::string q = quantize(m, "x", 0.03125F, 0, uint8);
  const std::string sum =
      m.node("ConvInteger", {q, m.weights({4, 3, 3, 3}, uint8, 120, 135), m.zero(uint8), m.zero(uint8, 128)});
  std::string y = m.node("Mul", {m.node("Cast", {sum}, {attr("to", 1)}), m.scalar(0.0078125F)});
  y = m.node("Add", {y, m.floats({4, 1, 1}, {0.5F, -0.25F, 1, 0})});
  m.model.output(m.quantised(m.node("Relu", {y}), 0.25F, 0, uint8));
  expect_equal(m);
}

TEST(Integers, OfMatMulsAreThoseOfOnnxRuntime) {
  for (const bool gemm : {false, true}) {
    DialectModel m;
    m.model.opset_import("com.microsoft", 1);
    m.input({1, 12}, onnx::TensorProto::FLOAT, -128, 127, 5);
    const std::string q = quantize(m, "x", 0.0625F, -4, int8);
    const std::string y =
        gemm ? m.node("QGemm",
                      {q, m.scalar(0.0625F), m.zero(int8, -4), m.weights({6, 12}), m.scalar(0.25F), m.zero(int8), "",
                       m.scalar(0.5F), m.zero(int8, 9)},
                      {attr("transB", 1), attr("alpha", 1.0F)}, "com.microsoft")
             : m.node("QLinearMatMul", {q, m.scalar(0.0625F), m.zero(int8, -4), m.weights({12, 6}), m.scalar(0.25F),
                                        m.zero(int8), m.scalar(0.5F), m.zero(int8, 9)});
    m.model.output(y);
    expect_equal(m);
  }
}

// ONNX Runtime rounds a sum, a product and an average with the zero point added: ties and odd zero points tell.
TEST(Integers, OfTwoTensorsAreAddedInReals) {
  for (const int zero : {8, 7, 129}) {
    DialectModel m;
    m.model.opset_import("com.microsoft", 1);
    m.input({1, 4, 5, 5}, onnx::TensorProto::FLOAT, -128, 127, 5);
    const std::string a = quantize(m, "x", 0.0625F, 4, uint8);
    const std::string b = qlinear_conv(m, a, {4, 4, 3, 3}, 0.25F, 4, 6, uint8);
    const std::string y = m.node("QLinearAdd",
                                 {a, m.scalar(0.0625F), m.zero(uint8, 4), b, m.scalar(0.25F), m.zero(uint8, 6),
                                  m.scalar(0.25F), m.zero(uint8, zero)},
                                 {}, "com.microsoft");
    m.model.output(dequantize(m, y, 0.25F, zero, uint8));
    SCOPED_TRACE(zero);
    expect_equal(m);
  }
}

TEST(Integers, OfOnnxRuntimesPoolsAndActivationsAreDequantisedComputedAndQuantised) {
  const auto leaky = std::vector{attr("alpha", 0.25F)};
  const auto window = std::vector{attr("kernel_shape", {2, 2}), attr("strides", {2, 2})};
  const std::tuple<const char*, int, std::vector<onnx::AttributeProto>> rows[] = {{"QLinearLeakyRelu", 10, leaky},
                                                                                  {"QLinearAveragePool", 10, window},
                                                                                  {"QLinearAveragePool", 11, window},
                                                                                  {"QLinearGlobalAveragePool", 10, {}},
                                                                                  {"QLinearGlobalAveragePool", 11, {}}};
  for (const auto& [op, zero, attributes] : rows) {
    DialectModel m;
    m.model.opset_import("com.microsoft", 1);
    m.input({1, 4, 4, 4}, onnx::TensorProto::FLOAT, -128, 127, 5);
    const std::string a = quantize(m, "x", 0.0625F, 4, uint8);
    const std::string y = m.node(op, {a, m.scalar(0.0625F), m.zero(uint8, 4), m.scalar(0.125F), m.zero(uint8, zero)},
                                 attributes, "com.microsoft");
    m.model.output(m.node("Conv", {dequantize(m, y, 0.125F, zero, uint8), m.dequantised({3, 4, 1, 1})}));
    SCOPED_TRACE(op);
    expect_equal(m);
  }
}

TEST(Integers, OfPartsComeToOneScaleInQLinearConcat) {
  DialectModel m;
  m.model.opset_import("com.microsoft", 1);
  m.input({1, 4, 4, 4}, onnx::TensorProto::FLOAT, -128, 127, 5);
  const std::string a = quantize(m, "x", 0.0625F, 4, uint8);
  const std::string b = qlinear_conv(m, a, {4, 4, 3, 3}, 0.25F, 4, 6, uint8);
  const std::string y = m.node(
      "QLinearConcat",
      {m.scalar(0.25F), m.zero(uint8, 6), a, m.scalar(0.0625F), m.zero(uint8, 4), b, m.scalar(0.25F), m.zero(uint8, 6)},
      {attr("axis", 1)}, "com.microsoft");
  m.model.output(m.node("Conv", {dequantize(m, y, 0.25F, 6, uint8), m.dequantised({3, 8, 1, 1})}));
  expect_equal(m);
}

TEST(Integers, DequantisedAtAnotherScaleAndZeroPointAreTakenAtTheirWord) {
  DialectModel m;
  m.input({1, 3, 4, 4}, onnx::TensorProto::FLOAT, -128, 127, 5);
  const std::string y = dequantize(m, quantize(m, "x", 0.0625F, 3, int8), 0.5F, -1, int8);
  m.model.output(m.node("Conv", {y, m.dequantised({3, 3, 1, 1})}));
  expect_equal(m);
}

TEST(Integers, ThatWrapAroundAreRefused) {
  DialectModel m;
  m.input({1, 3, 4, 4}, onnx::TensorProto::FLOAT, -128, 127, 5);
  const std::string q = quantize(m, "x", 0.0625F, 0, int8);
  m.model.output(dequantize(m, m.node("Add", {q, m.zero(int8, 100)}), 0.0625F, 0, int8));
  expect_refusal(m, "unsupported-operator");
}

// Four output channels in three groups: float Conv says so, and so must what is written in its stead.
TEST(Integers, OfAConvolutionWhoseShapesDoNotFitAreRefusedByName) {
  DialectModel m;
  m.input({1, 3, 6, 6}, onnx::TensorProto::FLOAT, -128, 127, 5);
  const std::string q = quantize(m, "x", 0.0625F, 0, uint8);
  const std::string y = m.node("QLinearConv",
                               {q, m.scalar(0.0625F), m.zero(uint8), m.weights({4, 3, 3, 3}), m.scalar(0.125F),
                                m.zero(int8), m.scalar(0.5F), m.zero(uint8)},
                               {attr("group", std::int64_t{3})});
  m.model.output(dequantize(m, y, 0.5F, 0, uint8));
  expect_refusal(m, "shape-mismatch");
}

}  // namespace
}  // namespace blendsim::differential

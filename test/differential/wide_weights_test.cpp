// SPDX-License-Identifier: Apache-2.0
// Weights of uint8 or int8 with a zero point, which are integers of 9 bits, in every operator that takes weights.
#include "networks.h"

namespace blendsim::differential {
namespace {

constexpr float fine = 0.0625F;

// uint8 codes from lo to hi, less `zero`.
std::string offset_weights(DialectModel& m, const Shape& shape, int zero, int lo = 0, int hi = 255) {
  const std::string w = m.weights(shape, uint8, lo, hi);
  return m.node("DequantizeLinear", {w, m.scalar(0.0078125F), m.zero(uint8, zero)});
}

TEST(WideWeights, OfConvolutions) {
  for (const int groups : {1, 2, 4, 16}) {
    for (const int zero : {130, 3, 255, 128}) {
      SCOPED_TRACE(testing::Message() << groups << " groups, zero point " << zero);
      DialectModel m;
      m.input({1, 16, 9, 7}, float32, -128, 127, 5);
      const std::string w = offset_weights(m, {32, 16 / groups, 3, 3}, zero);
      const std::string y = m.node("Conv", {m.quantised("x", fine, 120, uint8), w},
                                   {attr("pads", {1, 1, 1, 1}), attr("group", groups), attr("strides", {2, 1})});
      m.model.output(m.node("Conv", {m.quantised(m.node("Relu", {y}), 0.5F), m.dequantised({3, 32, 1, 1})}));
      expect_equal(m);
    }
  }
}

TEST(WideWeights, OfConvolutionsWithAZeroPointAChannel) {
  DialectModel m;
  m.input({1, 20, 6, 6}, float32, -128, 127, 5);
  const std::string w = m.weights({3, 20, 3, 3}, int8, -128, 127), z = m.output_name("z");
  m.model.integers(z, {3}, int8, {-128, 3, 127});
  const std::string s = m.floats({3}, {0.5F, 0.25F, 0.125F});
  const std::string real = m.node("DequantizeLinear", {w, s, z}, {attr("axis", 0)});
  m.model.output(m.quantised(m.node("Conv", {m.quantised("x", fine), real}), 4));
  expect_equal(m);
}

TEST(WideWeights, OfDenseLayers) {
  for (const bool gemm : {false, true}) {
    DialectModel m;
    m.input({1, 5, 4, 4}, float32, -128, 127, 5);
    const std::string flat = m.node("Flatten", {m.quantised("x", fine)});
    std::string y;
    if (gemm) {
      y = m.node("Gemm", {flat, offset_weights(m, {24, 80}, 140), m.floats({24}, whole(24))}, {attr("transB", 1)});
    } else {
      y = m.node("MatMul", {flat, offset_weights(m, {80, 24}, 140)});
    }
    m.model.output(m.node("MatMul", {m.quantised(y, 2), offset_weights(m, {24, 10}, 1)}));
    expect_equal(m);
  }
}

// A binary input: bits twice.
TEST(WideWeights, OfSigns) {
  DialectModel m;
  m.input({1, 16, 6, 6}, float32, -128, 127, 5);
  const std::string bits = m.node("GreaterOrEqual", {m.quantised("x", fine), m.scalar(0)});
  const std::string signs = m.node("Where", {bits, m.scalar(1), m.scalar(-1)});
  const std::string y = m.node("Conv", {signs, offset_weights(m, {8, 16, 3, 3}, 100)}, {attr("pads", {1, 1, 1, 1})});
  m.model.output(m.quantised(y, 0.5F));
  expect_equal(m);
}

TEST(WideWeights, OfIntegerOperators) {
  for (const char* op : {"ConvInteger", "QLinearConv"}) {
    DialectModel m;
    m.input({1, 8, 6, 6}, float32, -128, 127, 5);
    const std::string s = m.scalar(fine), z = m.zero(uint8, 128);
    const std::string codes = m.node("QuantizeLinear", {"x", s, z});
    const std::string w = m.weights({6, 8, 3, 3}, uint8, 0, 255), wz = m.zero(uint8, 117);
    if (op == std::string("ConvInteger")) {
      const std::string sums = m.node("Cast", {m.node(op, {codes, w, z, wz})}, {attr("to", 1)});
      m.model.output(m.quantised(m.node("Mul", {sums, m.scalar(0.0078125F)}), 4));
    } else {
      const std::string ys = m.scalar(4), yz = m.zero(uint8, 128);
      const std::string y = m.node(op, {codes, s, z, w, m.scalar(0.125F), wz, ys, yz});
      m.model.output(m.node("DequantizeLinear", {y, ys, yz}));
    }
    expect_equal(m);
  }
}

}  // namespace
}  // namespace blendsim::differential

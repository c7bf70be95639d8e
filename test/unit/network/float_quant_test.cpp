// SPDX-License-Identifier: Apache-2.0
// Minifloats: their values, and weights of them as integers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;

struct MinifloatFormat {
  float exponent = 2, mantissa = 1, bias = 1, most = 6;
};

// y = FloatQuant(x) times `scale`.
void minifloat(OnnxBuilder& m, const std::string& x, const std::string& y, const MinifloatFormat& f, float scale) {
  m.scalar(y + "_s", scale);
  m.scalar(y + "_e", f.exponent);
  m.scalar(y + "_m", f.mantissa);
  m.scalar(y + "_b", f.bias);
  m.scalar(y + "_max", f.most);
  m.node("FloatQuant", {x, y + "_s", y + "_e", y + "_m", y + "_b", y + "_max"}, {y},
         {attr("rounding_mode", "ROUND"), attr("has_inf", 0), attr("has_nan", 0), attr("has_subnormal", 1),
          attr("saturation", 1)},
         "onnx.brevitas")
      .set_name(y);
}

std::vector<float> minifloats(const std::vector<float>& values, const MinifloatFormat& f, float scale) {
  OnnxBuilder m(17);
  m.opset_import("onnx.brevitas", 1);
  const auto n = static_cast<std::int64_t>(values.size());
  m.input("x", {1, n});
  m.floats("w", {n}, values);
  minifloat(m, "w", "q", f, scale);
  m.node("Add", {"x", "q"}, {"y"});
  m.output("y");
  return evaluate(m.normalised(), {{1, n}, std::vector<float>(values.size(), 0)}).at("y").values;
}

TEST(FloatQuant, RoundsToTheNearestOfItsFormat) {
  EXPECT_EQ(minifloats({0, 0.2F, 0.25F, 0.3F, 0.75F, 1.25F, 2.5F, 3.5F, 5, 5.1F, 9, -2.6F}, {}, 1),
            (std::vector<float>{0, 0, 0, 0.5F, 1, 1, 2, 4, 4, 6, 6, -3}));  // 0 .5 1 1.5 2 3 4 6
  EXPECT_EQ(minifloats({1.5F, 2.6F}, {}, 0.5F), (std::vector<float>{1.5F, 3}));
  const float least = std::ldexp(1.0F, -9);  // e4m3
  EXPECT_EQ(minifloats({least, least * 0.5F, least * 1.6F, 447, 500, 17}, {4, 3, 7, 448}, 1),
            (std::vector<float>{least, 0, 2 * least, 448, 448, 16}));
}

TEST(FloatQuant, OfWeightsAreIntegers) {
  for (const MinifloatFormat& f : {MinifloatFormat{}, MinifloatFormat{2, 3, 1, 7.5F}, MinifloatFormat{3, 2, 3, 28}}) {
    OnnxBuilder m(17);
    m.opset_import("onnx.brevitas", 1);
    m.input("x", {1, 8, 5, 5});
    m.scalar("scale", 1);
    m.integers("zero", {}, onnx::TensorProto::INT8, {0});
    m.node("QuantizeLinear", {"x", "scale", "zero"}, {"codes"});
    m.node("DequantizeLinear", {"codes", "scale", "zero"}, {"q"});
    test::Random random(6);
    std::vector<float> w;
    for (int i = 0; i < 6 * 8 * 9; ++i) w.push_back(random.real(-f.most, f.most) * 0.25F);
    w[0] = f.most;
    m.floats("w", {6, 8, 3, 3}, w);
    minifloat(m, "w", "v", f, 0.25F);
    m.node("Conv", {"q", "v"}, {"y"}, {attr("pads", {1, 1, 1, 1})});
    m.output("y");
    const Graph graph = m.normalised();
    const IntegerNetwork net = lower(graph);
    EXPECT_TRUE(test::all_exact(net));
    test::expect_equal(graph, net, test::random_input(graph, random, -128, 127));
  }
}

TEST(FloatQuant, OfActivationsSaysWhatToUseInstead) {
  OnnxBuilder m(17);
  m.opset_import("onnx.brevitas", 1);
  m.input("x", {1, 4, 2, 2});
  minifloat(m, "x", "q", {}, 1);
  m.floats("w", {1, 4, 1, 1}, {1, -1, 1, 1});
  m.node("Conv", {"q", "w"}, {"y"});
  m.output("y");
  try {
    (void)m.normalised();
    FAIL();
  } catch (const DiagnosticError& error) {
    const Diagnostic& d = error.diagnostics().front();
    EXPECT_EQ(d.place.node, "q");
    EXPECT_THAT(d.hint, testing::HasSubstr("QuantizeLinear to 8 bits"));
  }
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What is refused, each with its code, the file and the node, from reading the file to lowering it.
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "network/integer_network.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;
constexpr const char* qonnx = "qonnx.custom_op.general";

struct Finding {
  std::string code, node;
  bool operator==(const Finding&) const = default;
};
void PrintTo(const Finding& f, std::ostream* out) { *out << f.code << " at '" << f.node << "'"; }

std::vector<Finding> findings(const OnnxBuilder& model) {
  const test::TemporaryFile file(model.bytes());
  std::vector<Finding> out;
  try {
    (void)load_network(file.path());
  } catch (const DiagnosticError& error) {
    for (const Diagnostic& d : error.diagnostics()) {
      EXPECT_EQ(d.place.file, file.path());
      EXPECT_FALSE(d.message.empty());
      out.push_back({std::string(d.code.name()), d.place.node});
    }
  }
  return out;
}

// x [1, 2, 5, 5] -> "q", 4 bits; and constants to write with.
OnnxBuilder start(const Shape& shape = {1, 2, 5, 5}) {
  OnnxBuilder m;
  m.input("x", shape);
  m.output("y");
  m.scalar("zero", 0);
  m.scalar("unit", 0.5F);
  m.scalar("four", 4);
  m.floats("w", {2, 2, 1, 1}, {1, -1, 2, 3});
  m.node("Quant", {"x", "unit", "zero", "four"}, {"q"}, {attr("signed", 1)}, qonnx).set_name("quantiser");
  return m;
}

TEST(Refusals, AnOperatorThatIsUnknown) {
  OnnxBuilder m = start();
  m.node("Asinh", {"q"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(m), (std::vector<Finding>{{"unsupported-operator", "culprit"}}));
}

TEST(Refusals, AnAttributeThatIsUnknownOrHasAnotherValue) {
  OnnxBuilder unknown = start();
  unknown.node("MaxPool", {"q"}, {"y"}, {attr("kernel_shape", {2, 2}), attr("colour", 3)}).set_name("culprit");
  EXPECT_EQ(findings(unknown), (std::vector<Finding>{{"unsupported-attribute", "culprit"}}));
  OnnxBuilder value = start();
  value.node("MaxPool", {"q"}, {"y"}, {attr("kernel_shape", {2, 2}), attr("storage_order", 1)}).set_name("culprit");
  EXPECT_EQ(findings(value), (std::vector<Finding>{{"unsupported-attribute", "culprit"}}));
}

TEST(Refusals, APoolWithAWindowThatLiesInThePadding) {
  for (const char* pool : {"MaxPool", "AveragePool"}) {
    OnnxBuilder outside = start();
    outside.node(pool, {"q"}, {"y"}, {attr("kernel_shape", {2, 2}), attr("pads", {0, 2, 0, 0})}).set_name("culprit");
    EXPECT_EQ(findings(outside), (std::vector<Finding>{{"unsupported-attribute", "culprit"}})) << pool;
    // Taps before and behind the map, none inside.
    OnnxBuilder around = start({1, 2, 2, 5});
    around
        .node(pool, {"q"}, {"y"}, {attr("kernel_shape", {2, 1}), attr("dilations", {4, 1}), attr("pads", {2, 0, 2, 0})})
        .set_name("culprit");
    EXPECT_EQ(findings(around), (std::vector<Finding>{{"unsupported-attribute", "culprit"}})) << pool;
  }
}

TEST(Refusals, ADynamicShape) {
  OnnxBuilder m = start({1, 2, -1, 5});
  m.node("Conv", {"q", "w"}, {"y"}).set_name("conv");
  EXPECT_EQ(findings(m), (std::vector<Finding>{{"dynamic-shape", "x"}}));
}

TEST(Refusals, ACycle) {
  OnnxBuilder m = start();
  m.node("Add", {"q", "b"}, {"a"}).set_name("first");
  m.node("Relu", {"a"}, {"b"}).set_name("second");
  m.node("Relu", {"b"}, {"y"}).set_name("third");
  const auto found = findings(m);
  ASSERT_FALSE(found.empty());
  for (const Finding& f : found) EXPECT_EQ(f.code, "bad-graph");
}

TEST(Refusals, AScaleThatIsNaNZeroNegativeOrInfinite) {
  for (const float scale : {std::nanf(""), 0.0F, -1.0F, HUGE_VALF}) {
    OnnxBuilder quant = start();
    quant.scalar("s", scale);
    quant.node("Quant", {"q", "s", "zero", "four"}, {"y"}, {attr("signed", 1)}, qonnx).set_name("culprit");
    EXPECT_EQ(findings(quant), (std::vector<Finding>{{"bad-constant", "culprit"}})) << scale;
    OnnxBuilder linear = start();
    linear.scalar("s", scale);
    linear.integers("z", {}, onnx::TensorProto::INT8, {0});
    linear.node("QuantizeLinear", {"q", "s", "z"}, {"i"}).set_name("culprit");
    linear.node("DequantizeLinear", {"i", "s", "z"}, {"y"}).set_name("follower");
    const auto found = findings(linear);
    ASSERT_FALSE(found.empty()) << scale;
    EXPECT_EQ(found[0].code, "bad-constant") << scale;
  }
}

TEST(Refusals, AnUnquantisedConvolutionInput) {
  OnnxBuilder raw = start();
  raw.node("Conv", {"x", "w"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(raw), (std::vector<Finding>{{"not-quantised", "culprit"}}));
  OnnxBuilder between = start();
  between.node("Sigmoid", {"q"}, {"s"}).set_name("sigmoid");
  between.node("Conv", {"s", "w"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(between), (std::vector<Finding>{{"not-quantised", "culprit"}}));
}

TEST(Refusals, WeightsThatAreNaNFloatsOrComputed) {
  OnnxBuilder nan = start();
  nan.floats("v", {1, 2, 1, 1}, {1, std::nanf("")});
  nan.node("Conv", {"q", "v"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(nan), (std::vector<Finding>{{"bad-constant", "culprit"}}));
  OnnxBuilder floats = start();
  floats.floats("v", {1, 2, 1, 1}, {0.7310585F, -0.2689414F});
  floats.node("Conv", {"q", "v"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(floats), (std::vector<Finding>{{"not-quantised", "culprit"}}));
  OnnxBuilder computed = start();
  computed.node("Conv", {"q", "q"}, {"y"}).set_name("culprit");
  const auto found = findings(computed);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].node, "culprit");
}

TEST(Refusals, WidthsBeyondTheContract) {
  OnnxBuilder m = start();
  m.scalar("sixteen", 16);
  m.scalar("fine", 0.001953125F);
  m.node("Quant", {"q", "fine", "zero", "sixteen"}, {"wide"}, {attr("signed", 1)}, qonnx).set_name("q16");
  m.node("Conv", {"wide", "w"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(m), (std::vector<Finding>{{"number-width", "culprit"}}));
}

TEST(Refusals, AQuotientOfTwoComputedTensors) {
  OnnxBuilder m = start();
  m.node("Conv", {"q", "w"}, {"a"}).set_name("conv");
  m.node("Div", {"a", "q"}, {"y"}).set_name("culprit");
  EXPECT_EQ(findings(m), (std::vector<Finding>{{"not-lowerable", "culprit"}}));
}

TEST(Refusals, ASecondQuantiserOnTheInput) {
  OnnxBuilder m = start();
  m.node("BipolarQuant", {"x", "unit"}, {"b"}, {}, qonnx).set_name("culprit");
  m.node("Add", {"q", "b"}, {"y"}).set_name("sum");
  EXPECT_EQ(findings(m), (std::vector<Finding>{{"not-lowerable", "culprit"}}));
}

TEST(Refusals, AllOfOneStageAtOnceWithoutTheirConsequences) {
  OnnxBuilder reading = start();
  reading.node("Asinh", {"q"}, {"a"}).set_name("one");
  reading.node("Relu", {"a"}, {"b"}).set_name("innocent");
  reading.node("MaxPool", {"q"}, {"c"}, {attr("kernel_shape", {2, 2}), attr("storage_order", 1)}).set_name("two");
  reading.scalar("s", 0);
  reading.node("Quant", {"q", "s", "zero", "four"}, {"d"}, {attr("signed", 1)}, qonnx).set_name("three");
  reading.node("Concat", {"b", "c", "d"}, {"y"}, {attr("axis", 1)}).set_name("consequence");
  EXPECT_EQ(findings(reading),
            (std::vector<Finding>{
                {"unsupported-operator", "one"}, {"unsupported-attribute", "two"}, {"bad-constant", "three"}}));
  OnnxBuilder sign = start();
  sign.scalar("minus", -0.5F);
  sign.node("Asinh", {"q"}, {"a"}).set_name("one");
  sign.node("GreaterOrEqual", {"a", "zero"}, {"c"}).set_name("compare");
  sign.node("Where", {"c", "unit", "minus"}, {"b"}).set_name("where");
  sign.node("Conv", {"b", "w"}, {"y"}).set_name("conv");
  EXPECT_EQ(findings(sign), (std::vector<Finding>{{"unsupported-operator", "one"}}));
  OnnxBuilder lowering = start();
  lowering.node("Conv", {"x", "w"}, {"a"}).set_name("one");
  lowering.node("Conv", {"q", "w"}, {"c"}).set_name("innocent");
  lowering.node("Div", {"q", "c"}, {"b"}).set_name("two");
  lowering.node("Add", {"a", "b"}, {"y"}).set_name("consequence");
  EXPECT_EQ(findings(lowering), (std::vector<Finding>{{"not-quantised", "one"}, {"not-lowerable", "two"}}));
}

}  // namespace
}  // namespace blendsim

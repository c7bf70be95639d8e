// SPDX-License-Identifier: Apache-2.0
// One dialect out of many: what each tool writes becomes the canonical operator that means the same.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/diagnostic.h"
#include "unit/network/onnx_builder.h"

namespace blendsim::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const OnnxBuilder& model) {
  try {
    (void)model.normalised();
  } catch (const DiagnosticError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> operators_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.op);
  return names;
}

OnnxBuilder open_model(const Shape& shape, int opset = 13) {
  OnnxBuilder model(opset);
  model.input("x", shape);
  model.output("y");
  return model;
}

std::vector<float> outputs(const Graph& graph, const std::vector<float>& x) {
  return evaluate(graph, {graph.inputs[0].shape, x}).at("y").values;
}

class QuantDomain : public ::testing::TestWithParam<const char*> {};

TEST_P(QuantDomain, QuantIsReadInAnyDomain) {
  OnnxBuilder model = open_model({1, 6});
  model.scalar("s", 0.5F);
  model.scalar("z", 0);
  model.scalar("b", 3);
  model.node("Quant", {"x", "s", "z", "b"}, {"y"}, {attr("signed", 1), attr("narrow", 1)}, GetParam());
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("Quant"));
  EXPECT_EQ(graph.nodes[0].attribute_int("lo", 0), -3);
  EXPECT_EQ(graph.nodes[0].attribute_int("hi", 0), 3);
  EXPECT_EQ(graph.nodes[0].attribute_string("rounding", ""), "ROUND");
  // 0.25 and 0.75 are ties at 0.5 and 1.5: to even.
  EXPECT_THAT(outputs(graph, {0.25F, 0.75F, -0.25F, 9, -9, 0.3F}), ElementsAre(0, 1, 0, 1.5F, -1.5F, 0.5F));
}

INSTANTIATE_TEST_SUITE_P(Domains, QuantDomain,
                         ::testing::Values("", "onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"));

TEST(Normalise, OneSignedBitIsBipolarWithZeroAsPlusOne) {
  OnnxBuilder model = open_model({1, 3});
  model.scalar("s", 0.5F);
  model.scalar("z", 0);
  model.scalar("b", 1);
  model.node("Quant", {"x", "s", "z", "b"}, {"y"}, {attr("signed", 1), attr("narrow", 0)});
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("Bipolar"));
  EXPECT_THAT(outputs(graph, {0, -0.1F, 3}), ElementsAre(0.5F, -0.5F, 0.5F));
}

std::string quant_refusal(float scale, float zero_point, float bits, const char* rounding = "ROUND") {
  OnnxBuilder model = open_model({1, 3});
  model.scalar("s", scale);
  model.scalar("z", zero_point);
  model.scalar("b", bits);
  model.node("Quant", {"x", "s", "z", "b"}, {"y"}, {attr("signed", 1), attr("rounding_mode", rounding)}).set_name("q");
  return refusal(model);
}

TEST(Normalise, RefusesBadQuantiserConstantsByNode) {
  const float nan = std::nanf(""), infinity = HUGE_VALF;
  for (const float scale : {0.0F, -1.0F, nan, infinity}) {
    EXPECT_THAT(quant_refusal(scale, 0, 4), AllOf(HasSubstr("error[bad-constant]"), HasSubstr("'q'")));
  }
  EXPECT_THAT(quant_refusal(1, 0.5F, 4), HasSubstr("error[bad-constant]"));
  for (const float bits : {2.5F, 0.0F, -3.0F, 33.0F, nan})
    EXPECT_THAT(quant_refusal(1, 0, bits), HasSubstr("error[number-width]"));
  EXPECT_THAT(quant_refusal(1, 0, 4, "STOCHASTIC"), HasSubstr("'STOCHASTIC' is unknown"));
  EXPECT_EQ(quant_refusal(1, 0, 4, "half_up"), "");
}

TEST(Normalise, RefusesAComputedScale) {
  OnnxBuilder model = open_model({1, 3});
  model.scalar("z", 0);
  model.scalar("b", 4);
  model.node("Quant", {"x", "x", "z", "b"}, {"y"}, {attr("signed", 1)});
  EXPECT_THAT(refusal(model), HasSubstr("error[not-constant]"));
}

TEST(Normalise, ListsAllUnsupportedNodesAtOnce) {
  OnnxBuilder model = open_model({1, 3});
  model.node("Bernoulli", {"x"}, {"a"}).set_name("first");
  model.node("Relu", {"a"}, {"b"}).set_name("fine");
  model.node("Conv", {"b", "b"}, {"c"}, {}, "some.vendor").set_name("second");
  auto& branch = model.node("If", {"c"}, {"y"});
  branch.set_name("third");
  auto* attribute = branch.add_attribute();
  attribute->set_name("then_branch");
  attribute->set_type(onnx::AttributeProto::GRAPH);
  attribute->mutable_g();
  EXPECT_THAT(refusal(model), AllOf(HasSubstr("'first'"), HasSubstr("'second'"), HasSubstr("'third'"),
                                    HasSubstr("some.vendor"), Not(HasSubstr("'fine'"))));
}

TEST(Normalise, WhereOfACompareIsBipolar) {
  OnnxBuilder model = open_model({1, 3});
  model.scalar("zero", 0);
  model.scalar("one", 1);
  model.scalar("minus", -1);
  model.node("GreaterOrEqual", {"x", "zero"}, {"c"});
  model.node("Where", {"c", "one", "minus"}, {"y"});
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("Bipolar"));
  EXPECT_EQ(graph.nodes[0].origin.size(), 2U);
  EXPECT_THAT(outputs(graph, {0, -1, 2}), ElementsAre(1, -1, 1));
}

TEST(Normalise, CompareCastMulSubIsBipolar) {
  OnnxBuilder model = open_model({1, 3});
  model.scalar("zero", 0);
  model.scalar("one", 1);
  model.scalar("two", 2);
  model.node("GreaterOrEqual", {"x", "zero"}, {"c"});
  model.node("Cast", {"c"}, {"f"}, {attr("to", 1)});
  model.node("Mul", {"two", "f"}, {"m"});
  model.node("Sub", {"m", "one"}, {"y"});
  EXPECT_THAT(operators_of(model.normalised()), ElementsAre("Bipolar"));
}

// Every comparison, constant on either side, against the comparison itself at and around the threshold.
TEST(Normalise, StrictAndReversedComparisonsKeepTheirMeaningAtTheThreshold) {
  for (const float bound : {0.0F, 0.75F}) {
    for (const char* op : {"Greater", "GreaterOrEqual", "Less", "LessOrEqual"}) {
      for (const bool constant_first : {false, true}) {
        OnnxBuilder model = open_model({1, 5});
        model.scalar("t", bound);
        model.scalar("one", 1);
        model.scalar("minus", -1);
        const std::vector<std::string> operands =
            constant_first ? std::vector<std::string>{"t", "x"} : std::vector<std::string>{"x", "t"};
        model.node(op, operands, {"c"});
        model.node("Where", {"c", "one", "minus"}, {"y"});
        const float infinity = std::numeric_limits<float>::infinity();
        const std::vector<float> x{bound, std::nextafter(bound, infinity), std::nextafter(bound, -infinity), -5, 5};
        std::vector<float> expected;
        for (const float v : x) {
          const float a = constant_first ? bound : v, b = constant_first ? v : bound;
          const bool truth = op == std::string("Greater")          ? a > b
                             : op == std::string("GreaterOrEqual") ? a >= b
                             : op == std::string("Less")           ? a < b
                                                                   : a <= b;
          expected.push_back(truth ? 1.0F : -1.0F);
        }
        EXPECT_EQ(outputs(model.normalised(), x), expected) << op << constant_first << bound;
      }
    }
  }
}

TEST(Normalise, TheStraightThroughResidueIsTheSign) {
  OnnxBuilder model = open_model({1, 4});
  model.scalar("lo", -1);
  model.scalar("hi", 1);
  model.node("Sign", {"x"}, {"s"});
  model.node("Clip", {"x", "lo", "hi"}, {"c"});
  model.node("Sub", {"s", "c"}, {"d"});
  model.node("Add", {"d", "c"}, {"y"});
  const Graph graph = model.normalised();
  EXPECT_THAT(operators_of(graph), ElementsAre("Sign"));
  EXPECT_THAT(outputs(graph, {0.1F, -0.3F, 0, 0.7F}), ElementsAre(1, -1, 0, 1));
}

TEST(Normalise, QuantizeClipDequantizeIsOneQuantWithTheClipsBits) {
  OnnxBuilder model = open_model({1, 5});
  model.scalar("s", 0.5F);
  model.integers("z", {}, onnx::TensorProto::UINT8, {0});
  model.integers("lo", {}, onnx::TensorProto::UINT8, {0});
  model.integers("hi", {}, onnx::TensorProto::UINT8, {7});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  model.node("Clip", {"q", "lo", "hi"}, {"c"});
  model.node("DequantizeLinear", {"c", "s", "z"}, {"y"});
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("Quant"));
  EXPECT_EQ(graph.nodes[0].attribute_int("bits", 0), 3);
  EXPECT_EQ(graph.nodes[0].attribute_int("signed", 1), 0);
  EXPECT_THAT(outputs(graph, {-1, 0.25F, 0.75F, 3.4F, 99}), ElementsAre(0, 0, 1, 3.5F, 3.5F));
}

TEST(Normalise, QuantizeLinearRoundsBeforeItAddsAnOddZeroPoint) {
  OnnxBuilder model = open_model({1, 2});
  model.scalar("s", 1);
  model.integers("z", {}, onnx::TensorProto::UINT8, {3});
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"y"});
  // ONNX: saturate(round_half_even(x / scale) + zero_point): 0.5 -> 0, 1.5 -> 2.
  EXPECT_THAT(outputs(model.normalised(), {0.5F, 1.5F}), ElementsAre(0, 2));
}

TEST(Normalise, IntegerWeightsWithOneScaleAChannelStayQuantised) {
  OnnxBuilder model = open_model({1, 1, 1, 2});
  model.integers("w", {2, 1, 1, 1}, onnx::TensorProto::INT8, {-3, 5});
  model.floats("s", {2}, {0.5F, 0.25F});
  model.integers("z", {2}, onnx::TensorProto::INT8, {0, 0});
  model.integers("b", {2}, onnx::TensorProto::INT32, {100, -100});
  model.scalar("bs", 0.01F);
  model.node("DequantizeLinear", {"w", "s", "z"}, {"wd"}, {attr("axis", 0)});
  model.node("DequantizeLinear", {"b", "bs"}, {"bd"});
  model.node("Conv", {"x", "wd", "bd"}, {"y"});
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("Quant", "Conv"));
  EXPECT_EQ(std::get<Constant>(graph.nodes[0].attributes.at("scale")).shape, (Shape{2, 1, 1, 1}));
  EXPECT_THAT(graph.constant("bd")->as_float(), ElementsAre(1, -1));
  EXPECT_THAT(outputs(graph, {1, 2}), ElementsAre(-0.5F, -2, 0.25F, 1.5F));
}

TEST(Normalise, BatchNormBetweenUnsqueezeAndSqueezeStandsAlone) {
  OnnxBuilder model = open_model({1, 2}, 11);
  for (const char* name : {"g", "b", "m", "v"}) model.floats(name, {2}, {1, 2});
  model.node("Unsqueeze", {"x"}, {"u"}, {attr("axes", {2})});
  model.node("BatchNormalization", {"u", "g", "b", "m", "v"}, {"n"});
  model.node("Squeeze", {"n"}, {"y"}, {attr("axes", {2})});
  EXPECT_THAT(operators_of(model.normalised()), ElementsAre("BatchNormalization"));
}

TEST(Normalise, RefusesBatchNormInTrainingModeOrWithNegativeVariance) {
  for (const bool training : {false, true}) {
    OnnxBuilder model = open_model({1, 1}, 14);
    for (const char* name : {"g", "b", "m"}) model.floats(name, {1}, {1});
    model.floats("v", {1}, {training ? 1.0F : -1.0F});
    model.node("BatchNormalization", {"x", "g", "b", "m", "v"}, {"y"}, {attr("training_mode", training ? 1 : 0)});
    EXPECT_THAT(refusal(model), HasSubstr(training ? "training mode" : "variance is negative"));
  }
}

TEST(Normalise, GemmBecomesMatMulAndAdd) {
  OnnxBuilder model = open_model({1, 2});
  model.floats("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  model.floats("b", {3}, {10, 20, 30});
  model.node("Gemm", {"x", "w", "b"}, {"y"}, {attr("transB", 1)});
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("MatMul", "Add"));
  EXPECT_EQ(graph.constant(graph.nodes[0].inputs[1])->shape, (Shape{2, 3}));
  EXPECT_THAT(outputs(graph, {1, 1}), ElementsAre(13, 27, 41));
}

TEST(Normalise, RefusesWeightsThatAreComputed) {
  OnnxBuilder model = open_model({1, 1, 3, 3});
  model.node("Conv", {"x", "x"}, {"y"}).set_name("c");
  EXPECT_THAT(refusal(model), AllOf(HasSubstr("error[not-constant]"), HasSubstr("'c'")));
}

TEST(Normalise, ReducesGlobalPoolingAndReduceMeanToAveragePool) {
  for (const char* op : {"GlobalAveragePool", "ReduceMean"}) {
    OnnxBuilder model = open_model({1, 1, 2, 2});
    std::vector<onnx::AttributeProto> attributes;
    if (op == std::string("ReduceMean")) attributes = {attr("axes", {-1, -2}), attr("keepdims", 0)};
    model.node(op, {"x"}, {"y"}, attributes);
    const Graph graph = model.normalised();
    EXPECT_EQ(graph.nodes[0].op, "AveragePool");
    EXPECT_THAT(outputs(graph, {1, 2, 3, 6}), ElementsAre(3));
  }
}

TEST(Normalise, IdentityAndDropoutVanishAndTheOutputKeepsItsName) {
  OnnxBuilder model = open_model({1, 2});
  model.node("Identity", {"x"}, {"a"});
  model.node("Relu", {"a"}, {"b"});
  model.node("Dropout", {"b"}, {"y"});
  const Graph graph = model.normalised();
  ASSERT_THAT(operators_of(graph), ElementsAre("Relu"));
  EXPECT_EQ(graph.nodes[0].outputs[0], "y");
  EXPECT_EQ(graph.nodes[0].inputs[0], "x");
}

TEST(Normalise, AutoPadBecomesExplicit) {
  for (const auto& [mode, pads] : {std::pair{"SAME_UPPER", std::vector<std::int64_t>{0, 0, 1, 1}},
                                   std::pair{"SAME_LOWER", std::vector<std::int64_t>{1, 1, 0, 0}},
                                   std::pair{"VALID", std::vector<std::int64_t>{0, 0, 0, 0}}}) {
    OnnxBuilder model = open_model({1, 1, 4, 4});
    model.floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1));
    model.node("Conv", {"x", "w"}, {"y"}, {attr("auto_pad", mode), attr("strides", {2, 2})});
    EXPECT_EQ(model.normalised().nodes[0].attribute_ints("pads", {}), pads) << mode;
  }
}

TEST(Normalise, RefusesAttributesOfAnotherTypeAndUnknownOnes) {
  OnnxBuilder model = open_model({1, 1, 4, 4});
  model.node("MaxPool", {"x"}, {"y"}, {attr("kernel_shape", 2)});
  EXPECT_THAT(refusal(model), HasSubstr("error[unsupported-attribute]"));
  OnnxBuilder other = open_model({1, 1, 4, 4});
  other.node("MaxPool", {"x"}, {"y"}, {attr("kernel_shape", {2, 2}), attr("depth", 2)});
  EXPECT_THAT(refusal(other), HasSubstr("no attribute 'depth'"));
}

TEST(Normalise, ClipAndAxesMayBeAttributesOrInputs) {
  OnnxBuilder old = open_model({1, 2}, 6);
  old.node("Clip", {"x"}, {"y"}, {attr("min", -1.0F), attr("max", 2.0F)});
  EXPECT_THAT(outputs(old.normalised(), {-9, 9}), ElementsAre(-1, 2));
  OnnxBuilder half = open_model({1, 2});
  half.scalar("hi", 2);
  half.node("Clip", {"x", "", "hi"}, {"y"});
  EXPECT_THAT(outputs(half.normalised(), {-9, 9}), ElementsAre(-9, 2));
}

}  // namespace
}  // namespace blendsim::test

// SPDX-License-Identifier: Apache-2.0
// Hand-computed cases: ties, directions, three-valued sign, sharing of layers, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "network/lowering/builder.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
constexpr const char* qonnx = "qonnx.custom_op.general";

// x [1, 2, 1, 1] as INT4 -> dense weights: y0 = x0, y1 = -x1 ("acc"), ready for more nodes.
test::OnnxBuilder start() {
  test::OnnxBuilder m;
  m.input("x", {1, 2, 1, 1});
  m.scalar("one", 1);
  m.scalar("zero", 0);
  m.scalar("four", 4);
  m.node("Quant", {"x", "one", "zero", "four"}, {"xq"},
         {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
  m.floats("w", {2, 2, 1, 1}, {1, 0, 0, -1});
  m.node("Conv", {"xq", "w"}, {"acc"}).set_name("conv");
  return m;
}

// Sums of more than 8 bits ("wide"), which no table holds.
void wide_sums(test::OnnxBuilder& m) {
  m.floats("v", {2, 2, 1, 1}, {40, 0, 0, -40});
  m.node("Conv", {"xq", "v"}, {"wide"});
}

const PostProcessing& only_post(const IntegerNetwork& net) {
  const PostProcessing* found = nullptr;
  for (const Layer& layer : net.layers) {
    if (const auto* post = std::get_if<PostProcessing>(&layer.work)) found = post;
  }
  return *found;
}

std::string first_code(const test::OnnxBuilder& m, std::string* node = nullptr) {
  try {
    (void)lower(m.normalised());
  } catch (const DiagnosticError& error) {
    if (node != nullptr) *node = error.diagnostics().front().place.node;
    return std::string(error.diagnostics().front().code.name());
  }
  return "accepted";
}

TEST(LowerRules, QuantRoundsTiesToEvenAndMultiThresholdCountsThem) {
  test::OnnxBuilder even = start();  // codes 0..3 of acc / 2: the ties at acc = 1, 3, 5 go to 0, 2, 2
  even.scalar("two", 2);
  even.node("Quant", {"acc", "two", "zero", "two"}, {"y"},
            {attr("signed", 0), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
  even.output("y");
  const IntegerNetwork a = lower(even.normalised());
  ASSERT_TRUE(only_post(a).thresholds);
  EXPECT_EQ(only_post(a).thresholds->values, (std::vector<std::int64_t>{2, 3, 6, 2, 3, 6}));

  test::OnnxBuilder finn = start();  // thresholds at 2 * (k + 1/2): ties go up
  finn.floats("t", {1, 3}, {1, 3, 5});
  finn.node("MultiThreshold", {"acc", "t"}, {"y"},
            {attr("out_scale", 1.0F), attr("out_bias", 0.0F), attr("out_dtype", "UINT2")}, qonnx);
  finn.output("y");
  const IntegerNetwork b = lower(finn.normalised());
  EXPECT_EQ(only_post(b).thresholds->values, (std::vector<std::int64_t>{1, 3, 5, 1, 3, 5}));
}

TEST(LowerRules, NegativeAndZeroGammaTurnOrFixTheDirection) {
  test::OnnxBuilder m = start();
  m.floats("g", {2}, {-1, 0});
  m.floats("b", {2}, {0.5F, -0.25F});
  m.floats("mean", {2}, {2, 0});
  m.floats("var", {2}, {1, 1});
  m.node("BatchNormalization", {"acc", "g", "b", "mean", "var"}, {"bn"}, {attr("epsilon", 0.0F)});
  m.node("BipolarQuant", {"bn", "one"}, {"y"}, {}, qonnx);
  m.output("y");
  const IntegerNetwork net = lower(m.normalised());
  const Thresholds& t = *only_post(net).thresholds;  // -(acc - 2) + 0.5 >= 0 up to acc = 2; -0.25 never
  const IntTensor& acc = net.tensor(only_post(net).a);
  EXPECT_EQ(t.direction, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(t.values, (std::vector<std::int64_t>{3, acc.hi + 1}));
}

TEST(LowerRules, ThreeValuedSignKeepsItsZeroWhereItIsReachable) {
  test::OnnxBuilder reachable = start();
  reachable.node("Sign", {"acc"}, {"y"});
  reachable.output("y");
  const IntegerNetwork a = lower(reachable.normalised());
  EXPECT_EQ(a.tensor(a.output_tensors[0]).format, Format::signed_bits(2));
  EXPECT_NE(a.layers.back().exactness.note.find("0 is reachable in 2 of 2"), std::string::npos);

  test::OnnxBuilder unreachable = start();
  unreachable.scalar("half", 0.5F);
  unreachable.node("Add", {"acc", "half"}, {"shifted"});
  unreachable.node("Sign", {"shifted"}, {"y"});
  unreachable.output("y");
  const IntegerNetwork b = lower(unreachable.normalised());
  EXPECT_TRUE(b.tensor(b.output_tensors[0]).format.is_bipolar());
}

TEST(LowerRules, AFixedStreamAndItsSignComeFromOneLayer) {
  test::OnnxBuilder m = start();
  m.scalar("eight", 8);
  m.scalar("half", 0.5F);
  m.node("Quant", {"acc", "half", "zero", "eight"}, {"q8"},
         {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
  m.node("BipolarQuant", {"q8", "one"}, {"sign"}, {}, qonnx);
  m.output("q8");
  m.output("sign");
  const IntegerNetwork net = lower(m.normalised());
  ASSERT_EQ(net.layers.size(), 2U);
  EXPECT_NE(only_post(net).fixed, no_tensor);
  EXPECT_NE(only_post(net).code, no_tensor);
  EXPECT_FALSE(only_post(net).thresholds);
}

TEST(LowerRules, FloatOperationsBeforeAConvolutionAreRefusedByName) {
  test::OnnxBuilder m = start();
  m.node("Sigmoid", {"acc"}, {"r"});
  m.node("Conv", {"r", "w"}, {"y"}).set_name("second");
  m.output("y");
  std::string node;
  EXPECT_EQ(first_code(m, &node), "not-quantised");
  EXPECT_EQ(node, "second");
}

TEST(LowerRules, WideActivationsAndFloatWeightsAreRefused) {
  test::OnnxBuilder wide = start();
  wide.scalar("sixteen", 16);
  wide.scalar("fine", 0.001953125F);
  wide.node("Quant", {"acc", "fine", "zero", "sixteen"}, {"q16"},
            {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
  wide.node("Conv", {"q16", "w"}, {"y"}).set_name("second");
  wide.output("y");
  EXPECT_EQ(first_code(wide), "number-width");

  test::OnnxBuilder floats = start();
  floats.node("BipolarQuant", {"acc", "one"}, {"s"}, {}, qonnx);
  floats.floats("v", {1, 2, 1, 1}, {0.7310585F, -0.2689414F});
  floats.node("Conv", {"s", "v"}, {"y"}).set_name("second");
  floats.output("y");
  EXPECT_EQ(first_code(floats), "not-quantised");
}

TEST(LowerRules, RoundingTowardZeroOfSignedBytesIsRefusedByName) {
  for (const char* mode : {"UP", "DOWN"}) {
    test::OnnxBuilder m = start();
    m.floats("bits8", {}, {8});
    wide_sums(m);
    m.node("Quant", {"wide", "four", "zero", "bits8"}, {"y"},
           {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", mode)}, qonnx)
        .set_name("rounded");
    m.output("y");
    try {
      (void)lower(m.normalised());
      FAIL() << "it was accepted";
    } catch (const DiagnosticError& error) {
      ASSERT_EQ(error.diagnostics().size(), 1U);
      EXPECT_EQ(error.diagnostics()[0].place.node, "rounded");
      EXPECT_NE(error.diagnostics()[0].message.find(mode), std::string::npos);
    }
  }
}

TEST(LowerRules, SoIsItBehindAnActivation) {
  for (const char* mode : {"UP", "DOWN"}) {
    test::OnnxBuilder m = start();
    m.floats("bits8", {}, {8});
    wide_sums(m);
    m.node("LeakyRelu", {"wide"}, {"leaky"}, {attr("alpha", 0.3F)});
    m.node("Quant", {"leaky", "four", "zero", "bits8"}, {"y"},
           {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", mode)}, qonnx)
        .set_name("rounded");
    m.output("y");
    std::string node;
    EXPECT_EQ(first_code(m, &node), "not-lowerable") << mode;
    EXPECT_EQ(node, "rounded") << mode;
  }
}

TEST(LowerRules, AllRefusalsComeAtOnceAndNotTheirConsequences) {
  test::OnnxBuilder m = start();
  m.node("Sigmoid", {"acc"}, {"r"});
  m.node("Conv", {"r", "w"}, {"a"}).set_name("left");
  m.node("Conv", {"r", "w"}, {"b"}).set_name("right");
  m.node("Add", {"a", "b"}, {"y"}).set_name("sum");
  m.output("y");
  try {
    (void)lower(m.normalised());
    FAIL() << "it was accepted";
  } catch (const DiagnosticError& error) {
    ASSERT_EQ(error.diagnostics().size(), 2U);
    EXPECT_EQ(error.diagnostics()[0].place.node, "left");
    EXPECT_EQ(error.diagnostics()[1].place.node, "right");
  }
}

TEST(LowerRules, AnUnquantisedJoinOperandIsRoundedAndCounted) {
  test::OnnxBuilder m = start();
  m.floats("third", {2, 1, 1}, {0.31415F, 0.7172F});
  m.node("Mul", {"acc", "third"}, {"scaled"});
  m.node("Add", {"scaled", "xq"}, {"sum"}).set_name("join");
  m.node("BipolarQuant", {"sum", "one"}, {"y"}, {}, qonnx);
  m.output("y");
  const IntegerNetwork net = lower(m.normalised());
  const Exactness& e = net.layers.back().exactness;
  EXPECT_FALSE(e.exact);
  EXPECT_GT(e.differing, 0);
  EXPECT_NE(e.note.find("'join'"), std::string::npos);
}

TEST(LowerRules, AClaimOfACodeCountsCodesWhereItsOperandWasRounded) {
  lowering::Builder builder;
  const auto map = [](const char* name, Format format, std::int64_t lo, std::int64_t hi) {
    auto m = std::make_shared<lowering::Map>();
    m->name = m->layer_name = name;
    m->channels = m->height = m->width = 1;
    m->format = format;
    m->domain = lowering::uniform_domain(1, lo, hi, 1);
    return m;
  };
  const auto operand = map("operand", Format::signed_bits(16), -100, 100);
  const auto rounded = map("rounded", Format::signed_bits(32), -100, 100);
  const auto code = map("code", Format::unsigned_bits(2), 0, 3);
  PostProcessing recipe;
  recipe.a = builder.add_tensor(*operand);
  rounded->recipe = recipe;
  rounded->exactness.exact = false;
  rounded->exactness.max_error = 1;
  Thresholds at_once;  // one unit of the operand passes all three
  at_once.levels = 3;
  at_once.values = {4, 4, 4};
  at_once.direction = {1};
  builder.write_code(rounded, {at_once, {}}, code);
  EXPECT_EQ(builder.network.layers.back().exactness.max_error, 3);
}

TEST(CheckNetwork, RefusesABrokenNetwork) {
  test::OnnxBuilder m = start();
  m.node("BipolarQuant", {"acc", "one"}, {"y"}, {}, qonnx);
  m.output("y");
  const IntegerNetwork good = lower(m.normalised());
  EXPECT_NO_THROW(check(good));
  IntegerNetwork order = good;
  std::reverse(order.layers.begin(), order.layers.end());
  EXPECT_THROW(check(order), InvariantError);
  IntegerNetwork weights = good;
  std::get<Convolution>(weights.layers[0].work).weights.pop_back();
  EXPECT_THROW(check(weights), InvariantError);
  IntegerNetwork range = good;
  range.tensors[static_cast<std::size_t>(std::get<Convolution>(good.layers[0].work).output)].hi = 1;
  EXPECT_THROW(check(range), InvariantError);
  EXPECT_NE(order.digest(), good.digest());
  EXPECT_EQ(lower(m.normalised()).digest(), good.digest());
}

}  // namespace
}  // namespace blendsim

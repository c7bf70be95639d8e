// SPDX-License-Identifier: Apache-2.0
// The parts of the differential test: what judges others is judged here.
#include <gtest/gtest.h>

#include <cmath>

#include "generator.h"
#include "integer_layers.h"
#include "judge.h"
#include "shrink.h"
#include "trial.h"

namespace blendsim::differential {
namespace {

// A model of one QONNX operator on x [1, 1, 1, n].
struct OneOperator {
  test::OnnxBuilder model{13, 8};
  Traits traits;

  std::vector<float> values(const std::string& op, const std::vector<std::vector<float>>& parameters,
                            const std::vector<onnx::AttributeProto>& attributes, const std::vector<float>& x) {
    const auto n = static_cast<std::int64_t>(x.size());
    model.opset_import("qonnx.custom_op.general", 1);
    model.input("x", {1, 1, 1, n});
    std::vector<std::string> inputs{"x"};
    for (const auto& p : parameters) {
      inputs.push_back("p" + std::to_string(inputs.size()));
      const Shape shape =
          p.size() == 1 && op != "MultiThreshold" ? Shape{} : Shape{1, static_cast<std::int64_t>(p.size())};
      model.floats(inputs.back(), shape, p);
    }
    model.node(op, inputs, {"y"}, attributes, "qonnx.custom_op.general");
    model.output("y");
    Judge judge;
    return judge.judge(model.bytes(), traits, {{1, 1, 1, n}, x}).at("y").array.values;
  }
};

class Definitions : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  }
  // Quant with scale 1 and 4 signed bits.
  static std::vector<float> rounded(const char* mode, const std::vector<float>& x) {
    return OneOperator().values("Quant", {{1}, {0}, {4}},
                                {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", mode)}, x);
  }
};

TEST_F(Definitions, OfQuantRoundAsTheirModeSays) {
  const std::vector<float> x{-1.5F, -0.5F, 0.5F, 1.5F, 1.25F, -1.25F, 1.75F};
  EXPECT_EQ(rounded("ROUND", x), (std::vector<float>{-2, 0, 0, 2, 1, -1, 2}));
  EXPECT_EQ(rounded("CEIL", x), (std::vector<float>{-1, 0, 1, 2, 2, -1, 2}));
  EXPECT_EQ(rounded("FLOOR", x), (std::vector<float>{-2, -1, 0, 1, 1, -2, 1}));
  EXPECT_EQ(rounded("UP", x), (std::vector<float>{-2, -1, 1, 2, 2, -2, 2}));
  EXPECT_EQ(rounded("DOWN", x), (std::vector<float>{-1, 0, 0, 1, 1, -1, 1}));
  EXPECT_EQ(rounded("HALF_UP", x), (std::vector<float>{-2, -1, 1, 2, 1, -1, 2}));
  EXPECT_EQ(rounded("HALF_DOWN", x), (std::vector<float>{-1, 0, 0, 1, 1, -1, 2}));
}

TEST_F(Definitions, OfQuantClipBeforeRoundingAndTakeTheZeroPointOffAgain) {
  // 3 unsigned bits, narrow: codes 0 to 6; zero point 2, scale 0.5.
  const auto y = OneOperator().values("Quant", {{0.5F}, {2}, {3}},
                                      {attr("signed", 0), attr("narrow", 1), attr("rounding_mode", "ROUND")},
                                      {-9, -1.25F, 0, 0.26F, 2, 9});
  EXPECT_EQ(y, (std::vector<float>{-1, -1, 0, 0.5F, 2, 2}));
}

TEST_F(Definitions, OfQuantWithOneSignedBitAndOfBipolarQuantAreSigns) {
  const auto y = OneOperator().values("Quant", {{0.5F}, {0}, {1}}, {attr("signed", 1)}, {-0.1F, 0, 3});
  EXPECT_EQ(y, (std::vector<float>{-0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(OneOperator().values("BipolarQuant", {{2}}, {}, {-0.1F, 0, 3}), (std::vector<float>{-2, 2, 2}));
}

TEST_F(Definitions, OfMultiThresholdCountWhatIsReached) {
  const auto y = OneOperator().values("MultiThreshold", {{-1, 0, 2}},
                                      {attr("out_scale", -2.0F), attr("out_bias", 3.0F)}, {-1.5F, -1, 0, 1.9F, 2});
  EXPECT_EQ(y, (std::vector<float>{3, 1, -1, -1, -3}));
}

TEST_F(Definitions, OfTruncCutBitsOff) {
  // 8 to 6 bits at scale 1: a quarter, rounded down; version 2 at the scale 4 of what is left, clipped to 3 bits.
  EXPECT_EQ(OneOperator().values("Trunc", {{1}, {0}, {8}, {6}}, {attr("rounding_mode", "FLOOR")}, {7, 8, -1, 40}),
            (std::vector<float>{1, 2, -1, 10}));
  EXPECT_EQ(OneOperator().values("Trunc", {{1}, {0}, {8}, {4}, {3}},
                                 {attr("rounding_mode", "FLOOR"), attr("signed", 1)}, {7, 8, -1, 40}),
            (std::vector<float>{4, 8, -4, 12}));
}

TEST_F(Definitions, LeaveTheFilesOwnTensorsTheirNames) {
  OneOperator one;
  one.traits.rounding_sums = {};
  EXPECT_EQ(one.values("BipolarQuant", {{1}}, {}, {2}), std::vector<float>{1});
}

TEST(Bracket, TellsWhereAnotherOrderOfASumGivesAnotherCode) {
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  test::OnnxBuilder model(13, 8);
  model.input("x", {1, 1, 1, 3});
  model.floats("w", {1, 1, 1, 1}, {0.1F});
  model.node("Conv", {"x", "w"}, {"sum"}, {attr("kernel_shape", {1, 1})});
  model.scalar("minus", -1.0F);
  model.node("Mul", {"sum", "minus"}, {"fallen"});
  model.scalar("t", -0.1F);
  model.node("GreaterOrEqual", {"fallen", "t"}, {"flag"});
  model.scalar("one", 1.0F);
  model.scalar("zero", 0.0F);
  model.node("Where", {"flag", "one", "zero"}, {"y"});
  model.output("y");
  Traits traits;
  traits.rounding_sums = {"sum"};
  traits.quantised = {"y"};
  Judge judge;
  const Judged y = judge.judge(model.bytes(), traits, {{1, 1, 1, 3}, {0, 1, 2}}).at("y");
  EXPECT_EQ(y.array.values.size(), 3U);
  EXPECT_EQ(y.low[0], y.high[0]);
  EXPECT_NE(y.low[1], y.high[1]) << "0.1 * 1 is the threshold but for rounding";
  EXPECT_EQ(y.low[2], y.high[2]);
}

TEST(Bracket, TakesTheTurnOfANegativeSlopeBetweenItsEnds) {
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  test::OnnxBuilder model(13, 8);
  model.input("x", {1, 1, 1, 2});
  model.floats("w", {1, 1, 1, 1}, {0.1F});
  model.scalar("k", 0.1F);
  model.node("Conv", {"x", "w"}, {"product"});
  model.node("Sub", {"product", "k"}, {"sum"});  // 0 but for rounding
  model.node("LeakyRelu", {"sum"}, {"bent"}, {attr("alpha", -0.5F)});
  model.node("Sign", {"bent"}, {"y"});
  model.output("y");
  Traits traits;
  traits.rounding_sums = {"product"};
  traits.quantised = {"y"};
  Judge judge;
  const Judged y = judge.judge(model.bytes(), traits, {{1, 1, 1, 2}, {1, 3}}).at("y");
  EXPECT_EQ(y.low[0], 0) << "both ends are positive, 0 lies between them";
  EXPECT_EQ(y.high[0], 1);
  EXPECT_EQ(y.low[1], y.high[1]);
}

TEST(IntegerLayers, RoundTiesAsTheContractSays) {
  IntegerNetwork network;
  IntTensor in{"in", 1, 1, 4, Format::signed_bits(8), -128, 127, 0, 1};
  network.tensors = {in, in};
  network.tensors[1].name = "out";
  PostProcessing post;
  post.a = 0;
  post.fixed = 1;
  const auto computed = [&](Rounding rounding) {
    post.q1 = Affine{{1}, {0}, {1}, -128, 127, rounding};
    TensorValues values{{-3, -1, 1, 3}, {}};
    compute_layer(network, Layer{"post", "Post", {}, post, {}}, values);
    return values[1];
  };
  EXPECT_EQ(computed(Rounding::half_even), (std::vector<std::int32_t>{-2, 0, 0, 2}));
  EXPECT_EQ(computed(Rounding::half_up), (std::vector<std::int32_t>{-1, 0, 1, 2}));
  EXPECT_EQ(computed(Rounding::floor), (std::vector<std::int32_t>{-2, -1, 0, 1}));
}

TEST(Choices, OfASeedAreReplayedByTheirDraws) {
  Choices first(7);
  const Case a = generate(first);
  Choices second(first.drawn());
  const Case b = generate(second);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.input, b.input);
}

TEST(Shrinker, FindsTheLeastDrawsThatStillFail) {
  // Fails where three draws in a row of one scope add up to 10 or more; the rest is ballast.
  const Fails fails = [](Choices& choices) {
    bool failed = false;
    while (choices.chance(90)) {
      const Choices::Scope scope(choices);
      const int a = choices.pick(0, 9), b = choices.pick(0, 9), c = choices.pick(0, 9);
      failed = failed || a + b + c >= 10;
    }
    return failed;
  };
  Choices random(3);
  ASSERT_TRUE(fails(random)) << "another seed is needed";
  const std::vector<int> least = shrunk(random.drawn(), fails, 2000);
  Choices replayed(least);
  EXPECT_TRUE(fails(replayed));
  EXPECT_EQ(replayed.drawn().size(), 5U);
}

TEST(Skeletons, LeaveOutNamesAndNumbers) { EXPECT_EQ(skeleton("layer 'Conv_3': 17 of 250 do"), "layer ': # of # do"); }

}  // namespace
}  // namespace blendsim::differential

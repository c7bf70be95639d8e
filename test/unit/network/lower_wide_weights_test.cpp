// SPDX-License-Identifier: Apache-2.0
// Weights of more than 8 bits, in parts of 8 over the same input: what they sum up to, and what is repeated for them.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;
constexpr const char* wide_domain = "qonnx.custom_op.general";

struct WideConv {
  std::int64_t channels = 4, outputs = 3, groups = 1, kernel = 1, pad = 0;
  float bits = 8;
  float zero = 0;        // of the input's codes
  bool bipolar = false;  // the input
  std::vector<float> weights;

  [[nodiscard]] std::int64_t count() const { return outputs * channels / groups * kernel * kernel; }
  [[nodiscard]] Graph graph() const {
    OnnxBuilder m(19);
    m.input("x", {1, channels, 5, 4});
    m.scalar("one", 1);
    m.scalar("zero", zero);
    m.scalar("bits", bits);
    if (bipolar) m.node("BipolarQuant", {"x", "one"}, {"q"}, {}, wide_domain);
    else
      m.node("Quant", {"x", "one", "zero", "bits"}, {"q"},
             {attr("signed", zero == 0 ? 1 : 0), attr("narrow", 0), attr("rounding_mode", "ROUND")}, wide_domain);
    m.floats("w", {outputs, channels / groups, kernel, kernel}, weights);
    m.node("Conv", {"q", "w"}, {"y"}, {attr("group", groups), attr("pads", {pad, pad, pad, pad})}).set_name("wide");
    m.output("y");
    return m.normalised();
  }
};

std::vector<float> wide_numbers(std::int64_t count, std::int64_t lo, std::int64_t hi) {
  test::Random random(9);
  std::vector<float> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(static_cast<float>(random.between(lo, hi)));
  return out;
}

const Convolution& wide_layer(const IntegerNetwork& net) {
  for (const Layer& layer : net.layers) {
    if (layer.name == "wide") return std::get<Convolution>(layer.work);
  }
  throw std::runtime_error("there is no such layer");
}

// All pixels 1: each sum is the sum of its weights.
TEST(WideWeights, SumUpToWhatTheyAre) {
  WideConv c{.channels = 3, .outputs = 2, .weights = {255, -255, 1, 509, -510, -510}};
  const IntegerNetwork net = lower(c.graph());
  const TensorValues values = execute(net, std::vector<std::int32_t>(60, 1));
  const auto& sums = values[static_cast<std::size_t>(net.output_tensors[0])];
  EXPECT_EQ(sums, [] {
    std::vector<std::int32_t> expected(40, 1);
    std::fill(expected.begin() + 20, expected.end(), -511);
    return expected;
  }());
  EXPECT_EQ(wide_layer(net).weight_format, Format::signed_bits(8));
}

TEST(WideWeights, OfAnyGroupsInputAndPaddingGiveTheFilesSums) {
  for (const auto& [channels, outputs, groups] : std::vector<std::array<std::int64_t, 3>>{
           {4, 3, 1}, {40, 17, 1}, {32, 32, 32}, {12, 24, 12}, {64, 32, 2}, {20, 10, 5}, {48, 96, 48}}) {
    for (const auto& [zero, bipolar] : std::vector<std::pair<float, bool>>{{0, false}, {120, false}, {0, true}}) {
      SCOPED_TRACE(testing::Message() << channels << " / " << groups << ", zero point " << zero);
      WideConv c{.channels = channels, .outputs = outputs, .groups = groups, .kernel = 3, .pad = 1};
      c.zero = zero;
      c.bipolar = bipolar;
      c.weights = wide_numbers(c.count(), -130, 255);
      const Graph graph = c.graph();
      const IntegerNetwork net = lower(graph);
      EXPECT_TRUE(test::all_exact(net)) << test::exactness_text(net);
      test::Random random(3);
      test::expect_equal(graph, net, test::random_input(graph, random, -128, 127));
    }
  }
}

// Two of 40 channels have weights beyond 8 bits: those two are repeated.
TEST(WideWeights, RepeatNoMoreChannelsThanNeedIt) {
  WideConv c{.channels = 40, .outputs = 5, .zero = 100, .weights = wide_numbers(200, -128, 127)};
  c.weights[3] = 128;
  c.weights[40 + 20] = -255;
  const Graph graph = c.graph();
  const IntegerNetwork net = lower(graph);
  EXPECT_EQ(net.tensor(wide_layer(net).input).channels, 42);
  EXPECT_EQ(wide_layer(net).weights.size(), 42U * 5);
  test::Random random(4);
  test::expect_equal(graph, net, test::random_input(graph, random, -128, 127));
}

// Depthwise: blocks of 16 groups, each with its channels twice.
TEST(WideWeights, OfDepthwiseConvolutionsAreBlocksOfSlices) {
  WideConv c{.channels = 64, .outputs = 64, .groups = 64, .kernel = 3, .weights = wide_numbers(576, -200, 55)};
  const IntegerNetwork net = lower(c.graph());
  EXPECT_EQ(wide_layer(net).groups, 4);
  EXPECT_EQ(net.tensor(wide_layer(net).input).channels, 128);
}

// Unsigned bytes are planes beside 2 to 4 bits, and no weights of a MAC.
TEST(WideWeights, ThatAByteHoldsAreLeftAlone) {
  for (const float bits : {8.0F, 4.0F}) {
    for (const std::int64_t lo : {-128, 0}) {
      WideConv c{.channels = 8, .outputs = 4, .bits = bits, .weights = wide_numbers(32, lo, lo + 255)};
      const IntegerNetwork net = lower(c.graph());
      EXPECT_EQ(wide_layer(net).input == net.input_tensor, bits == 4 || lo < 0);
    }
  }
}

TEST(WideWeights, BeyondTheirLimitAreRefused) {
  WideConv c{.channels = 3, .outputs = 1, .weights = {511, 3, -2}};
  EXPECT_THROW((void)lower(c.graph()), DiagnosticError);
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Forms that files take, each lowered, executed and compared with the float evaluation, value by value.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::Random;
constexpr const char* qonnx = "qonnx.custom_op.general";

// x [1, channels, 7, 6]; each call adds a node and returns its output.
class Model {
 public:
  explicit Model(std::int64_t channels = 3, int opset = 13, int ir = 8) : m(opset, ir), channels_(channels) {
    m.input("x", {1, channels, 7, 6});
  }
  test::OnnxBuilder m;

  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<onnx::AttributeProto>& attributes = {}, const std::string& domain = "") {
    const std::string out = op + std::to_string(count_++);
    m.node(op, inputs, {out}, attributes, domain).set_name(out + "_node");
    return out;
  }
  std::string floats(const Shape& shape, const std::vector<float>& values) {
    const std::string name = "c" + std::to_string(count_++);
    m.floats(name, shape, values);
    return name;
  }
  std::string number(float value) { return floats({}, {value}); }
  std::vector<float> drawn(std::int64_t count, std::int64_t lo, std::int64_t hi, float unit = 1) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random_.between(lo, hi)) * unit);
    return values;
  }
  std::string quant(const std::string& x, float scale, int bits, bool is_signed = true, const char* mode = "ROUND",
                    float zero_point = 0) {
    return node("Quant", {x, number(scale), number(zero_point), number(static_cast<float>(bits))},
                {attr("signed", is_signed ? 1 : 0), attr("narrow", 0), attr("rounding_mode", mode)}, qonnx);
  }
  // QuantizeLinear -> DequantizeLinear
  std::string linear(const std::string& x, float scale, int type, int zero_point) {
    const std::string zero = "z" + std::to_string(count_++), unit = number(scale);
    m.integers(zero, {}, type, {zero_point});
    return node("DequantizeLinear", {node("QuantizeLinear", {x, unit, zero}), unit, zero});
  }
  // 3x3, padded by 1; integer weights of one value below `reach`
  std::string conv(const std::string& x, std::int64_t in, std::int64_t out, std::int64_t reach = 3) {
    return node("Conv", {x, floats({out, in, 3, 3}, drawn(out * in * 9, -reach, reach))}, {attr("pads", {1, 1, 1, 1})});
  }
  std::string normalised(const std::string& x, const std::vector<float>& gamma, const std::vector<float>& beta) {
    const auto n = static_cast<std::int64_t>(gamma.size());
    return node("BatchNormalization",
                {x, floats({n}, gamma), floats({n}, beta), floats({n}, drawn(n, -99, 99, 0.07F)),
                 floats({n}, drawn(n, 1, 99, 0.3F))},
                {attr("epsilon", 1e-5F)});
  }

  // Equality on random inputs of +-reach, and that lowering claims it where `claimed`.
  IntegerNetwork expect_equal(const std::string& output, float reach = 9, bool claimed = true) {
    m.output(output);
    const Graph graph = m.normalised();
    const IntegerNetwork net = lower(graph);
    if (claimed) {
      EXPECT_TRUE(test::all_exact(net)) << test::exactness_text(net);
    }
    int tensors = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      Random random(seed);
      tensors += test::expect_equal(graph, net, test::random_input(graph, random, -reach, reach)).tensors;
    }
    EXPECT_GE(tensors, 12);
    return net;
  }

 private:
  std::int64_t channels_;
  int count_ = 0;
  Random random_{11};
};

using Proto = onnx::TensorProto;

TEST(LowerExact, AnAverageThatExcludesItsPadding) {
  for (const bool affine : {false, true}) {
    Model m;
    std::string x = m.quant("x", 0.25F, 5);
    if (affine) x = m.node("Add", {x, m.floats({3, 1, 1}, {0.5F, -2, 8})});
    x = m.node("AveragePool", {x}, {attr("kernel_shape", {3, 2}), attr("pads", {1, 1, 2, 0}), attr("strides", {2, 1})});
    m.expect_equal(m.quant(x, 0.03125F, 8));
  }
}

TEST(LowerExact, AnAverageThatCountsItsPadding) {
  Model m;
  const std::string x =
      m.node("AveragePool", {m.quant("x", 0.25F, 5)},
             {attr("kernel_shape", {3, 3}), attr("pads", {1, 1, 1, 1}), attr("count_include_pad", 1)});
  m.expect_equal(m.quant(x, 0.03125F, 8));
}

// Brevitas: AveragePool, times the window's size, Trunc of the low bits.
TEST(LowerExact, TruncBehindAnAverage) {
  for (const std::int64_t k : {2, 3}) {
    Model m;
    std::string x = m.node("AveragePool", {m.quant("x", 0.0625F, 8, false)},
                           {attr("kernel_shape", {k, k}), attr("strides", {k, k})});
    x = m.node("Mul", {x, m.number(static_cast<float>(k * k))});
    x = m.node("Trunc", {x, m.number(0.0625F), m.number(0), m.number(k == 2 ? 10.0F : 12.0F), m.number(8)},
               {attr("rounding_mode", "FLOOR")}, qonnx);
    m.expect_equal(x, 16);
  }
}

TEST(LowerExact, UnsignedZeroPointsWithPadding) {
  Model m;
  std::string x = m.linear("x", 0.0625F, Proto::UINT8, 131);
  x = m.linear(m.conv(x, 3, 5), 2, Proto::UINT8, 7);
  x = m.linear(m.conv(x, 5, 4), 16, Proto::INT8, -3);
  m.expect_equal(
      m.linear(m.node("MaxPool", {m.conv(x, 4, 2)}, {attr("kernel_shape", {3, 3}), attr("pads", {1, 1, 1, 1})}), 128,
               Proto::UINT8, 100));
}

TEST(LowerExact, TernaryAndScaledBinaryWeights) {
  Model m;
  std::string x = m.quant("x", 0.5F, 4);
  std::vector<float> ternary = m.drawn(4 * 27, -1, 1, 0.5F), binary = m.drawn(2 * 36, 0, 1);
  for (std::size_t i = 0; i < binary.size(); ++i) binary[i] = (binary[i] * 2 - 1) * (i < 36 ? 0.3F : 1.7F);
  x = m.node("Conv", {x, m.floats({4, 3, 3, 3}, ternary)}, {attr("pads", {1, 1, 1, 1})});
  x = m.node("BipolarQuant", {x, m.number(1)}, {}, qonnx);
  x = m.node("Conv", {x, m.floats({2, 4, 3, 3}, binary)}, {attr("pads", {1, 1, 1, 1})});
  const IntegerNetwork net = m.expect_equal(m.quant(x, 0.37F, 6), 9, false);
  EXPECT_EQ(std::get<Convolution>(net.layers.front().work).weight_format, Format::signed_bits(2));
  EXPECT_EQ(layer_is_binary(net, net.layers[2]), true);
}

TEST(LowerExact, WeightScalesThatAreNoPowersOfTwo) {
  Model m;
  const std::string raw = m.floats({4, 3, 3, 3}, m.drawn(4 * 27, -100, 100, 0.01F));
  const std::string w =
      m.node("Quant", {raw, m.floats({4, 1, 1, 1}, {0.3F, 0.07F, 0.11F, 0.013F}), m.number(0), m.number(6)},
             {attr("signed", 1), attr("narrow", 1), attr("rounding_mode", "ROUND")}, qonnx);
  const std::string x = m.node("Conv", {m.quant("x", 0.125F, 8), w}, {attr("pads", {1, 1, 1, 1})});
  m.expect_equal(m.quant(x, 0.0271F, 8), 9, false);
}

TEST(LowerExact, EveryRoundingModeOfCodesAndOfBytes) {
  for (const char* mode : {"ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"}) {
    for (const int bits : {3, 8}) {
      for (const bool is_signed : {false, true}) {
        // Nothing but half to even, down and half up can be had in one step for both signs of a signed byte.
        const std::string name = mode;
        const bool claimed = bits == 3 || !is_signed || name == "ROUND" || name == "CEIL" || name == "FLOOR";
        if (!claimed) continue;
        SCOPED_TRACE(name + std::to_string(bits) + (is_signed ? "s" : "u"));
        Model m;
        m.expect_equal(m.quant(m.conv(m.quant("x", 1, 4), 3, 4), bits == 3 ? 16 : 2, bits, is_signed, mode));
      }
    }
  }
}

// Quant's scales a and b, joined, quantised to a byte at `scale`; differences of the outputs, in steps of `scale`.
void expect_near(float a, float b, const char* op, float scale, bool exact, float most) {
  SCOPED_TRACE(std::string(op) + " " + std::to_string(a) + " " + std::to_string(b));
  Model m;
  const std::string x = m.quant("x", 1, 4);
  const std::string sum =
      m.node(op, {m.quant(m.conv(x, 3, 4), a, 8), m.quant(m.conv(x, 3, 4), b, 8)},
             std::string(op) == "Concat" ? std::vector{attr("axis", 1)} : std::vector<onnx::AttributeProto>{});
  m.m.output(m.quant(sum, scale, 8));
  const Graph graph = m.m.normalised();
  const IntegerNetwork net = lower(graph);
  EXPECT_EQ(test::all_exact(net), exact) << test::exactness_text(net);
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    const FloatArray input = test::random_input(graph, random, -9, 9);
    const auto values = execute(net, quantize_input(net.input, input));
    const FloatArray y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]);
    const FloatArray expected = evaluate(graph, input).at(net.outputs[0].name);
    ASSERT_EQ(y.values.size(), expected.values.size());
    float worst = 0;
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      worst = std::max(worst, std::fabs(y.values[i] - expected.values[i]) / scale);
    }
    EXPECT_LE(worst, most * 1.001F);
  }
}

TEST(LowerExact, OperandsOfUnlikeScalesMeetOnOneGrid) {
  expect_near(5, 3, "Add", 8, true, 0);
  expect_near(5, 3, "Concat", 8, true, 0);
  expect_near(0.5F, 0.25F, "Concat", 0.5F, true, 0);
  expect_near(4, 1, "Sub", 2, true, 0);
}

TEST(LowerExact, OperandsWithoutACommonGridAreRoundedFinelyAndCounted) {
  expect_near(0.5F, 0.3F, "Add", 0.5F, false, 1);
  expect_near(0.0005F, 0.0003F, "Add", 0.0005F, false, 1);
  expect_near(0.71F, 0.13777F, "Add", 0.5F, false, 1);
  expect_near(7.1F, 313.777F, "Sub", 128, false, 1);
  expect_near(0.71F, 0.13777F, "Concat", 0.5F, false, 1);
  expect_near(0.001953125F, 4, "Sub", 4, false, 1);
}

TEST(LowerExact, PartsOfUnlikeWidthsAreConcatenatedInBytes) {
  Model m;
  const std::string x = m.quant("x", 1, 4);
  const std::string a = m.quant(m.conv(x, 3, 4), 0.125F, 8), b = m.quant(m.conv(x, 3, 2), 0.125F, 4);
  const std::string both = m.node("Concat", {a, b}, {attr("axis", 1)});
  m.expect_equal(m.quant(m.conv(both, 6, 3), 2, 8));
}

TEST(LowerExact, SignsOfUnlikeScalesAreConcatenated) {
  Model m;
  const std::string x = m.quant("x", 1, 4);
  const std::string a = m.node("BipolarQuant", {m.conv(x, 3, 4), m.number(1)}, {}, qonnx);
  const std::string b = m.node("BipolarQuant", {m.conv(x, 3, 2), m.number(0.5F)}, {}, qonnx);
  const std::string both = m.node("Concat", {a, b}, {attr("axis", 1)});
  m.expect_equal(m.quant(m.conv(both, 6, 3), 1, 8));
}

TEST(LowerExact, SixteenBitStreamsJoinedAndUnsignedBytesBehindRelu) {
  Model m(3, 21, 10);
  const std::string x = m.linear("x", 0.125F, Proto::INT8, 0);
  const std::string a = m.linear(m.conv(x, 3, 4), 0.0009765625F, Proto::INT16, 0);
  const std::string b = m.linear(m.conv(x, 3, 4), 0.0009765625F, Proto::INT16, 0);
  const std::string sum = m.node("Relu", {m.node("Add", {a, b})});
  m.expect_equal(m.linear(sum, 0.25F, Proto::UINT8, 0));
}

TEST(LowerExact, UnsignedReluActivationsBehindFloatBatchNormalisation) {
  Model m;
  std::string x = m.conv(m.quant("x", 0.125F, 8), 3, 6);
  x = m.normalised(x, m.drawn(6, -9, 9, 0.123F), m.drawn(6, -9, 9, 0.1F));
  x = m.quant(m.node("Relu", {x}), 0.0417F, 8, false);
  m.expect_equal(m.quant(m.conv(x, 6, 3), 0.5F, 8), 9);
}

// Slopes and offsets from far below to far above what M, B and s can hold: saturated codes on both sides stay right.
TEST(LowerExact, SlopesAndOffsetsAtTheEndsOfMultiplierAndOffset) {
  Model m;
  const std::string x = m.conv(m.quant("x", 0.125F, 6), 3, 8);
  const std::vector<float> gamma{1e-7F, 1e-4F, 3e4F, -1e7F, 1, -1, 1e-6F, 2e3F};
  const std::vector<float> beta{0, 3, 1e6F, -1e7F, 1e9F, -1e9F, 100, -5e4F};
  m.expect_equal(m.quant(m.normalised(x, gamma, beta), 0.5F, 8));
}

TEST(LowerExact, GemmWithAlphaAndBeta) {
  Model m;
  const std::string flat = m.node("Flatten", {m.quant("x", 0.25F, 4)});
  const std::string y =
      m.node("Gemm", {flat, m.floats({5, 126}, m.drawn(5 * 126, -3, 3)), m.floats({5}, m.drawn(5, -9, 9, 0.25F))},
             {attr("transB", 1), attr("alpha", 0.5F), attr("beta", -3.0F)});
  m.expect_equal(m.quant(y, 0.25F, 8));
}

TEST(LowerExact, SignsWithAValueForEachChannel) {
  Model m;
  const std::string x = m.conv(m.quant("x", 0.5F, 4), 3, 4);
  const std::string sign =
      m.node("Where", {m.node("GreaterOrEqual", {x, m.floats({4, 1, 1}, {0, 1, -3.5F, 0.25F})}),
                       m.floats({1, 4, 1, 1}, {0.5F, 2, -1, 0.25F}), m.floats({1, 4, 1, 1}, {-0.5F, -2, 1, -0.25F})});
  const std::string deep = m.node("Conv", {sign, m.floats({4, 1, 3, 3}, m.drawn(36, -3, 3))},
                                  {attr("group", 4), attr("pads", {1, 1, 1, 1})});
  m.expect_equal(m.quant(deep, 0.25F, 7));
  Model whole;  // 0.25 is a unit of all: one sum over the channels
  const std::string y =
      whole.node("Where", {whole.node("Greater", {whole.quant("x", 0.5F, 4), whole.number(0)}),
                           whole.floats({3, 1, 1}, {0.5F, 2, 0.25F}), whole.floats({3, 1, 1}, {-0.5F, 1, 0.25F})});
  whole.expect_equal(whole.quant(whole.conv(y, 3, 4), 0.5F, 8));
}

TEST(LowerExact, ThresholdsWhoseBiasIsNoMultipleOfTheirScale) {
  Model m;
  const std::string x = m.conv(m.quant("x", 0.5F, 4), 3, 4);
  const std::string t = m.floats({4, 3}, {-5, 0, 5, -1, 1, 3, -20, -10, 20, 0, 0.5F, 1});
  const std::string codes = m.node(
      "MultiThreshold", {x, t}, {attr("out_scale", 2.0F), attr("out_bias", -3.0F), attr("out_dtype", "INT3")}, qonnx);
  m.expect_equal(m.quant(m.conv(codes, 4, 3), 2, 8));
}

TEST(LowerExact, OffsetsAndRelusOnTheGridBetweenQuantiserAndConvolution) {
  for (const bool relu : {false, true}) {
    Model m;
    std::string x = m.node("Add", {m.quant("x", 0.25F, 5), m.floats({3, 1, 1}, {0.75F, -0.25F, 0.5F})});
    if (relu) x = m.node("Relu", {x});
    m.expect_equal(m.quant(m.conv(x, 3, 4), 0.5F, 8));
  }
}

TEST(LowerExact, AnAverageOverRectifiedAccumulators) {
  Model m;
  const std::string acc = m.conv(m.quant("x", 0.25F, 5), 3, 4);
  const std::string x = m.node("GlobalAveragePool", {m.node("Relu", {acc})});
  m.expect_equal(m.quant(x, 0.0625F, 8));
}

TEST(LowerExact, PReluForEachChannelOnTheHost) {
  Model m;
  const std::string acc = m.conv(m.quant("x", 0.25F, 5), 3, 4);
  m.expect_equal(m.node("PRelu", {acc, m.floats({4, 1, 1}, {0.1F, -0.3F, 0, 2})}));
}

// Slopes that are not dyadic: on int16 between the steps an 8-bit code is wrong where it lies within about 2^-8 of a
// tie, and then by one; on 27 bits next to none is.
TEST(LowerExact, PReluBehindFloatBatchNormalisationIsNearlyExact) {
  Model m;
  std::string x = m.conv(m.quant("x", 0.125F, 8), 3, 6);
  x = m.normalised(x, m.drawn(6, -9, 9, 0.0123F), m.drawn(6, -9, 9, 0.1F));
  x = m.node("PRelu", {x, m.floats({6, 1, 1}, {0.1F, 0.25F, 0.37F, 3.3F, 0.01F, 0.7F})});
  m.m.output(m.quant(x, 0.0417F, 8));
  const auto expect_at_most = [&](int step_bits, std::int64_t one_in) {
    LoweringOptions options;
    options.step_bits = step_bits;
    const IntegerNetwork net = lower(m.m.normalised(), options);
    const Exactness& e = net.layers.back().exactness;
    EXPECT_LE(e.max_error, 1);
    EXPECT_LE(e.differing * one_in, e.checked) << test::exactness_text(net);
  };
  expect_at_most(LoweringOptions{}.step_bits, 128);
  expect_at_most(27, 10000);
}

TEST(LowerExact, ADenseLayerWithoutBiasKeepsItsRealScale) {
  Model m;
  const std::string flat = m.node("Flatten", {m.quant("x", 0.25F, 4)});
  std::vector<float> weights = m.drawn(126 * 5, -3, 3);
  for (float& w : weights) w *= 0.5F;
  const std::string y = m.node("MatMul", {flat, m.floats({126, 5}, weights)});
  const IntegerNetwork net = m.expect_equal(y);
  const IntTensor& t = net.tensor(net.output_tensors[0]);
  EXPECT_EQ(t.name, y);
  EXPECT_EQ(t.scale, 0.125F);
  EXPECT_EQ(t.format.bits(), 16);
}

TEST(LowerExact, ABiasedAccumulatorIsNotCalledTheFilesTensor) {
  Model m;
  const std::string w = m.floats({4, 3, 1, 1}, m.drawn(12, -3, 3));
  const std::string y = m.node("Conv", {m.quant("x", 0.25F, 4), w, m.floats({4}, {1, 2, 3, 4})});
  const IntegerNetwork net = m.expect_equal(y);
  EXPECT_EQ(net.tensor(net.output_tensors[0]).name, y + ":stored");
}

}  // namespace
}  // namespace blendsim

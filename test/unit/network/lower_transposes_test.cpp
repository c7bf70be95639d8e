// SPDX-License-Identifier: Apache-2.0
// Transposes of matrices between layers: how many are left, where they stand, what they give, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using testing::HasSubstr;
constexpr const char* tokens_domain = "qonnx.custom_op.general";

// A network on tokens. Each step takes a tensor's name and returns that of what it makes of it.
class Tokens {
 public:
  Tokens() : m(20, 9) {
    m.opset_import(tokens_domain, 1);
    m.scalar("zero", 0);
    m.scalar("bits", 8);
  }

  std::string codes(const std::string& x, float scale = 0.0625F) {
    const std::string y = fresh("q");
    m.scalar(y + "_scale", scale);
    m.node("Quant", {x, y + "_scale", "zero", "bits"}, {y},
           {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, tokens_domain);
    return y;
  }
  std::string signs(const std::string& x) {
    const std::string y = fresh("s");
    m.scalar(y + "_scale", 1);
    m.node("BipolarQuant", {x, y + "_scale"}, {y}, {}, tokens_domain);
    return y;
  }
  std::string turned(const std::string& x) {
    const std::string y = fresh("t");
    m.node("Transpose", {x}, {y}, {attr("perm", {0, 2, 1})}).set_name(y);
    return y;
  }
  // [1, S, in] by [in, out].
  std::string times(const std::string& x, int in, int out) {
    const std::string y = fresh("m");
    std::vector<float> w;
    for (int i = 0; i < in * out; ++i) w.push_back(static_cast<float>((i * 7 + in) % 5 - 2));
    m.floats(y + "_w", {in, out}, w);
    m.node("MatMul", {x, y + "_w"}, {y}).set_name(y);
    return y;
  }
  std::string sum(const std::string& a, const std::string& b) {
    const std::string y = fresh("a");
    m.node("Add", {a, b}, {y}).set_name(y);
    return y;
  }
  // By a constant of so many values for the last dimension.
  std::string scaled(const std::string& x, int size) {
    const std::string y = fresh("c");
    std::vector<float> factors;
    for (int i = 0; i < size; ++i) factors.push_back(static_cast<float>(1 + i % 3) * 0.5F);
    m.floats(y + "_k", {size}, factors);
    m.node("Mul", {x, y + "_k"}, {y}).set_name(y);
    return y;
  }
  std::string mixed(const std::string& x, int size) {  // by a hidden layer
    return codes(times(codes(times(x, size, 6)), 6, size));
  }
  void end(const std::string& x) { m.output(x); }

  struct Lowered {
    Graph graph;
    IntegerNetwork network;
  };
  [[nodiscard]] Lowered lowered() {
    Graph graph = m.normalised();
    IntegerNetwork network = lower(graph);
    return {std::move(graph), std::move(network)};
  }
  [[nodiscard]] Diagnostic refusal() {
    try {
      (void)lower(m.normalised());
    } catch (const DiagnosticError& error) {
      return error.diagnostics().front();
    }
    throw std::runtime_error("it was accepted");
  }

  test::OnnxBuilder m;

 private:
  std::string fresh(const char* stem) { return stem + std::to_string(next_++); }
  int next_ = 0;
};

int transposes(const IntegerNetwork& net) {
  int count = 0;
  for (const Layer& layer : net.layers) count += std::holds_alternative<Transposition>(layer.work) ? 1 : 0;
  return count;
}

FloatArray tokens_image(int tokens, int channels) {
  FloatArray x{{1, tokens, channels}, {}};
  for (int i = 0; i < tokens * channels; ++i) x.values.push_back(static_cast<float>(i * 37 % 61 - 30) * 0.0625F);
  return x;
}

void expect_transposes(Tokens& net, int count, int tokens, int channels) {
  const auto [graph, network] = net.lowered();
  EXPECT_EQ(transposes(network), count);
  EXPECT_TRUE(test::all_exact(network));
  test::expect_equal(graph, network, tokens_image(tokens, channels));
}

// Mixing tokens needs the matrix the other way round, and its sum with what it started from needs it back: one of the
// two operands is transposed, and where the network ends, the host transposes.
TEST(Transposes, OfAMixerAreTwoABlock) {
  for (const int blocks : {1, 2}) {
    Tokens net;
    net.m.input("x", {1, 12, 20});
    std::string x = net.codes(net.times(net.codes("x"), 20, 20), 0.5F);
    for (int b = 0; b < blocks; ++b) {
      x = net.codes(net.sum(x, net.turned(net.mixed(net.turned(x), 12))), 0.5F);
      x = net.codes(net.sum(x, net.mixed(x, 20)), 0.5F);
    }
    net.end(x);
    expect_transposes(net, 2 * blocks, 12, 20);
  }
}

// Two layers that mix tokens, one after the other, with sums around them: the stream stays the way round that they
// need.
TEST(Transposes, AreOneForAllThatNeedTheMatrixThatWayRound) {
  Tokens net;
  net.m.input("x", {1, 12, 20});
  std::string x = net.codes(net.times(net.codes("x"), 20, 20), 0.5F);
  for (int b = 0; b < 3; ++b) x = net.codes(net.sum(x, net.turned(net.mixed(net.turned(x), 12))), 0.5F);
  net.end(x);
  expect_transposes(net, 1, 12, 20);
}

// A factor for each channel keeps the stream with its channels first, whatever that costs.
TEST(Transposes, StandWhereParametersLieAlongChannels) {
  Tokens net;
  net.m.input("x", {1, 12, 20});
  std::string x = net.codes(net.times(net.codes("x"), 20, 20), 0.5F);
  for (int b = 0; b < 2; ++b)
    x = net.codes(net.sum(x, net.turned(net.mixed(net.turned(net.codes(net.scaled(x, 20), 0.5F)), 12))), 0.5F);
  net.end(net.codes(net.scaled(x, 20), 0.25F));
  expect_transposes(net, 4, 12, 20);
}

// What the input is read by needs no transpose of the machine's: the host turns it, whoever asks.
TEST(Transposes, OfTheInputAreTheHosts) {
  for (const bool sums : {false, true}) {
    Tokens net;  // a parameter for each channel, right behind the input's quantiser, and a shortcut over it
    net.m.input("x", {1, 12, 20});
    const std::string x = net.codes("x");
    const std::string y = net.codes(net.scaled(x, 20), 0.125F);
    net.end(net.codes(net.sum(sums ? net.codes(net.times(y, 20, 20), 0.5F) : y, x), 0.25F));
    expect_transposes(net, 0, 12, 20);
  }
}

// Signs of codes are taken behind the transpose of the codes, which the shortcut needs too.
TEST(Transposes, AreOfCodesInFrontOfSigns) {
  Tokens net;
  net.m.input("x", {1, 16, 32});
  std::string x = net.codes(net.times(net.codes("x"), 32, 32), 0.5F);
  const std::string mixed = net.codes(net.times(net.signs(net.turned(x)), 16, 16), 0.5F);
  net.end(net.codes(net.sum(net.turned(x), mixed), 0.5F));
  expect_transposes(net, 1, 16, 32);
}

// Of signs alone, which no codes stand in front of: as bytes.
TEST(Transposes, OfSignsAreOfBytes) {
  Tokens net;
  net.m.input("x", {1, 16, 32});
  const std::string s = net.signs(net.times(net.codes("x"), 32, 32));
  net.end(net.codes(net.times(net.turned(s), 16, 8), 1));
  const auto [graph, network] = net.lowered();
  EXPECT_EQ(transposes(network), 1);
  for (const Layer& layer : network.layers) {
    if (layer.op != "Conv") continue;
    EXPECT_EQ(network.tensor(layer_inputs(layer).front()).format.is_bipolar(), layer.name != "m1") << layer.name;
  }
  test::expect_equal(graph, network, tokens_image(16, 32));
}

// NHWC, flattened to tokens, is the same matrix.
TEST(Transposes, LookThroughMapsThatAreFlattened) {
  Tokens net;
  net.m.input("x", {1, 3, 4, 5});
  net.m.floats("k", {20, 3, 1, 1}, std::vector<float>(60, 1));
  net.m.node("Conv", {net.codes("x"), "k"}, {"map"});
  const std::string map = net.codes("map", 0.5F);
  net.m.node("Transpose", {map}, {"nhwc"}, {attr("perm", {0, 2, 3, 1})});
  net.m.int64s("shape", {3}, {1, 20, 20});
  net.m.node("Reshape", {"nhwc", "shape"}, {"tokens"});
  net.end(net.codes(net.times(net.turned("tokens"), 20, 7), 0.5F));
  const auto [graph, network] = net.lowered();
  EXPECT_EQ(transposes(network), 1);
  FloatArray x{{1, 3, 4, 5}, {}};
  for (int i = 0; i < 60; ++i) x.values.push_back(static_cast<float>(i % 23 - 11) * 0.0625F);
  test::expect_equal(graph, network, x);
}

// A matrix with itself transposed: no way round suits both.
TEST(Transposes, OfASumWithItselfTransposed) {
  Tokens net;
  net.m.input("x", {1, 20, 20});
  const std::string x = net.codes(net.times(net.codes("x"), 20, 20), 0.5F);
  net.end(net.codes(net.sum(x, net.turned(x)), 0.5F));
  expect_transposes(net, 1, 20, 20);
}

TEST(Transposes, OfWhatNoQuantiserWroteAreRefused) {
  Tokens net;
  net.m.input("x", {1, 12, 20});
  const std::string sums = net.times(net.codes("x"), 20, 20);
  net.end(net.codes(net.times(net.turned(net.codes(net.scaled(sums, 20), 1)), 12, 4)));
  EXPECT_EQ(transposes(net.lowered().network), 1);

  Tokens wide;
  wide.m.input("x", {1, 12, 20});
  wide.m.scalar("wide", 12);
  wide.m.scalar("one", 1);
  wide.m.node("Quant", {wide.times(wide.codes("x"), 20, 20), "one", "zero", "wide"}, {"w"},
              {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, tokens_domain);
  wide.end(wide.codes(wide.sum(wide.turned("w"), wide.mixed(wide.turned("w"), 12))));
  const Diagnostic d = wide.refusal();
  EXPECT_EQ(d.code, Code("number-width"));
  EXPECT_THAT(d.hint, HasSubstr("8 bits"));
}

}  // namespace
}  // namespace blendsim

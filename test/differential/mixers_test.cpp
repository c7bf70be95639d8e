// SPDX-License-Identifier: Apache-2.0
// Patches and mixers, in the forms that people bring, against ONNX Runtime on the network as written.
#include "networks.h"

namespace blendsim::differential {
namespace {

constexpr float unit = 0.03125F;

// Patches of kernel x kernel pixels: a convolution with a stride beyond an instruction's.
DialectModel patches(int size, int kernel, int stride, int pad, int groups, bool behind) {
  DialectModel m(17);
  m.input({1, 4, size, size + 3}, float32, -128, 127, 5);
  std::string x = m.quantised("x", unit, 3);
  if (behind)  // another layer: the blocks are made on the machine
    x = m.quantised(m.node("Conv", {x, m.dequantised({4, 4, 1, 1})}), 0.0625F, -5);
  const std::string y = m.node("Conv", {x, m.dequantised({8, 4 / groups, kernel, kernel})},
                               {attr("strides", {stride, stride}), attr("pads", {pad, pad, pad, pad}),
                                attr("group", groups), attr("kernel_shape", {kernel, kernel})});
  m.model.output(m.node("Conv", {m.quantised(y, 0.5F), m.dequantised({3, 8, 1, 1})}));
  return m;
}

TEST(Patches, OfAnyStrideAreConvolutionsOverBlocks) {
  for (const int stride : {8, 9, 16}) {
    for (const int kernel : {stride, stride - 3, stride + 2}) {
      for (const int pad : {0, 3}) {
        for (const bool behind : {false, true}) {
          SCOPED_TRACE(testing::Message() << kernel << " by " << stride << ", " << pad << (behind ? ", behind" : ""));
          DialectModel m = patches(stride == 9 && !behind ? 36 : 32, kernel, stride, pad, 1, behind);
          expect_equal(m);
        }
      }
    }
  }
}

TEST(Patches, KeepTheirGroups) {
  for (const int groups : {2, 4}) {
    for (const bool behind : {false, true}) {
      DialectModel m = patches(29, 8, 8, 0, groups, behind);
      expect_equal(m);
    }
  }
}

// The host makes blocks of an input that they cover; then the machine multiplies nothing more than the file says.
TEST(Patches, OfTheInputAreTheHosts) {
  DialectModel m(17);
  m.input({1, 3, 32, 48}, float32, -128, 127, 5);
  m.model.output(m.node("Conv", {m.quantised("x", unit), m.dequantised({8, 3, 16, 16})}, {attr("strides", {16, 16})}));
  expect_equal(m);
  const IntegerNetwork net = m.lowered();
  EXPECT_EQ(net.tensor(net.input_tensor).channels, 3 * 256);
  EXPECT_EQ(layer_macs(net, net.layers.front()), 8 * 3 * 256 * 6);
}

struct Mixer {
  DialectModel m{17};
  int tokens = 0, channels = 0;

  std::string transposed(const std::string& x) { return m.node("Transpose", {x}, {attr("perm", {0, 2, 1})}); }
  // By a matrix, without a bias: [1, S, in] to [1, S, out].
  std::string dense(const std::string& x, int in, int out) { return m.node("MatMul", {x, m.dequantised({in, out})}); }
  std::string mixed(const std::string& x, int size, int hidden, const std::string& activation) {
    std::string h = dense(x, size, hidden);
    if (!activation.empty()) h = m.node(activation, {h});
    return m.quantised(dense(m.quantised(h, 0.0625F), hidden, size), 0.25F, 1);
  }
  // The affine form of a normalisation along the last dimension, as BatchNormalization folds to.
  std::string scaled(const std::string& x) {
    std::vector<float> gamma, beta;
    for (int c = 0; c < channels; ++c)
      gamma.push_back(static_cast<float>(2 + c % 3) * 0.25F), beta.push_back(static_cast<float>(c % 5 - 2) * 0.125F);
    const std::string y = m.node("Mul", {x, m.floats({channels}, gamma)});
    return m.quantised(m.node("Add", {y, m.floats({channels}, beta)}), unit);
  }
};

TEST(Mixers, WithAndWithoutNormalisationComputeWhatOnnxRuntimeComputes) {
  for (const bool normalises : {false, true}) {
    for (const char* activation : {"Relu", ""}) {
      Mixer x{.tokens = 12, .channels = 20};
      x.m.input({1, 3, 12, 16}, float32, -128, 127, 5);
      const std::string map =
          x.m.node("Conv", {x.m.quantised("x", unit), x.m.dequantised({20, 3, 4, 4})}, {attr("strides", {4, 4})});
      std::string y = x.m.node("Reshape", {x.m.quantised(map, 0.125F), x.m.int64s({1, 20, 12})});
      y = x.transposed(y);
      for (int block = 0; block < 2; ++block) {
        const std::string a = normalises ? x.scaled(y) : y;
        y = x.m.quantised(x.m.node("Add", {y, x.transposed(x.mixed(x.transposed(a), 12, 8, activation))}), 0.25F);
        const std::string b = normalises ? x.scaled(y) : y;
        y = x.m.quantised(x.m.node("Add", {y, x.mixed(b, 20, 40, activation)}), 0.25F);
      }
      const std::string mean = x.m.node("ReduceMean", {y}, {attr("axes", {1}), attr("keepdims", 0)});
      x.m.model.output(x.m.node("MatMul", {x.m.quantised(mean, unit), x.m.dequantised({20, 5})}));
      expect_equal(x.m);
      const IntegerNetwork net = x.m.lowered();
      int turns = 0;
      for (const Layer& layer : net.layers) turns += std::holds_alternative<Transposition>(layer.work) ? 1 : 0;
      EXPECT_EQ(turns, 4);
    }
  }
}

// Patches cut out by Reshape and Transpose, as einops writes them.
TEST(Mixers, TakePatchesThatTheFileCutsOut) {
  Mixer x{.tokens = 6, .channels = 16};
  x.m.input({1, 3, 8, 12}, float32, -128, 127, 5);
  std::string y = x.m.node("Reshape", {x.m.quantised("x", unit), x.m.int64s({1, 3, 2, 4, 3, 4})});
  y = x.m.node("Transpose", {y}, {attr("perm", {0, 2, 4, 3, 5, 1})});
  y = x.m.node("Reshape", {y, x.m.int64s({1, 6, 48})});
  y = x.m.quantised(x.dense(y, 48, 16), 0.25F);
  y = x.m.quantised(x.m.node("Add", {y, x.transposed(x.mixed(x.transposed(y), 6, 10, "Relu"))}), 0.25F);
  x.m.model.output(x.dense(y, 16, 4));
  expect_equal(x.m);
}

// Dense layers as tf2onnx writes them: rows, and back.
struct DenseLayers : Mixer {
  std::string rows(const std::string& x, int size) { return m.node("Reshape", {x, m.int64s({-1, size})}); }
  std::string back(const std::string& x, int size) { return m.node("Reshape", {x, m.int64s({1, -1, size})}); }
  std::string layer(const std::string& x, int in, int out, bool gemm) {
    std::vector<float> bias;
    for (int c = 0; c < out; ++c) bias.push_back(static_cast<float>(c % 7 - 3) * 0.25F);
    const std::string b = m.floats({out}, bias);
    if (gemm) return m.node("Gemm", {x, m.dequantised({out, in}), b}, {attr("transB", 1)});
    return m.node("Add", {m.node("MatMul", {x, m.dequantised({in, out})}), b});
  }
};

TEST(Mixers, OfDenseLayersOnRows) {
  for (const bool gemm : {false, true}) {
    for (const bool stays : {false, true}) {  // in two dimensions from one layer to the next
      SCOPED_TRACE(testing::Message() << gemm << stays);
      DenseLayers x;
      x.m.input({1, 12, 20}, float32, -128, 127, 5);
      std::string y = x.m.quantised("x", unit);
      for (int block = 0; block < 2; ++block) {
        std::string h = x.layer(x.rows(y, 20), 20, 40, gemm);
        if (!stays) h = x.back(h, 40);
        h = x.m.quantised(x.m.node("Relu", {h}), 0.0625F);
        h = x.layer(stays ? h : x.rows(h, 40), 40, 20, gemm);
        y = x.m.quantised(x.m.node("Add", {y, x.m.quantised(x.back(h, 20), 0.25F)}), 0.25F);
        h = x.layer(x.rows(x.transposed(y), 12), 12, 12, gemm);
        y = x.m.quantised(x.m.node("Add", {y, x.transposed(x.m.quantised(x.back(h, 12), 0.25F))}), 0.25F);
      }
      const std::string mean = x.m.node("ReduceMean", {y}, {attr("axes", {1}), attr("keepdims", 0)});
      x.m.model.output(x.m.node("MatMul", {x.m.quantised(mean, unit), x.m.dequantised({20, 5})}));
      expect_equal(x.m);
    }
  }
}

// Channels last, a dense layer on each pixel (tf.tensordot), channels turned within two dimensions, rows at the end.
TEST(DenseRows, OfPixelsAndAtTheEnd) {
  for (const bool ends : {false, true}) {
    DenseLayers x;
    x.m.input({1, 4, 6, 8}, float32, -128, 127, 5);
    const std::string q = x.m.quantised("x", unit);
    std::string y = x.rows(q, 8);
    y = x.m.node("Relu", {x.layer(y, 8, 16, false)});
    std::vector<float> ones(16, 1), means, gammas;
    for (int c = 0; c < 16; ++c)
      means.push_back(0.5F * static_cast<float>(c % 3)), gammas.push_back(c % 2 == 0 ? 1 : 2);
    y = x.m.node("BatchNormalization",
                 {x.m.quantised(y, 0.125F), x.m.floats({16}, gammas), x.m.floats({16}, means), x.m.floats({16}, means),
                  x.m.floats({16}, ones)},
                 {attr("epsilon", 0.0F)});
    y = x.m.quantised(y, 0.25F);
    if (ends) {
      x.m.model.output(x.layer(y, 16, 3, true));
    } else {
      y = x.m.node("Reshape", {y, x.m.int64s({1, 4, 6, 16})});
      y = x.m.node("Transpose", {y}, {attr("perm", {0, 3, 1, 2})});
      x.m.model.output(x.m.node("Conv", {y, x.m.dequantised({4, 16, 3, 3})}, {attr("pads", {1, 1, 1, 1})}));
    }
    expect_equal(x.m);
  }
}

TEST(DenseRows, ChangePlacesWithColumns) {
  DenseLayers x;
  x.m.input({1, 12, 20}, float32, -128, 127, 5);
  std::string y = x.m.quantised(x.layer(x.rows(x.m.quantised("x", unit), 20), 20, 20, false), 0.25F);
  const std::string turned = x.m.node("Transpose", {y}, {attr("perm", {1, 0})});
  const std::string mixed = x.m.quantised(x.layer(turned, 12, 12, false), 0.25F);
  y = x.m.node("Add", {y, x.m.node("Transpose", {mixed}, {attr("perm", {1, 0})})});
  x.m.model.output(x.back(x.m.quantised(y, 0.5F), 20));
  expect_equal(x.m);
}

// A Conv over a Concat whose parts no codes of 8 bits hold together: one Conv a part, and their sum.
TEST(Concats, OfPartsWithScalesOfTheirOwnAreSumsOfConvolutions) {
  for (const std::vector<float>& scales : std::vector<std::vector<float>>{
           {0.25F, 0.03125F}, {0.0078125F, 0.25F}, {0.25F, 0.03125F, 0.0078125F}, {0.25F, 0.25F, 0.0078125F}}) {
    for (const int zero : {0, -17}) {
      DialectModel m(17);
      m.input({1, 5, 7, 6}, float32, -128, 127, 5);
      const std::string x = m.quantised("x", unit);
      std::vector<std::string> parts;
      for (std::size_t i = 0; i < scales.size(); ++i) {
        const auto channels = static_cast<std::int64_t>(6 + 5 * i);
        parts.push_back(m.quantised(m.node("Conv", {x, m.dequantised({channels, 5, 1, 1})}), scales[i], zero));
      }
      const std::int64_t channels = scales.size() == 2 ? 17 : 33;
      std::string all = m.node("Concat", parts, {attr("axis", 1)});
      if (zero != 0) all = m.node("MaxPool", {all}, {attr("kernel_shape", {2, 2})});
      const std::string y = m.node("Conv", {all, m.dequantised({8, channels, 3, 3})}, {attr("pads", {1, 1, 1, 1})});
      m.model.output(m.node("Conv", {m.quantised(y, 1), m.dequantised({3, 8, 1, 1})}));
      if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
      const Outcome o = m.run();  // the parts' sums are rounded to 16 bits: what that moves is counted
      EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
      EXPECT_GT(o.tally.layers, static_cast<int>(2 * scales.size()));
    }
  }
}

}  // namespace
}  // namespace blendsim::differential

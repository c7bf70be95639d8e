// SPDX-License-Identifier: Apache-2.0
// Dense layers on rows [n, k]: the same layers as on [1, n, k].
#include <gtest/gtest.h>

#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;

// x [1, 6, 5] by a 5 x 3 matrix of (i + 1) * (j + 1), in two dimensions or three.
OnnxBuilder dense_rows(bool two_dimensions, bool ends) {
  OnnxBuilder m;
  m.input("x", {1, 6, 5});
  m.scalar("scale", 1);
  m.integers("zero", {}, onnx::TensorProto::INT8, {0});
  m.node("QuantizeLinear", {"x", "scale", "zero"}, {"codes"});
  m.node("DequantizeLinear", {"codes", "scale", "zero"}, {"q"});
  m.int64s("rows", {2}, {-1, 5});
  m.int64s("whole", {3}, {1, 6, 3});
  std::vector<float> w;
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 3; ++j) w.push_back(static_cast<float>((i + 1) * (j + 1)));
  }
  m.floats("w", {5, 3}, w);
  if (two_dimensions) m.node("Reshape", {"q", "rows"}, {"r"});
  m.node("MatMul", {two_dimensions ? "r" : "q", "w"}, {"p"}).set_name("product");
  if (two_dimensions && !ends) m.node("Reshape", {"p", "whole"}, {"y"});
  m.output(two_dimensions && !ends ? "y" : "p");
  return m;
}

TEST(DenseRows, ArePixelsOfOneConvolution) {
  for (const bool ends : {false, true}) {
    const Graph graph = dense_rows(true, ends).normalised();
    const IntegerNetwork net = lower(graph), whole = lower(dense_rows(false, ends).normalised());
    ASSERT_EQ(net.layers.size(), whole.layers.size());
    EXPECT_EQ(std::get<Convolution>(net.layers[0].work).weights, std::get<Convolution>(whole.layers[0].work).weights);
    FloatArray x{{1, 6, 5}, {}};
    for (int row = 0; row < 6; ++row) x.values.insert(x.values.end(), 5, static_cast<float>(row));
    test::expect_equal(graph, net, x);
    const TensorValues values = execute(net, quantize_input(net.input, x));
    const FloatArray y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]);
    EXPECT_EQ(y.shape, ends ? (Shape{6, 3}) : (Shape{1, 6, 3}));
    for (int row = 0; row < 6; ++row) {  // row * (1 + ... + 5) * (j + 1)
      for (int j = 0; j < 3; ++j)
        EXPECT_EQ(y.values[static_cast<std::size_t>(3 * row + j)], static_cast<float>(row * 15 * (j + 1)));
    }
  }
}

// What the host does with a matrix it does with [n, k].
TEST(DenseRows, EndInFrontOfWhatTheHostDoes) {
  OnnxBuilder m = dense_rows(true, true);
  m.graph().clear_output();
  m.node("Softmax", {"p"}, {"y"}, {attr("axis", 1)});
  m.output("y");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  test::Random random(5);
  test::expect_equal(graph, net, test::random_input(graph, random, -9, 9));
  EXPECT_EQ(net.outputs[0].shape, (Shape{6, 3}));
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Means over channels: sums of a convolution by ones, in the convolution behind them.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;

// |x| of 4 channels, their mean, and a 2 x 2 window of it.
TEST(ChannelMeans, AreOneSumWithTheWindowBehind) {
  OnnxBuilder m;
  m.input("x", {1, 4, 3, 3});
  m.scalar("scale", 1);
  m.integers("zero", {}, onnx::TensorProto::INT8, {0});
  m.node("QuantizeLinear", {"x", "scale", "zero"}, {"codes"});
  m.node("DequantizeLinear", {"codes", "scale", "zero"}, {"q"});
  m.node("Abs", {"q"}, {"a"});
  m.node("ReduceMean", {"a"}, {"mean"}, {attr("axes", {1})});
  m.floats("w", {1, 1, 2, 2}, {1, 2, 3, 4});
  m.node("Conv", {"mean", "w"}, {"y"}).set_name("window");
  m.output("y");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  EXPECT_TRUE(test::all_exact(net));
  const auto conv = std::find_if(net.layers.begin(), net.layers.end(), [](const auto& l) { return l.op == "Conv"; });
  ASSERT_NE(conv, net.layers.end());
  EXPECT_EQ(std::get<Convolution>(conv->work).weights,
            (std::vector<std::int16_t>{1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4}));
  FloatArray x{{1, 4, 3, 3}, {}};
  for (const float v : {-3.0F, 5.0F, -1.0F, 7.0F}) x.values.insert(x.values.end(), 9, v);
  const TensorValues values = execute(net, quantize_input(net.input, x));
  const FloatArray y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]);
  EXPECT_EQ(y.values, std::vector<float>(4, (3 + 5 + 1 + 7) * (1 + 2 + 3 + 4) / 4.0F));
  test::expect_equal(graph, net, x);
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// XNOR-Net's K: the mean of |x| over the channels, averaged over a window, times the sums of a binary convolution.
#include "networks.h"

namespace blendsim::differential {
namespace {

constexpr float step = 0.03125F;

std::string mean_of_channels(DialectModel& m, const std::string& x) {
  return m.node("ReduceMean", {x}, {attr("axes", {1}), attr("keepdims", 1)});
}

std::string binary_sums(DialectModel& m, const std::string& x) {
  const std::string bits = m.node("GreaterOrEqual", {x, m.scalar(0)});
  const std::string signs = m.node("Where", {bits, m.scalar(1), m.scalar(-1)});
  std::vector<float> w;
  for (const std::int32_t v : spread(16 * 16 * 9, 0, 1, 3)) w.push_back(v == 0 ? -1.0F : 1.0F);
  return m.node("Conv", {signs, m.floats({16, 16, 3, 3}, w)}, {attr("pads", {1, 1, 1, 1})});
}

std::string box(DialectModel& m, const std::string& x) {
  return m.node("Conv", {x, m.floats({1, 1, 3, 3}, std::vector<float>(9, 0.125F))}, {attr("pads", {1, 1, 1, 1})});
}

// From |x| to K, each a quantised map of one channel.
using Scale = std::string (*)(DialectModel&, const std::string&);
const Scale scales[] = {
    [](DialectModel& m, const std::string& x) { return m.quantised(box(m, mean_of_channels(m, x)), step); },
    [](DialectModel& m, const std::string& x) {
      return m.quantised(box(m, m.quantised(mean_of_channels(m, x), step)), step, 3);
    },
    [](DialectModel& m, const std::string& x) {
      const std::string pooled =
          m.node("AveragePool", {mean_of_channels(m, x)},
                 {attr("kernel_shape", {2, 2}), attr("pads", {0, 0, 1, 1}), attr("count_include_pad", 1)});
      return m.quantised(pooled, step);
    },
    [](DialectModel& m, const std::string& x) { return m.quantised(mean_of_channels(m, x), step); }};

TEST(ChannelMeans, ScaleABinaryConvolution) {
  for (std::size_t i = 0; i < std::size(scales); ++i) {
    SCOPED_TRACE(i);
    DialectModel m;
    m.input({1, 16, 7, 6}, float32, -128, 127, 5);
    const std::string x = m.quantised("x", step);
    const std::string k = scales[i](m, m.node("Abs", {x}));
    const std::string y = m.quantised(m.node("Mul", {binary_sums(m, x), k}), 2);
    m.model.output(m.node("Conv", {y, m.dequantised({4, 16, 1, 1})}));
    expect_equal(m);
  }
}

// Without a quantiser K has too many bits; the refusal says where one is wanted.
TEST(ChannelMeans, ThatNothingQuantisesAreRefused) {
  DialectModel m;
  m.input({1, 16, 7, 6}, float32, -128, 127, 5);
  const std::string x = m.quantised("x", step);
  const std::string k = box(m, mean_of_channels(m, m.node("Abs", {x})));
  m.model.output(m.quantised(m.node("Mul", {binary_sums(m, x), k}), 2));
  expect_refusal(m, "map of one channel");
}

}  // namespace
}  // namespace blendsim::differential

// SPDX-License-Identifier: Apache-2.0
// Products of two computed tensors by hand: their integers, what is exact, and what is refused with which hint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using testing::HasSubstr;
constexpr const char* qonnx = "qonnx.custom_op.general";

void quantise(test::OnnxBuilder& m, const std::string& x, const std::string& y, float scale, bool is_signed = true,
              float zero = 0) {
  m.scalar(y + "_scale", scale);
  m.scalar(y + "_zero", zero);
  m.scalar(y + "_bits", 8);
  m.node("Quant", {x, y + "_scale", y + "_zero", y + "_bits"}, {y},
         {attr("signed", is_signed ? 1 : 0), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx)
      .set_name(y + "_quantiser");
}

// x [1, 2, 3, 3] -> codes "a" and, of sums "acc" of them, codes "b".
test::OnnxBuilder start(float scale_a = 0.03125F, float scale_b = 0.25F, float zero = 0) {
  test::OnnxBuilder m(20, 9);
  m.opset_import(qonnx, 1);
  m.input("x", {1, 2, 3, 3});
  quantise(m, "x", "a", scale_a);
  m.floats("w", {2, 2, 1, 1}, {3, 1, 2, -1});
  m.node("Conv", {"a", "w"}, {"acc"}).set_name("conv");
  quantise(m, "acc", "b", scale_b, zero == 0, zero);
  return m;
}

void finish(test::OnnxBuilder& m, const std::string& tensor, float scale = 0.5F) {
  quantise(m, tensor, "y", scale);
  m.output("y");
  m.node("Conv", {"y", "w"}, {"z"});
  m.output("z");
}

const Layer& product_layer(const IntegerNetwork& net) {
  for (const Layer& layer : net.layers) {
    const auto* post = std::get_if<PostProcessing>(&layer.work);
    if (post != nullptr && post->product) return layer;
  }
  throw std::runtime_error("no layer multiplies");
}

Diagnostic refusal(const test::OnnxBuilder& m) {
  try {
    (void)lower(m.normalised());
  } catch (const DiagnosticError& error) {
    return error.diagnostics().front();
  }
  throw std::runtime_error("it was accepted");
}

FloatArray image() {
  FloatArray x{{1, 2, 3, 3}, {}};
  for (int i = 0; i < 18; ++i) x.values.push_back(static_cast<float>(i * 37 % 19 - 9) * 0.375F);
  return x;
}

TEST(LowerProducts, MultiplyCodesLessTheirZeroPoints) {
  for (const float zero : {0.0F, 128.0F, 77.0F}) {
    test::OnnxBuilder m = start(0.03125F, 0.25F, zero);
    m.node("Mul", {"a", "b"}, {"p"});
    finish(m, "p");
    const Graph graph = m.normalised();
    const IntegerNetwork net = lower(graph);
    const auto& layer = product_layer(net);
    const auto& post = std::get<PostProcessing>(layer.work);
    EXPECT_TRUE(layer.exactness.exact) << layer.exactness.note;
    EXPECT_EQ(post.q1.has_value() || post.q2.has_value(), true);
    EXPECT_TRUE(post.q3);
    test::expect_equal(graph, net, image());
  }
}

TEST(LowerProducts, TakeOnePixelSecondWhicheverSideItStandsOn) {
  for (const char* op : {"Mul", "Add", "Sub"}) {
    for (const bool first : {false, true}) {
      test::OnnxBuilder m = start();
      m.node("GlobalMaxPool", {"b"}, {"pixel"});
      m.node(op, {first ? "pixel" : "a", first ? "a" : "pixel"}, {"p"}).set_name("join");
      finish(m, "p");
      const Graph graph = m.normalised();
      const IntegerNetwork net = lower(graph);
      int joins = 0;
      for (const Layer& layer : net.layers) {
        const auto* post = std::get_if<PostProcessing>(&layer.work);
        if (post == nullptr || post->b == no_tensor) continue;
        ++joins;
        EXPECT_TRUE(has_one_pixel(net, *post));
        EXPECT_TRUE(layer.exactness.exact) << layer.exactness.note;
      }
      EXPECT_EQ(joins, 1);
      test::expect_equal(graph, net, image());
    }
  }
}

// One scale a channel is none of the tensor: its integers are in units of their own then.
TEST(LowerProducts, OfChannelsWithScalesOfTheirOwnHaveNone) {
  test::OnnxBuilder m = start();
  m.floats("scales", {1, 2, 1, 1}, {0.25F, 0.5F});
  m.node("Quant", {"acc", "scales", "b_zero", "b_bits"}, {"c"},
         {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
  m.node("Mul", {"a", "c"}, {"p"});
  m.node("LeakyRelu", {"p"}, {"bent"}, {attr("alpha", 0.25F)});  // of an instruction of its own
  finish(m, "bent");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  EXPECT_EQ(net.tensor(std::get<PostProcessing>(product_layer(net).work).fixed).scale, 1);
  test::expect_equal(graph, net, image());
}

TEST(LowerProducts, RepeatOneChannelByAConvolution) {
  test::OnnxBuilder m = start();
  m.floats("one", {1, 2, 1, 1}, {1, 2});
  m.node("Conv", {"a", "one"}, {"k"});
  quantise(m, "k", "kq", 0.25F, false, 9);
  m.node("Mul", {"a", "kq"}, {"p"});
  finish(m, "p");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  EXPECT_EQ(net.tensor(std::get<PostProcessing>(product_layer(net).work).b).channels, 2);
  EXPECT_TRUE(test::all_exact(net));
  test::expect_equal(graph, net, image());
}

TEST(LowerProducts, CountThePairsThatTheFileRoundsAcrossATie) {
  test::OnnxBuilder m = start(0.1F, 0.3F);
  m.node("Mul", {"a", "b"}, {"p"});
  finish(m, "p", 0.02F);  // 0.1 * 0.3 / 0.02 is a tie wherever the product of codes is odd
  const Exactness e = product_layer(lower(m.normalised())).exactness;
  EXPECT_FALSE(e.exact);
  EXPECT_GT(e.differing, 0);
  EXPECT_THAT(e.note, HasSubstr("pairs of factors lie so close to a tie"));

  test::OnnxBuilder other = start(0.1F, 0.3F);
  other.node("Mul", {"a", "b"}, {"p"});
  finish(other, "p", 0.0271F);
  EXPECT_TRUE(product_layer(lower(other.normalised())).exactness.exact);
}

TEST(LowerProducts, AreOneFunctionWhereOneCodeMakesBothFactors) {
  test::OnnxBuilder m = start();
  m.node("Mul", {"a", "a"}, {"p"});
  finish(m, "p");
  for (const Layer& layer : lower(m.normalised()).layers) {
    if (const auto* post = std::get_if<PostProcessing>(&layer.work)) EXPECT_FALSE(post->product);
  }
}

TEST(LowerProducts, AreRefusedWithTheRemedy) {
  test::OnnxBuilder quotient = start();
  quotient.node("Div", {"a", "b"}, {"p"}).set_name("quotient");
  finish(quotient, "p");
  EXPECT_EQ(refusal(quotient).place.node, "quotient");
  EXPECT_THAT(refusal(quotient).hint, HasSubstr("multiply by a reciprocal"));

  test::OnnxBuilder curve = start();
  curve.node("Sigmoid", {"b"}, {"s"});
  curve.node("Mul", {"a", "s"}, {"p"}).set_name("product");
  finish(curve, "p");
  EXPECT_EQ(refusal(curve).place.node, "product");
  EXPECT_THAT(refusal(curve).message, HasSubstr("float operations stand between"));
  EXPECT_THAT(refusal(curve).hint, HasSubstr("quantise both operands to 8 bits or less"));

  test::OnnxBuilder shapes = start();
  shapes.node("MaxPool", {"b"}, {"row"}, {attr("kernel_shape", {3, 1})});
  shapes.node("Mul", {"a", "row"}, {"p"}).set_name("product");
  finish(shapes, "p");
  EXPECT_THAT(refusal(shapes).message, HasSubstr("operands of shapes [1, 2, 3, 3] and [1, 2, 1, 3]"));
  EXPECT_THAT(refusal(shapes).hint, HasSubstr("one may be a pixel [1, C, 1, 1]"));
}

}  // namespace
}  // namespace blendsim

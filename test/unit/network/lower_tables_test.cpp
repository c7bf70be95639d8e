// SPDX-License-Identifier: Apache-2.0
// Tables by hand: what their entries are, when they are certain, and what is refused with which hint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using testing::HasSubstr;
constexpr const char* qonnx = "qonnx.custom_op.general";

// x [1, 2, 1, 1] -> INT8 codes of 1/32 ("xq") and sums of them that pass 8 bits ("acc").
test::OnnxBuilder start() {
  test::OnnxBuilder m(20, 9);
  m.opset_import(qonnx, 1);
  m.input("x", {1, 2, 1, 1});
  m.scalar("fine", 0.03125F);
  m.scalar("zero", 0);
  m.scalar("eight", 8);
  m.node("Quant", {"x", "fine", "zero", "eight"}, {"xq"},
         {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
  m.floats("w", {2, 2, 1, 1}, {3, 1, 2, -1});
  m.node("Conv", {"xq", "w"}, {"acc"}).set_name("conv");
  return m;
}

void quantise(test::OnnxBuilder& m, const std::string& tensor, float scale, bool is_signed = false,
              const char* bits = "eight") {
  m.scalar("scale", scale);
  m.node("Quant", {tensor, "scale", "zero", bits}, {"y"},
         {attr("signed", is_signed ? 1 : 0), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx)
      .set_name("quantiser");
  m.output("y");
  m.node("Conv", {"y", "w"}, {"z"});
  m.output("z");
}

const Layer& table_layer(const IntegerNetwork& net) {
  for (const Layer& layer : net.layers) {
    const auto* post = std::get_if<PostProcessing>(&layer.work);
    if (post != nullptr && post->table) return layer;
  }
  throw std::runtime_error("no layer has a table");
}

Diagnostic refusal(const test::OnnxBuilder& m) {
  try {
    (void)lower(m.normalised());
  } catch (const DiagnosticError& error) {
    return error.diagnostics().front();
  }
  throw std::runtime_error("it was accepted");
}

TEST(LowerTables, HoldTheQuantisedFunctionOfEachCode) {
  test::OnnxBuilder m = start();
  m.node("Sigmoid", {"xq"}, {"s"});
  quantise(m, "s", 0.00731F);
  const Layer layer = table_layer(lower(m.normalised()));
  const CodeTable& table = *std::get<PostProcessing>(layer.work).table;
  for (int q = -128; q <= 127; ++q) EXPECT_EQ(table.at(q), std::lrint(1 / (1 + std::exp(-q / 32.0)) / 0.00731F)) << q;
  EXPECT_TRUE(layer.exactness.exact) << layer.exactness.note;
  EXPECT_EQ(layer.exactness.checked, 2 * 256);
  EXPECT_EQ(layer.exactness.ambiguous, 0);
}

TEST(LowerTables, OfSeveralOperatorsFollowTheFilesOrderInFloat32) {
  test::OnnxBuilder m = start();
  m.scalar("third", 0.3F);
  m.node("Abs", {"xq"}, {"a"});
  m.node("Mul", {"a", "third"}, {"b"});
  m.node("Sub", {"xq", "b"}, {"c"});
  m.node("Mul", {"c", "xq"}, {"d"});
  quantise(m, "d", 0.17F, true);
  const Layer layer = table_layer(lower(m.normalised()));
  for (int q = -128; q <= 127; ++q) {
    const float x = static_cast<float>(q) * 0.03125F, b = std::fabs(x) * 0.3F, c = x - b, d = c * x;
    const float code = std::nearbyint(std::min(std::max(d / 0.17F, -128.0F), 127.0F));
    EXPECT_EQ(std::get<PostProcessing>(layer.work).table->at(q), static_cast<int>(code)) << q;
  }
  EXPECT_TRUE(layer.exactness.exact);
}

// A value that float32 functions of two libraries may put on either side of a tie is no ground for a claim.
TEST(LowerTables, AreNotExactWhereACodeLiesNextToATie) {
  test::OnnxBuilder tie = start();
  tie.node("Sigmoid", {"xq"}, {"s"});
  quantise(tie, "s", static_cast<float>(1 / (1 + std::exp(-1.0)) / 2.5));
  const Exactness near = table_layer(lower(tie.normalised())).exactness;
  EXPECT_FALSE(near.exact);
  EXPECT_EQ(near.ambiguous, 2) << "the code 32, in both channels";
  EXPECT_EQ(near.max_error, 1);
  EXPECT_THAT(near.note, HasSubstr("2 of 512 values lie so close to a tie"));

  test::OnnxBuilder zero = start();  // sigmoid(0) is 1/2 in every library
  zero.node("Sigmoid", {"xq"}, {"s"});
  quantise(zero, "s", 0.2F);
  EXPECT_TRUE(table_layer(lower(zero.normalised())).exactness.exact);
}

TEST(LowerTables, GiveWayToThresholdsAndLinesThatAreExact) {
  test::OnnxBuilder line = start();
  line.node("Relu", {"xq"}, {"r"});
  quantise(line, "r", 0.0625F);
  for (const Layer& layer : lower(line.normalised()).layers) {
    if (const auto* post = std::get_if<PostProcessing>(&layer.work)) EXPECT_FALSE(post->table);
  }
  test::OnnxBuilder few = start();
  few.scalar("three", 3);
  few.node("Tanh", {"acc"}, {"t"});
  quantise(few, "t", 0.29F, true, "three");
  for (const Layer& layer : lower(few.normalised()).layers) {
    const auto* post = std::get_if<PostProcessing>(&layer.work);
    if (post == nullptr || post->code == no_tensor) continue;
    EXPECT_TRUE(post->thresholds) << "of sums that no table holds";
    EXPECT_FALSE(post->table);
  }
}

TEST(LowerTables, OfFewerCodesAreForWhatNeitherRisesNorFalls) {
  test::OnnxBuilder m = start();
  m.scalar("three", 3);
  m.node("Abs", {"xq"}, {"a"});
  quantise(m, "a", 0.7F, false, "three");
  const Layer layer = table_layer(lower(m.normalised()));
  for (int q = -128; q <= 127; ++q) {
    EXPECT_EQ(std::get<PostProcessing>(layer.work).table->at(q),
              std::min(7.0F, std::nearbyint(std::fabs(static_cast<float>(q)) * 0.03125F / 0.7F)))
        << q;
  }
}

TEST(LowerTables, AreRefusedForSumsChannelsAndWideCodesWithTheRemedy) {
  test::OnnxBuilder sums = start();
  sums.node("Sigmoid", {"acc"}, {"s"}).set_name("curve");
  quantise(sums, "s", 0.01F);
  EXPECT_EQ(refusal(sums).place.node, "quantiser");
  EXPECT_THAT(refusal(sums).message, HasSubstr("Sigmoid ('curve') stands between sums of [-512, 508]"));
  EXPECT_EQ(refusal(sums).hint, "put a quantiser of 8 bits or less in front of 'curve'");

  test::OnnxBuilder channels = start();
  channels.floats("factors", {1, 2, 1, 1}, {0.5F, 0.7F});
  channels.node("Mul", {"xq", "factors"}, {"f"});
  channels.node("Sigmoid", {"f"}, {"s"}).set_name("curve");
  quantise(channels, "s", 0.01F);
  EXPECT_THAT(refusal(channels).message, HasSubstr("differ between channels"));
  EXPECT_THAT(refusal(channels).hint, HasSubstr("of one scale for the whole tensor, in front of 'curve'"));

  test::OnnxBuilder wide = start();
  wide.scalar("sixteen", 16);
  wide.node("Sigmoid", {"xq"}, {"s"}).set_name("curve");
  quantise(wide, "s", 0.0001F, true, "sixteen");
  EXPECT_THAT(refusal(wide).message, HasSubstr("before a quantiser of 16 bits"));
  EXPECT_EQ(refusal(wide).hint, "quantise to 8 bits or less behind 'curve'");

  test::OnnxBuilder product = start();
  product.node("Sigmoid", {"acc"}, {"s"});
  product.node("Mul", {"acc", "s"}, {"p"}).set_name("product");
  quantise(product, "p", 0.01F);
  EXPECT_EQ(refusal(product).place.node, "product");
  EXPECT_THAT(refusal(product).hint, HasSubstr("where it is quantised to 8 bits or less"));
}

TEST(LowerTables, RefuseWhatIsNoNumberForSomeCode) {
  test::OnnxBuilder m = start();
  m.node("Log", {"xq"}, {"l"}).set_name("logarithm");
  quantise(m, "l", 0.05F, true);
  EXPECT_EQ(refusal(m).place.node, "logarithm");
  EXPECT_THAT(refusal(m).message, HasSubstr("computes an infinity or NaN"));
}

}  // namespace
}  // namespace blendsim

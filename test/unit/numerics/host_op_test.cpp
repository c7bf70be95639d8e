// SPDX-License-Identifier: Apache-2.0
#include "numerics/host_op.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/diagnostic.h"
#include "numerics/float_ops.h"

namespace blendsim {
namespace {

using ::testing::ElementsAre;

// Walks dimension by dimension, the last one fastest.
void walk(const Shape& shape, std::size_t d, std::size_t a, std::size_t b, const std::vector<std::size_t>& a_steps,
          const std::vector<std::size_t>& b_steps, std::vector<std::pair<std::size_t, std::size_t>>& out) {
  if (d == shape.size()) {
    out.emplace_back(a, b);
    return;
  }
  for (std::int64_t k = 0; k < shape[d]; ++k, a += a_steps[d], b += b_steps[d]) {
    walk(shape, d + 1, a, b, a_steps, b_steps, out);
  }
}

TEST(ForEachPair, MergesDimensionsWithoutAnotherOrder) {
  const Shape shapes[] = {{}, {1}, {5}, {2, 3}, {2, 1, 3, 4}, {3, 2, 2, 2}, {2, 0, 3}, {1, 1, 1}};
  const std::vector<Shape> operands[] = {{{}},
                                         {{}, {1}},
                                         {{}, {5}, {1}},
                                         {{}, {3}, {2, 1}, {2, 3}},
                                         {{}, {4}, {3, 1}, {2, 1, 1, 1}, {2, 1, 3, 4}, {1, 1, 1, 4}},
                                         {{}, {3, 1, 1, 1}, {2, 1, 1}, {1, 2, 2, 1}, {3, 1, 2, 1}},
                                         {{}, {3}},
                                         {{}, {1}}};
  for (std::size_t i = 0; i < std::size(shapes); ++i) {
    for (const Shape& x : operands[i]) {
      for (const Shape& y : operands[i]) {
        const auto a = broadcast_strides(x, shapes[i]), b = broadcast_strides(y, shapes[i]);
        std::vector<std::pair<std::size_t, std::size_t>> expected, seen;
        walk(shapes[i], 0, 0, 0, a, b, expected);
        for_each_pair(shapes[i], a, b, [&](std::size_t k, std::size_t at_a, std::size_t at_b) {
          EXPECT_EQ(k, seen.size());
          seen.emplace_back(at_a, at_b);
        });
        EXPECT_EQ(seen, expected) << shape_text(x) << " and " << shape_text(y) << " in " << shape_text(shapes[i]);
      }
    }
  }
}

// The table of docs/qonnx-custom-ops/intquant_v1.md: inputs 5.5, 2.5, 1.6, 1.1, 1.0 and their negatives.
TEST(RoundAs, FollowsTheTableOfQonnx) {
  const std::vector<float> inputs{5.5F, 2.5F, 1.6F, 1.1F, 1.0F, -1.0F, -1.1F, -1.6F, -2.5F, -5.5F};
  const std::map<std::string, std::vector<float>> table{
      {"ROUND", {6, 2, 2, 1, 1, -1, -1, -2, -2, -6}},   {"HALF_EVEN", {6, 2, 2, 1, 1, -1, -1, -2, -2, -6}},
      {"CEIL", {6, 3, 2, 2, 1, -1, -1, -1, -2, -5}},    {"FLOOR", {5, 2, 1, 1, 1, -1, -2, -2, -3, -6}},
      {"UP", {6, 3, 2, 2, 1, -1, -2, -2, -3, -6}},      {"DOWN", {5, 2, 1, 1, 1, -1, -1, -1, -2, -5}},
      {"HALF_UP", {6, 3, 2, 1, 1, -1, -1, -2, -3, -6}}, {"HALF_DOWN", {5, 2, 2, 1, 1, -1, -1, -2, -2, -5}}};
  for (const auto& [mode, expected] : table) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      EXPECT_EQ(round_as(inputs[i], mode), expected[i]) << mode << inputs[i];
  }
  EXPECT_THROW((void)round_as(1, "ROUND_TO_ZERO"), std::invalid_argument);
}

HostOp quantizer(bool saturate_first, float zero_point) {
  HostOp op;
  op.kind = HostOp::Kind::quantize;
  op.scale = 0.5F;
  op.zero_point = zero_point;
  op.lo = -4;
  op.hi = 3;
  op.saturate_first = saturate_first;
  return op;
}

TEST(HostOp, QuantizeClipsThenRoundsHalfToEven) {
  const FloatArray y = apply(quantizer(true, 0), {{1, 5}, {0.25F, 0.75F, -9, 9, -0.1F}});
  EXPECT_THAT(y.values, ElementsAre(0, 2, -4, 3, 0));
  EXPECT_FALSE(std::signbit(y.values[4]));
}

TEST(HostOp, QuantizeAddsAnOddZeroPointBeforeOrAfterRounding) {
  // 0.25 / 0.5 is a tie: QONNX rounds 0.5 + 1 to 2, ONNX rounds 0.5 to 0 and adds 1.
  EXPECT_THAT(apply(quantizer(true, 1), {{1, 1}, {0.25F}}).values, ElementsAre(2));
  EXPECT_THAT(apply(quantizer(false, 1), {{1, 1}, {0.25F}}).values, ElementsAre(1));
}

TEST(HostOp, QuantizeRefusesWhatHasNoInteger) {
  for (const bool first : {false, true})
    EXPECT_THROW((void)apply(quantizer(first, 0), {{1, 1}, {std::nanf("")}}), DiagnosticError);
}

// A division by a subnormal number overflows; ONNX and ONNX Runtime saturate.
TEST(HostOp, QuantizeSaturatesInfinities) {
  for (const bool first : {false, true})
    EXPECT_THAT(apply(quantizer(first, 0), {{1, 2}, {HUGE_VALF, -HUGE_VALF}}).values, ElementsAre(3, -4));
}

TEST(HostOp, ArithmeticBroadcastsAndKeepsTheOrderOfOperands) {
  const FloatArray x{{1, 2, 1, 2}, {1, 2, 3, 4}};
  HostOp op;
  op.operand = {{2, 1, 1}, {10, 100}};
  const auto run = [&](HostOp::Kind kind) {
    op.kind = kind;
    return apply(op, x).values;
  };
  EXPECT_THAT(run(HostOp::Kind::add), ElementsAre(11, 12, 103, 104));
  EXPECT_THAT(run(HostOp::Kind::subtract), ElementsAre(-9, -8, -97, -96));
  EXPECT_THAT(run(HostOp::Kind::reverse_subtract), ElementsAre(9, 8, 97, 96));
  EXPECT_THAT(run(HostOp::Kind::reverse_divide), ElementsAre(10, 5, 100.0F / 3, 25));
}

TEST(HostOp, BatchNormalizationUsesEachChannelsParameters) {
  HostOp op;
  op.kind = HostOp::Kind::batch_normalization;
  op.operand = {{5, 2}, {2, 3, 10, 20, 1, 2, 3, 8, 1, 1}};  // deviations 2 and 3
  EXPECT_THAT(apply(op, {{1, 2}, {5, 8}}).values, ElementsAre(14, 26));
}

TEST(HostOp, SignIsThreeValuedAndBipolarIsNot) {
  HostOp op;
  op.kind = HostOp::Kind::sign;
  EXPECT_THAT(apply(op, {{1, 3}, {-2, 0, 2}}).values, ElementsAre(-1, 0, 1));
  op.kind = HostOp::Kind::bipolar;
  EXPECT_THAT(apply(op, {{1, 3}, {-2, 0, 2}}).values, ElementsAre(-1, 1, 1));
}

TEST(HostOp, TheFirstMaximumWins) {
  HostOp op;
  op.kind = HostOp::Kind::argmax;
  EXPECT_THAT(apply(op, {{1, 4}, {1, 7, 7, 3}}).values, ElementsAre(1));
  op.kind = HostOp::Kind::top_k;
  op.count = 3;
  op.output = 1;
  EXPECT_THAT(apply(op, {{1, 4}, {1, 7, 7, 3}}).values, ElementsAre(1, 2, 3));
}

TEST(HostOp, SoftmaxSumsToOneEvenForLargeLogits) {
  HostOp op;
  op.kind = HostOp::Kind::softmax;
  EXPECT_THAT(apply(op, {{1, 2}, {1000, 1000}}).values, ElementsAre(0.5F, 0.5F));
}

TEST(HostInput, ChecksShapeAndFormat) {
  HostInput input{"x", {1, 2}, {quantizer(true, 0)}, Format::signed_bits(3), 2, 1, 1};
  EXPECT_THAT(quantize_input(input, {{1, 2}, {1, -1}}), ElementsAre(2, -2));
  EXPECT_THAT(quantize_input(input, {{2}, {1, -1}}), ElementsAre(2, -2));
  EXPECT_THROW((void)quantize_input(input, {{1, 3}, {1, 1, 1}}), DiagnosticError);
  input.format = Format::bipolar();
  EXPECT_THROW((void)quantize_input(input, {{1, 2}, {1, -1}}), DiagnosticError);
}

TEST(HostOutput, RunsItsOperatorsOnTheIntegers) {
  HostOp scale;
  scale.kind = HostOp::Kind::multiply;
  scale.operand = {{}, {0.5F}};
  const HostOutput output{"y", {1, 2}, {scale}, 2, 1, 1};
  const FloatArray y = finish_output(output, {3, -4});
  EXPECT_EQ(y.shape, (Shape{1, 2}));
  EXPECT_THAT(y.values, ElementsAre(1.5F, -2));
}

TEST(HostOp, IsDescribedWithItsNode) {
  HostOp op;
  op.kind = HostOp::Kind::softmax;
  op.node = "Softmax_9";
  EXPECT_EQ(describe(op), "Softmax on the host (node 'Softmax_9')");
}

}  // namespace
}  // namespace blendsim

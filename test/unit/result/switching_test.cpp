// SPDX-License-Identifier: Apache-2.0
// Which instructions are sampled, and what their sums tell of all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "result/switching.h"

namespace blendsim {
namespace {

using ::testing::ElementsAre;

constexpr auto operand = static_cast<std::size_t>(Distance::xnor_operand);
constexpr auto xnor = static_cast<std::size_t>(UnitId::xnor_array);

LayerSwitching layer(const std::vector<DistanceSum>& sampled, std::int64_t instructions) {
  LayerSwitching out;
  for (const DistanceSum& sum : sampled) out.distances[operand].add(sum);
  out.sampled[xnor] = static_cast<std::int64_t>(sampled.size());
  out.instructions[xnor] = instructions;
  return out;
}

TEST(SampledInstructions, AreOneOfSoManyEvenlySpread) {
  EXPECT_THAT(sampled_instructions(16, 4), ElementsAre(2, 6, 10, 14));
  EXPECT_THAT(sampled_instructions(10, 4), ElementsAre(1, 5, 8));
  EXPECT_THAT(sampled_instructions(3, 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(sampled_instructions(1, 100), ElementsAre(0)) << "at least one";
  EXPECT_THAT(sampled_instructions(0, 4), ElementsAre());
}

TEST(Density, OfALayerIsOfAllItsBits) {
  const auto found = density(layer({{100, 4, 400}, {50, 1, 100}}, 2), Distance::xnor_operand);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->value, 150.0 / 500);
  EXPECT_EQ(found->error, 0) << "every instruction was looked at";
  EXPECT_FALSE(density(layer({}, 3), Distance::xnor_operand));
}

TEST(Density, HasTheStandardErrorOfAMeanWithoutReplacement) {
  // Densities 0.25, 0.5 and 0.75: a variance of 1/16, three of twelve.
  const auto found = density(layer({{25, 1, 100}, {50, 1, 100}, {75, 1, 100}}, 12), Distance::xnor_operand);
  ASSERT_TRUE(found && found->error);
  EXPECT_DOUBLE_EQ(*found->error, std::sqrt(1.0 / 16 / 3 * (1 - 3.0 / 12)));
  EXPECT_FALSE(density(layer({{25, 1, 100}}, 12), Distance::xnor_operand)->error) << "one tells nothing of others";
}

// The second layer has a tenth of its instructions in the sample and counts ten times.
TEST(Density, OfAllLayersGivesEachTheWeightOfAllItsInstructions) {
  Switching all;
  all.layers = {layer({{10, 1, 100}}, 1), layer({{50, 1, 100}, {70, 1, 100}}, 20)};
  const auto found = density(all, Distance::xnor_operand);
  ASSERT_TRUE(found && found->error);
  EXPECT_DOUBLE_EQ(found->value, (0.1 * 100 + 0.6 * 2000) / 2100);
  EXPECT_NEAR(*found->error, std::sqrt(0.02 / 2 * 0.9) * 2000 / 2100, 1e-5) << "densities are kept to 2^-16";
  EXPECT_FALSE(density(all, Distance::mac_weight));
}

TEST(Switching, AddsUpLayerByLayer) {
  Switching sum;
  sum.layers = {layer({{10, 1, 100}}, 1)};
  Switching other;
  other.layers = {layer({{30, 2, 200}}, 4)};
  sum += other;
  EXPECT_EQ(sum.layers[0].distances[operand].bits, 40);
  EXPECT_EQ(sum.layers[0].distances[operand].words, 3);
  EXPECT_EQ(sum.layers[0].distances[operand].compared, 300);
  EXPECT_EQ(sum.layers[0].sampled[xnor], 2);
  EXPECT_EQ(sum.layers[0].instructions[xnor], 5);
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Which instructions are sampled, and what their sums tell of all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
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

TEST(SampledInstructions, AreOneOutOfEverySoMany) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto chosen = sampled_instructions(16, 4, seed);
    ASSERT_EQ(chosen.size(), 4U);
    for (std::int64_t n = 0; n < 4; ++n) EXPECT_EQ(chosen[static_cast<std::size_t>(n)] / 4, n);
    EXPECT_EQ(sampled_instructions(16, 4, seed), chosen);
  }
  EXPECT_EQ(sampled_instructions(10, 4, 1).size(), 3U);
  EXPECT_THAT(sampled_instructions(3, 1, 7), ElementsAre(0, 1, 2));
  EXPECT_EQ(sampled_instructions(5, 100, 7).size(), 1U) << "at least one";
  EXPECT_THAT(sampled_instructions(0, 4, 7), ElementsAre());
}

// A layer's first and last instructions see the map's border.
TEST(SampledInstructions, LeaveNoneOutOfEveryDraw) {
  std::array<int, 8> seen{};
  for (std::uint64_t layer = 0; layer < 1000; ++layer) {
    for (const std::int64_t n : sampled_instructions(8, 4, layer << 40)) ++seen[static_cast<std::size_t>(n)];
  }
  for (const int count : seen) EXPECT_NEAR(count, 250, 60);
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

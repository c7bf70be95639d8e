// SPDX-License-Identifier: Apache-2.0
// Switching activity of whole runs: the sums of the instructions, whatever else the run is.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "test/model/compiled_network.h"

namespace blendsim::test {
namespace {

RunOptions sampling(std::int64_t every) {
  RunOptions options;
  options.activity_every = every;
  return options;
}

// Instruction by instruction in program order, without time.
std::vector<std::array<DistanceSum, distance_count>> sums_by_layer(const CompiledNetwork& network,
                                                                   const std::vector<std::int32_t>& image) {
  const MachineParameters& machine = network.platform.machine;
  Buffers buffers;
  buffers.configure(machine, false);
  const std::vector<std::uint8_t> program = program_area(network.program);
  const std::vector<std::uint8_t> input = pack_input(network.program, machine, image);
  std::vector<std::uint8_t> output(network.program.output_bytes, 0);
  const DramAreas dram{program, input, output};
  for (const Instruction& i : decode(network.program.init)) execute(i, machine, buffers, dram);
  std::vector<std::array<DistanceSum, distance_count>> sums(network.program.layers.size());
  for (const Instruction& i : decode(network.program.main)) {
    DistanceMeter meter;
    DistanceMeter::Memo memo;
    meter.begin(DistanceRange::of(unit_of(i)), memo);
    execute(i, machine, buffers, dram, &meter);
    for (std::size_t d = 0; d < distance_count; ++d) sums[sync_of(i).layer][d] += meter.distances().sums[d];
  }
  return sums;
}

TEST(Switching, OfEveryInstructionIsTheSumOverTheProgram) {
  const CompiledNetwork network = small_blend("zu3eg");
  const auto image = network.image(1);
  const blendsim::Run run = network.run({image}, sampling(1));
  ASSERT_TRUE(run.switching);
  const auto expected = sums_by_layer(network, image);
  ASSERT_EQ(run.switching->layers.size(), expected.size());
  std::array<std::int64_t, unit_count> instructions{};
  for (std::size_t l = 0; l < expected.size(); ++l) {
    const LayerSwitching& layer = run.switching->layers[l];
    EXPECT_EQ(layer.sampled, layer.instructions);
    for (std::size_t u = 0; u < unit_count; ++u) instructions[u] += layer.instructions[u];
    for (std::size_t d = 0; d < distance_count; ++d)
      EXPECT_EQ(static_cast<const DistanceSum&>(layer.distances[d]), expected[l][d]) << l << ' ' << distance_names[d];
  }
  std::array<std::int64_t, unit_count> in_records{};
  for (const InstructionRecord& record : run.records) ++in_records[static_cast<std::size_t>(index(record.unit))];
  EXPECT_EQ(instructions, in_records);
}

TEST(Switching, OfABatchIsThatOfItsImages) {
  const CompiledNetwork network = small_blend("zu3eg");
  const std::vector<std::vector<std::int32_t>> images{network.image(1), network.image(2), network.image(3)};
  Switching sum;
  for (const auto& image : images) sum += *network.run({image}, sampling(3)).switching;
  EXPECT_EQ(*network.run(images, sampling(3)).switching, sum);
  RunOptions without_records = sampling(3);
  without_records.keep_records = false;
  EXPECT_EQ(*network.run(images, without_records).switching, sum);
}

// What is remembered of a program is that program's, and a run without a sample in between changes nothing.
TEST(Switching, OfAWarmRunIsThatOfTheFirst) {
  const CompiledNetwork one = small_blend("zu3eg"), other = small_blend("zu7ev");
  const auto image = one.image(1);
  const Switching first = *one.run({image}, sampling(4)).switching;
  EXPECT_FALSE(one.run({image}, {}).switching);
  EXPECT_EQ(*one.run({image}, sampling(4)).switching, first);
  const Switching coarse = *one.run({image}, sampling(8)).switching;
  EXPECT_EQ(coarse.every, 8);
  EXPECT_LT(coarse.layers[3].sampled[2], first.layers[3].sampled[2]);
  (void)other.run({image}, sampling(4));
  EXPECT_EQ(*one.run({image}, sampling(4)).switching, first);
}

TEST(Switching, OfASampleIsNearThatOfAll) {
  const CompiledNetwork network = small_blend("zu3eg");
  const auto image = network.image(1);
  const Switching all = *network.run({image}, sampling(1)).switching;
  const Switching some = *network.run({image}, sampling(4)).switching;
  for (std::size_t d = 0; d < distance_count; ++d) {
    const auto distance = static_cast<Distance>(d);
    const auto exact = density(all, distance), sampled = density(some, distance);
    ASSERT_EQ(exact.has_value(), sampled.has_value()) << distance_names[d];
    if (!exact || !sampled->error) continue;
    EXPECT_EQ(exact->error, 0);
    EXPECT_NEAR(sampled->value, exact->value, 4 * *sampled->error + 0.005) << distance_names[d];
  }
}

TEST(Switching, ChangesNothingElse) {
  const CompiledNetwork network = small_blend("zu3eg");
  const auto image = network.image(1);
  const blendsim::Run without = network.run({image}, {}), with = network.run({image}, sampling(1));
  EXPECT_FALSE(without.switching);
  EXPECT_EQ(with.outputs, without.outputs);
  EXPECT_EQ(with.records, without.records);
  EXPECT_EQ(with.actions, without.actions);
}

TEST(Switching, NeedsValues) {
  const CompiledNetwork network = small_blend("zu3eg");
  RunOptions options = sampling(4);
  options.values = false;
  EXPECT_THROW((void)network.run({}, options), InvariantError);
}

}  // namespace
}  // namespace blendsim::test

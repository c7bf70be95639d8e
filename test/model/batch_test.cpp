// SPDX-License-Identifier: Apache-2.0
// Whole networks: batches against single runs, and random stalls against none.
#include <gtest/gtest.h>

#include <filesystem>

#include "isa/interpret.h"
#include "result/recording.h"
#include "test/model/compiled_network.h"

namespace blendsim::test {
namespace {

RunOptions checked(std::uint64_t stall_seed = 0) {
  RunOptions options;
  options.check_hazards = true;
  options.stall_seed = stall_seed;
  return options;
}

TEST(Batch, GivesEachImageWhatItsOwnRunGives) {
  const CompiledNetwork network = small_blend("zu3eg");
  const std::vector<std::vector<std::int32_t>> images{network.image(1), network.image(2), network.image(3)};
  const auto batch = network.run(images, checked());
  ASSERT_EQ(batch.outputs.size(), 3U);
  EXPECT_NE(batch.outputs[0], batch.outputs[1]);
  const std::size_t length = batch.records.size() / 3;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto alone = network.run({images[i]}, checked());
    EXPECT_EQ(batch.outputs[i], alone.outputs[0]) << "image " << i;
    if (i > 0) continue;
    // The first image starts from reset and lies where it lies, like in a run of its own.
    EXPECT_EQ(batch.completions[0], alone.completions[0]);
    for (std::size_t r = 0; r < length; ++r) EXPECT_EQ(batch.records[r].start, alone.records[r].start) << r;
  }
}

TEST(Run, IsWarmWhereTheMachineRanTheSameProgramLast) {
  const CompiledNetwork one = small_blend("zu3eg"), other = small_blend("zu7ev");
  const std::vector<std::vector<std::int32_t>> images{one.image(1)};
  (void)other.run(images, {});
  EXPECT_FALSE(one.run(images, {}).warm);
  EXPECT_TRUE(one.run(images, {}).warm);
  EXPECT_FALSE(other.run(images, {}).warm);
}

// Images follow each other: a doorbell a cycle after the completion before. Apart from DRAM's state and refresh phase
// each takes what the first takes.
TEST(Batch, SettlesToAnIntervalThatIsALatency) {
  const CompiledNetwork network = small_blend("zu3eg");
  const auto run = network.time(4);
  ASSERT_EQ(run.completions.size(), 4U);
  EXPECT_EQ(run.cycles, run.completions.back());
  const Cycles latency = run.completions[0];
  for (std::size_t i = 1; i < 4; ++i) {
    const Cycles interval = run.completions[i] - run.completions[i - 1];
    EXPECT_NEAR(static_cast<double>(interval), static_cast<double>(latency + 1), 0.02 * static_cast<double>(latency));
  }
  std::int64_t end_of_first = 0, start_of_second = run.cycles;
  for (const InstructionRecord& record : run.records) {
    if (record.image == 0) end_of_first = std::max(end_of_first, record.end);
    if (record.image == 1) start_of_second = std::min(start_of_second, record.start);
  }
  EXPECT_GT(start_of_second, end_of_first) << "images overlap only inside one program";
}

void expect_no_stall_reaches_an_output(const CompiledNetwork& network) {
  const std::vector<std::vector<std::int32_t>> images{network.image(7)};
  const auto straight = network.run(images, checked());
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto run = network.run(images, checked(seed));
    EXPECT_EQ(run.outputs, straight.outputs) << "seed " << seed;
    EXPECT_GT(run.cycles, straight.cycles) << "seed " << seed;
  }
}

// Records that are dropped image by image leave the same figures; consumers hear the same.
TEST(Batch, WithoutRecordsGivesTheSameFiguresAndEvents) {
  for (const char* sets : {"", "dispatcher.prefetch=16 words"}) {
    const CompiledNetwork network =
        small_blend("zu3eg", *sets == 0 ? std::vector<std::string>{}
                                        : std::vector<std::string>{sets, "buffers.instructions.depth=16"});
    Recording kept, dropped;
    RunOptions options;
    options.check_hazards = true;
    options.consumers = {&kept};
    const std::vector<std::vector<std::int32_t>> images{network.image(1), network.image(2), network.image(3)};
    const auto whole = network.run(images, options);
    options.keep_records = false;
    options.consumers = {&dropped};
    std::vector<std::int32_t> done;
    options.image_done = [&](std::int32_t n) { done.push_back(n); };
    const auto lean = network.run(images, options);
    EXPECT_EQ(done, (std::vector<std::int32_t>{1, 2, 3}));
    EXPECT_EQ(lean.cycles, whole.cycles);
    EXPECT_EQ(lean.completions, whole.completions);
    EXPECT_EQ(lean.units, whole.units);
    EXPECT_EQ(lean.outputs, whole.outputs);
    EXPECT_EQ(lean.compute_cycles, whole.compute_cycles);
    EXPECT_EQ(lean.memory, whole.memory);
    EXPECT_EQ(lean.last_record, whole.last_record);
    EXPECT_EQ(lean.layer_critical_cycles, whole.layer_critical_cycles);
    EXPECT_EQ(lean.layer_critical_by, whole.layer_critical_by);
    const std::size_t first = whole.records.size() / 3;
    EXPECT_EQ(lean.records,
              std::vector(whole.records.begin(), whole.records.begin() + static_cast<std::ptrdiff_t>(first)));
    EXPECT_EQ(dropped.main().records, kept.main().records);
    EXPECT_EQ(dropped.main().tokens.size(), kept.main().tokens.size());
    EXPECT_EQ(dropped.main().intervals.size(), kept.main().intervals.size());
    EXPECT_EQ(dropped.main().bursts.size(), kept.main().bursts.size());
    EXPECT_EQ(kept.main().records, whole.records);
  }
}

// What init brought is kept from run to run while program, weights and parameters are the same: only then.
TEST(Init, BringsWeightsAgainOnceTheyAreOthers) {
  const CompiledNetwork network = small_blend("zu3eg");
  const std::vector<std::int32_t> image = network.image(4);
  CompiledNetwork changed = network;
  for (DramSegment& segment : changed.program.segments) {
    for (std::size_t n = 0; n < 64 && n < segment.bytes.size(); ++n) segment.bytes[n] ^= 0x5A;
  }
  const auto expected = interpret(network.program, network.platform.machine, image, false).outputs;
  const auto other = interpret(changed.program, changed.platform.machine, image, false).outputs;
  ASSERT_NE(expected, other);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(network.run({image}, {}).outputs[0], expected);
    EXPECT_EQ(network.run({image}, {}).outputs[0], expected);
    (void)changed.time();
    EXPECT_EQ(network.run({image}, checked()).outputs[0], expected);
    EXPECT_EQ(changed.run({image}, {}).outputs[0], other);
    EXPECT_EQ(changed.run({image}, {}).outputs[0], other);
  }
}

TEST(RandomStalls, LeaveTheOutputsOfASmallBlendAlone) {
  expect_no_stall_reaches_an_output(small_blend("zu3eg"));
  expect_no_stall_reaches_an_output(small_blend("zu3eg", {"buffers.instructions.depth=64"}));
}

// CNV's weights stay on chip on zu3eg and are streamed on z7020.
TEST(RandomStalls, LeaveTheOutputsOfCnvAlone) {
  const std::string file = BLENDSIM_SHARED "/models/cnv_w1a1_qonnx.onnx";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no trained networks at " BLENDSIM_SHARED "/models";
  const CompiledNetwork resident(file, "zu3eg"), streaming(file, "z7020");
  EXPECT_GT(streaming.time().memory.read_bytes, 4 * resident.time().memory.read_bytes);
  expect_no_stall_reaches_an_output(resident);
  expect_no_stall_reaches_an_output(streaming);
}

}  // namespace
}  // namespace blendsim::test

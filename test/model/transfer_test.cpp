// SPDX-License-Identifier: Apache-2.0
// Rules 7 and 8 in the machine: requests, outstanding bursts, splits, beats, responses, ties.
#include <gtest/gtest.h>

#include "test/model/program_builder.h"
#include "units/transfer/law.h"

namespace blendsim::test {
namespace {

struct Bursts : EventConsumer {
  std::vector<BurstEvent> events;
  void on_burst(const BurstEvent& event) override { events.push_back(event); }
};

struct Observed {
  Run run;
  std::vector<BurstEvent> bursts;
};
Observed observe(const MachineParameters& m, const std::vector<Step>& steps) {
  Bursts bursts;
  RunOptions options;
  options.consumers = {&bursts};
  Observed observed{run_steps(m, steps, options), {}};
  observed.bursts = bursts.events;
  return observed;
}

// Equal clocks, sync 1: what is sent in n is visible from n + 2. Column 32 bytes = 2 beats of 128 bits in 4 cycles.
constexpr Cycles cross = 2;

TEST(Load, FirstRequestIsSentInItsStartCycleAndGrantedWhenTheMemorySeesIt) {
  const MachineParameters m = simple_machine();
  const Observed o = observe(m, {load(0, 256)});
  const InstructionRecord& r = o.run.records[0];
  ASSERT_EQ(o.bursts.size(), 1U);
  EXPECT_EQ(o.bursts[0].request, r.start);
  const Cycles granted = r.start + cross;         // in the memory
  EXPECT_EQ(o.bursts[0].grant, granted + cross);  // visible to load
  // ACT, RCD 12, 8 columns every 4, CL 11, 4 cycles of data; back across the clocks, interconnect 20.
  const Cycles last_data = granted + 12 + 7 * 4 + 11 + 3;
  EXPECT_EQ(o.bursts[0].last_beat, last_data + cross + 20);
  EXPECT_EQ(r.end, o.bursts[0].last_beat);
  EXPECT_EQ(r.front_free, r.start + 1);
  EXPECT_EQ(o.run.cycles, r.end + 2);
}

TEST(Load, SendsItsNextRequestWhenTheLastOneIsGrantedAndNotBefore) {
  const MachineParameters m = simple_machine();
  const Observed o = observe(m, {load(0, 512)});
  ASSERT_EQ(o.bursts.size(), 2U);
  EXPECT_EQ(o.bursts[1].request, o.bursts[0].grant);
  EXPECT_EQ(o.run.records[0].front_free, o.bursts[1].request + 1);
  EXPECT_TRUE(o.bursts[1].row_hit);
  EXPECT_FALSE(o.bursts[0].row_hit);
}

TEST(Load, WaitsForALandingWhenAllItsOutstandingBurstsAreInFlight) {
  MachineParameters m = simple_machine();
  m.load.outstanding = 2;
  const Observed o = observe(m, {load(0, 256 * 4)});
  ASSERT_EQ(o.bursts.size(), 4U);
  EXPECT_EQ(o.bursts[1].request, o.bursts[0].grant);
  EXPECT_EQ(o.bursts[2].request, o.bursts[0].last_beat + 1);
  EXPECT_EQ(o.bursts[3].request, std::max(o.bursts[1].last_beat + 1, o.bursts[2].grant));
}

TEST(Load, CountsOutstandingBurstsAcrossInstructions) {
  MachineParameters m = simple_machine();
  m.load.outstanding = 1;
  const Observed o = observe(m, {load(0, 256), load(256, 256)});
  EXPECT_EQ(o.run.records[1].start, visible(m, 1));  // a word each, and the front was free long before
  EXPECT_EQ(o.bursts[1].request, o.bursts[0].last_beat + 1);
}

TEST(Load, BeatsAreOneBusWordACycle) {
  MachineParameters m = simple_machine();
  m.memory.width = 256;  // a column command moves 256 bytes in 4 cycles: faster than the port
  const Observed o = observe(m, {load(0, 512)});
  const Cycles first_data = o.bursts[0].request + cross + 12 + 11;
  EXPECT_EQ(o.bursts[0].last_beat, first_data + cross + 20 + 16 - 1);
  EXPECT_EQ(o.bursts[1].last_beat, o.bursts[0].last_beat + 16);
}

TEST(Load, ARefreshThatIsDueDelaysTheGrant) {
  MachineParameters m = simple_machine();
  m.memory.timing.refi = 300;
  m.memory.timing.rfc = 150;
  const auto granted_after = [&](std::uint32_t occupancy) {
    return observe(m, {mac(occupancy).post(UnitId::load), load(0, 16).wait(UnitId::mac_array)}).bursts[0].grant - cross;
  };
  // mac starts in 14 and ends in 14 + n + 8; load starts a cycle later, and the memory sees its request in 25 + n.
  EXPECT_EQ(granted_after(274), 299);
  EXPECT_EQ(granted_after(275), 300 + 150);
}

TEST(Bursts, NeverCross4KiB) {
  const TransferInstruction i = std::get<LoadInstruction>(load(4096 - 32, 128).instruction);
  BurstWalk walk(i, 8192, {8, 16}, 16);
  const BurstRange first = walk.next();
  EXPECT_EQ(first.address, 8192U + 4096 - 32);
  EXPECT_EQ(first.bytes, 32U);
  const BurstRange second = walk.next();
  EXPECT_EQ(second.address, 8192U + 4096);
  EXPECT_EQ(second.bytes, 96U);
  EXPECT_TRUE(walk.done());
}

TEST(Bursts, GoRunByRunInWholeBusWords) {
  const TransferInstruction i = std::get<LoadInstruction>(load(0, 40, 3, 1024).instruction);
  EXPECT_EQ(transfer_bursts(i, 0, {8, 2}, 16), 6);
  EXPECT_EQ(transfer_beats(i, 16), 9);
  BurstWalk walk(i, 0, {8, 2}, 16);
  (void)walk.next();
  EXPECT_EQ(walk.next().bytes, 16U);
  EXPECT_EQ(walk.next().address, 1024U);
}

TEST(Stem, TakesTheWriterFourCyclesABeatFromItsFirstBeatOn) {
  const MachineParameters m = simple_machine();
  Step step = load(0, 256, 2, 256);
  auto& i = std::get<LoadInstruction>(step.instruction);
  i.form = static_cast<std::uint32_t>(TransferForm::stem);
  const Observed o = observe(m, {step});
  const Cycles first = o.bursts[0].last_beat - 16 + 16 * 4;  // 16 beats came one a cycle
  EXPECT_GT(first, o.bursts[1].last_beat - 16);
  EXPECT_EQ(o.run.records[0].end, first + 16 * 4);
}

TEST(Load, TheWriterTakesBurstsInOrderAndNoBeatBeforeItComes) {
  EXPECT_EQ(landing(60, 44, 16, 16), 60);      // the first of 16 beats comes in 45: the writer is free
  EXPECT_EQ(landing(60, 45, 16, 16), 60 + 1);  // taken in 45: one cycle late
  EXPECT_EQ(landing(60, 90, 16, 64), 90 + 64);
}

TEST(BinaryMap, OneCellACycleGoesInAndOut) {
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(TransferForm::binary);
  EXPECT_EQ(engine_cycles(i, 16, 16, 2), 16 * 8);  // m = 1
  EXPECT_EQ(engine_cycles(i, 16, 16, 6), 43);      // 42 2/3 cells
  EXPECT_EQ(engine_cycles(i, 3, 4, 8), 3);         // a cell takes two bus words
  i.form = static_cast<std::uint32_t>(TransferForm::fixed);
  EXPECT_EQ(engine_cycles(i, 16, 16, 2), 16);
}

TEST(BinaryMap, ACellIsCompleteWithItsLastBusWord) {
  EXPECT_EQ(cell_step(1, 0, 16, 6), 1);
  EXPECT_EQ(cell_step(3, 4, 16, 6), 3);  // one a cycle, however many a bus word holds
  EXPECT_EQ(cell_step(1, 0, 4, 6), 2);   // two bus words
  EXPECT_EQ(cell_step(1, 2, 4, 6), 1);   // 2 bytes came with the burst before
  EXPECT_EQ(cell_step(2, 2, 4, 6), 3);
}

TEST(Store, RequestsWhenItsDataIsCompleteAndEndsWithTheResponse) {
  const MachineParameters m = simple_machine();
  const Observed o = observe(m, {store(0, 256)});
  const InstructionRecord& r = o.run.records[0];
  // Set up in 4 cycles, 16 words read one a cycle, the last read in start + 19, there 2 cycles later.
  EXPECT_EQ(o.bursts[0].request, r.start + 4 + 15 + 2);
  // 16 beats leave; the memory sees the request with the last.
  const Cycles granted = o.bursts[0].request + 15 + cross;
  const Cycles last_data = granted + 12 + 7 * 4 + 8 + 3;
  EXPECT_EQ(o.bursts[0].grant, granted + cross);
  EXPECT_EQ(r.end, last_data + cross + 10);
  EXPECT_EQ(r.front_free, o.bursts[0].request + 1);
}

TEST(Store, ReadsTheNextBurstWhileTheFirstIsUnderWay) {
  const MachineParameters m = simple_machine();
  const Observed o = observe(m, {store(0, 512)});
  EXPECT_EQ(o.bursts[1].request, std::max(o.bursts[0].grant, o.run.records[0].start + 4 + 31 + 2));
}

TEST(Memory, ServesTheOldestVisibleRequestAndBreaksTiesFetchStoreLoad) {
  MachineParameters m = simple_machine();
  // Tuned so that both are visible in the same memory cycle: the store's request arrives with its last beat.
  const auto order = [&](std::uint32_t delay) {
    const Observed o = observe(m, {pool(delay).post(UnitId::load), store(0, 256), load(0, 16).wait(UnitId::pool_unit)});
    EXPECT_EQ(o.bursts.size(), 2U);
    return std::tuple{o.bursts[0].write, o.run.records[1].start, o.run.records[2].start};
  };
  bool tie_seen = false;
  for (std::uint32_t delay = 1; delay < 60; ++delay) {
    const auto [store_first, store_start, load_start] = order(delay);
    const Cycles store_visible = store_start + 4 + 15 + 2 + 15 + cross;  // set up, 16 words read, latency 2, 16 beats
    const Cycles load_visible = load_start + cross;
    EXPECT_EQ(store_first, store_visible <= load_visible) << delay;
    tie_seen |= store_visible == load_visible;
  }
  EXPECT_TRUE(tie_seen);
}

TEST(Memory, CountsWhatItDid) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {load(0, 512).layer(1), store(0, 256).layer(2)});
  EXPECT_EQ(run.memory.bursts, 3);
  EXPECT_EQ(run.memory.read_bytes, 512);
  EXPECT_EQ(run.memory.write_bytes, 256);
  EXPECT_EQ(run.memory.row_hits + run.memory.row_misses, 3);
  EXPECT_EQ(run.actions[unit_count][Action::dram_read_byte], 512);
  EXPECT_EQ(run.layer_actions[1][Action::dram_read_byte], 512);
  EXPECT_EQ(run.layer_actions[2][Action::dram_write_byte], 256);
}

}  // namespace
}  // namespace blendsim::test

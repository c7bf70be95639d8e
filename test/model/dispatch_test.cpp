// SPDX-License-Identifier: Apache-2.0
// Rule 5: dispatch, queues, the prefetch FIFO; and completion.
#include <gtest/gtest.h>

#include "test/model/program_builder.h"
#include "units/dispatcher/law.h"

namespace blendsim::test {
namespace {

using enum UnitId;

TEST(Dispatcher, SendsOneWordACycleAndEntersAnInstructionWithItsLast) {
  const MachineParameters m = simple_machine();
  LoadInstruction one_word;
  one_word.run_bytes = 16;
  one_word.runs = 1;
  ASSERT_EQ(encoded_words(one_word), 1);
  ASSERT_EQ(encoded_words(xnor(1).instruction), 2);
  const auto run = run_steps(m, {{one_word}, xnor(1), {one_word}, mac(1)});
  EXPECT_EQ(run.records[0].visible, visible(m, 0));
  EXPECT_EQ(run.records[1].visible, visible(m, 2));
  EXPECT_EQ(run.records[2].visible, visible(m, 3));
  EXPECT_EQ(run.records[3].visible, visible(m, 5));
}

TEST(Dispatcher, TakesDecodeCyclesFromWordToEntry) {
  MachineParameters m = simple_machine();
  m.dispatcher.decode = 9;
  EXPECT_EQ(run_steps(m, {xnor(1)}).records[0].visible, 10 + 1 + 9 + 1);
}

TEST(Queue, ThatIsFullHoldsTheDispatcherUntilTheCycleAfterAStart) {
  MachineParameters m = simple_machine();
  m.dispatcher.queue_depth = 1;
  const auto run = run_steps(m, {xnor(100), xnor(3), xnor(3), mac(1)});
  // The first starts in 14, so the second (written no earlier than 15) finds room; it starts in 114, and only then the
  // third may enter: written in 115, visible in 116. mac comes two words later, though its own queue is empty.
  EXPECT_EQ(run.records[1].visible, 16);
  EXPECT_EQ(run.records[1].start, 114);
  EXPECT_EQ(run.records[2].visible, 116);
  EXPECT_EQ(run.records[2].start, 117);
  EXPECT_EQ(run.records[3].visible, 118);
  EXPECT_EQ(run.records[3].release, Release::dispatch);
  EXPECT_EQ(run.records[3].released_by, 1) << "the start that freed the slot";
}

TEST(Queue, OfDepthTwoTakesOneMore) {
  MachineParameters m = simple_machine();
  m.dispatcher.queue_depth = 2;
  const auto run = run_steps(m, {xnor(100), xnor(3), xnor(3), mac(1)});
  EXPECT_EQ(run.records[3].visible, visible(m, 7));
}

TEST(DispatcherLaw, ReadsAWordWhenItIsThereAndTheDecoderHasRoom) {
  EXPECT_EQ(read_cycle(10, 9, 0), 10);
  EXPECT_EQ(read_cycle(10, 10, 0), 11);
  EXPECT_EQ(read_cycle(10, 10, 40), 40);
  EXPECT_EQ(write_cycle(10, 2, 5, -1), 12);
  EXPECT_EQ(write_cycle(10, 2, 30, -1), 31);
  EXPECT_EQ(write_cycle(10, 2, 30, 50), 51);
}

TEST(DispatcherLaw, FetchesWholeBusWordsAndNoMoreThanTheFifoHolds) {
  EXPECT_EQ(fetch_words(16, 128, 64), 16);
  EXPECT_EQ(fetch_words(16, 64, 64), 8);
  EXPECT_EQ(fetch_words(16, 256, 64), 32);
  EXPECT_EQ(fetch_words(64, 128, 16), 16);
}

TEST(Completion, ReadsOneTwoCyclesAfterTheLastEnd) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {xnor(30), mac(3)});
  // The end in cycle e is visible to END in e+1; the flag reads 1 one cycle later.
  EXPECT_EQ(run.cycles, run.records[0].end + 2);
  EXPECT_EQ(run.last_record, 0);
}

TEST(Completion, OfAnEmptyProgramFollowsItsEndWord) {
  const MachineParameters m = simple_machine();
  EXPECT_EQ(run_steps(m, {}).cycles, word_written(m, 0) + 1);
}

TEST(NextImage, StartsWithADoorbellOneCycleAfterTheCompletion) {
  const MachineParameters m = simple_machine();
  const auto one = run_steps(m, {xnor(30)});
  const auto run = run_steps(m, {xnor(30)}, {}, 3);
  ASSERT_EQ(run.completions.size(), 3U);
  EXPECT_EQ(run.completions[0], one.cycles);
  EXPECT_EQ(run.completions[1], one.cycles + 1 + one.cycles);
  EXPECT_EQ(run.completions[2], run.cycles);
  EXPECT_EQ(run.records[1].start, one.cycles + 1 + one.records[0].start);
  EXPECT_EQ(run.records[1].image, 1);
}

TEST(Prefetch, RequestsABurstWhenAllOfItFitsAndReadsItAfterItsLastBeat) {
  MachineParameters m = simple_machine();
  m.dispatcher.prefetch = 16;
  m.load.burst = 16;
  std::vector<Step> steps(12, xnor(1));  // 24 words and END: bursts of 16 and 9 words
  Program program = make_program(steps);
  program.resident = false;
  struct Bursts : EventConsumer {
    std::vector<BurstEvent> events;
    void on_burst(const BurstEvent& event) override { events.push_back(event); }
  } bursts;
  RunOptions options;
  options.values = false;
  options.consumers = {&bursts};
  const auto run = Machine::instance().run(m, program, {}, options);
  ASSERT_EQ(run.fetched_bursts, 2);
  ASSERT_EQ(bursts.events.size(), 2U);
  EXPECT_EQ(bursts.events[0].record, -1);
  EXPECT_EQ(bursts.events[0].request, 10);
  EXPECT_EQ(bursts.events[0].bytes, 256U);
  // Words are read one a cycle from the cycle after the last beat: the second word is read in last + 2.
  const Cycles first_read = bursts.events[0].last_beat + 1;
  EXPECT_EQ(run.records[0].visible, first_read + 1 + 2 + 1);
  // The FIFO holds 16 words; 9 more fit once 9 have left, the ninth read in first_read + 8.
  EXPECT_EQ(bursts.events[1].request, first_read + 8 + 1);
  EXPECT_EQ(bursts.events[1].bytes, 9U * 16);
  EXPECT_EQ(run.records[8].visible, bursts.events[1].last_beat + 1 + 1 + 2 + 1);
}

}  // namespace
}  // namespace blendsim::test

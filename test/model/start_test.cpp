// SPDX-License-Identifier: Apache-2.0
// Rules 1 to 4 of time: visibility, start, occupancy and depth, fences, tokens.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

using enum UnitId;

TEST(Start, IsTheCycleAfterTheQueueEntryIsWritten) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {xnor(5)});
  // Doorbell in 0, words read in 10 and 11, the last one leaves the decoder in 13: not at 13, at 14.
  EXPECT_EQ(run.records[0].visible, 14);
  EXPECT_EQ(run.records[0].start, 14);
  EXPECT_EQ(run.records[0].release, Release::dispatch);
  EXPECT_EQ(run.records[0].released_by, -1);
}

TEST(Start, OfTheNextInstructionIsWhenTheFrontIsFreeAndNotBefore) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {xnor(50), xnor(7)});
  EXPECT_EQ(run.records[0].front_free, 14 + 50);
  EXPECT_EQ(run.records[1].start, 64);
  EXPECT_EQ(run.records[1].release, Release::front);
  EXPECT_EQ(run.records[1].released_by, 0);
}

TEST(Occupancy, OfOneCycleLetsInstructionsStartAsFastAsTheyAreDispatched) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {xnor(1), xnor(1), xnor(1)});
  // Two words each: visible in 14, 16, 18.
  EXPECT_EQ(run.records[1].start, 16);
  EXPECT_EQ(run.records[2].start, 18);
}

TEST(End, IsStartPlusOccupancyMinusOnePlusTheUnitsDepth) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {xnor(50), mac(3), post_step(4), pool(6)});
  EXPECT_EQ(run.records[0].end, run.records[0].start + 50 - 1 + 12);
  EXPECT_EQ(run.records[1].end, run.records[1].start + 3 - 1 + 9);
  EXPECT_EQ(run.records[2].end, run.records[2].start + 4 - 1 + 24);
  EXPECT_EQ(run.records[3].end, run.records[3].start + 6 - 1 + 8);
}

TEST(Fence, HoldsTheStartUntilTheCycleAfterThePreviousEnd) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {mac(20), mac(5).fence()});
  const Cycles end = visible(m, 1) + 20 - 1 + 9;
  EXPECT_EQ(run.records[1].start, end + 1);
  EXPECT_EQ(run.records[1].release, Release::fence);
}

TEST(Fence, OfTheFirstInstructionHoldsNothing) {
  const MachineParameters m = simple_machine();
  EXPECT_EQ(run_steps(m, {mac(20).fence()}).records[0].start, visible(m, 1));
}

class TokenLatency : public testing::TestWithParam<std::int64_t> {};

TEST_P(TokenLatency, PassesBetweenEndAndTheConsumersStart) {
  MachineParameters m = simple_machine();
  m.dispatcher.token_latency = GetParam();
  const auto run = run_steps(m, {xnor(30).post(post_unit), post_step(4).wait(xnor_array)});
  const Cycles end = visible(m, 1) + 30 - 1 + 12;
  EXPECT_EQ(run.records[1].start, end + GetParam());
  EXPECT_EQ(run.records[1].release, Release::data_token);
  EXPECT_EQ(run.records[1].released_by, 0);
}
INSTANTIATE_TEST_SUITE_P(Latencies, TokenLatency, testing::Values(1, 2, 7, 16));

TEST(Tokens, OfEveryLinkOfTheMasksAreNeeded) {
  const MachineParameters m = simple_machine();
  const auto run =
      run_steps(m, {xnor(30).post(post_unit), mac(100).post(post_unit), post_step(1).wait(xnor_array).wait(mac_array)});
  const Cycles mac_end = visible(m, 3) + 100 - 1 + 9;
  EXPECT_EQ(run.records[2].start, mac_end + 1);
  EXPECT_EQ(run.records[2].released_by, 1);
}

TEST(Tokens, OfSpaceOrderAWriterAfterAReader) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {post_step(60).post_space(xnor_array), xnor(5).wait_space(post_unit)});
  EXPECT_EQ(run.records[1].start, visible(m, 1) + 60 - 1 + 24 + 1);
  EXPECT_EQ(run.records[1].release, Release::space_token);
}

TEST(Tokens, AreTakenInTheOrderOfTheirPosting) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(
      m, {xnor(10).post(pool_unit), xnor(100).post(pool_unit), pool(1).wait(xnor_array), pool(1).wait(xnor_array)});
  EXPECT_EQ(run.records[2].start, run.records[0].end + 1);
  EXPECT_EQ(run.records[3].start, run.records[1].end + 1);
}

TEST(Release, TiesGoToTheEarlierTermOfTheRule) {
  const MachineParameters m = simple_machine();
  // pool's front frees exactly when mac's token arrives: mac visible 14 + 4 ..., pool visible 14.
  // mac end = 16 + x - 1 + 9, token in 25 + x; pool(y) front free in 14 + y: y = 11 + x.
  const auto run = run_steps(m, {pool(41), mac(30).post(pool_unit), pool(2).wait(mac_array)});
  EXPECT_EQ(run.records[0].front_free, run.records[1].end + 1);
  EXPECT_EQ(run.records[2].start, run.records[0].front_free);
  EXPECT_EQ(run.records[2].release, Release::front);
}

TEST(TokenCounter, OverflowsWhenOneMoreThanItHoldsIsVisible) {
  MachineParameters m = simple_machine();
  m.dispatcher.token_bits = 1;
  const auto overflows = [&](std::uint32_t first_wait) {
    try {
      (void)run_steps(m, {pool(first_wait), xnor(1).post(pool_unit), xnor(1).post(pool_unit), pool(1).wait(xnor_array),
                          pool(1).wait(xnor_array)});
    } catch (const DiagnosticError& error) {
      EXPECT_EQ(error.diagnostics()[0].code.name(), "token-overflow");
      EXPECT_EQ(error.status(), ExitStatus::simulation_failed);
      return true;
    }
    return false;
  };
  // xnor starts in 16 and 18, ends in 28 and 30; tokens are visible in 29 and 31. The first is taken when pool's front
  // is free, in 14 + n: in cycle 31 one goes and one comes, in 32 there were two.
  EXPECT_FALSE(overflows(17));
  EXPECT_TRUE(overflows(18));
}

}  // namespace
}  // namespace blendsim::test

// SPDX-License-Identifier: Apache-2.0
// rtl/queue_unit.sv by itself, its datapath driven by the test: platform tiny, two entries, tokens of 3 bits visible
// after two cycles.
#include <gtest/gtest.h>

#include <vector>

#ifdef BLENDSIM_VERILATOR
#include "Vqueue_unit_tiny.h"
#include "isa/instruction.h"
#include "verilated_unit.h"

namespace blendsim::conformance {
namespace {

constexpr std::uint32_t from_load = 1U << index(UnitId::load), from_post = 1U << index(UnitId::post_unit);
constexpr Cycles token_latency = 2;
constexpr int most_tokens = 7;

XnorInstruction waiting_for(std::uint32_t data, std::uint32_t space = 0) {
  XnorInstruction i;
  i.sync.wait_data = data;
  i.sync.wait_space = space;
  return i;
}

class QueueUnitRtl : public testing::Test {
 protected:
  QueueUnitRtl() {
    top_.reset = 1;
    top_.front_free = 1;
    step();
    step();
    top_.reset = 0;
    now_ = 0;
  }

  // One cycle with these inputs; afterwards the outputs of that cycle are in the members.
  void step() {
    top_.clk = 0;
    top_.eval();
    start_ = top_.start != 0;
    full_ = top_.full != 0;
    overflow_ = top_.overflow != 0;
    post_data_ = top_.post_data;
    post_space_ = top_.post_space;
    if (start_) starts_.push_back(now_);
    top_.clk = 1;
    top_.eval();
    top_.enter = 0;
    top_.data_posted = top_.space_posted = 0;
    top_.done = 0;
    ++now_;
  }
  void step_until(Cycles cycle) {
    while (now_ < cycle) step();
  }
  void enter(const XnorInstruction& instruction) {
    std::vector<Word> words;
    encode(instruction, words);
    words.resize(2);
    const std::vector<std::uint32_t> bits = {
        static_cast<std::uint32_t>(words[0].low),  static_cast<std::uint32_t>(words[0].low >> 32),
        static_cast<std::uint32_t>(words[0].high), static_cast<std::uint32_t>(words[0].high >> 32),
        static_cast<std::uint32_t>(words[1].low),  static_cast<std::uint32_t>(words[1].low >> 32),
        static_cast<std::uint32_t>(words[1].high), static_cast<std::uint32_t>(words[1].high >> 32)};
    set_port(top_.entry, bits);
    top_.enter = 1;
  }

  VerilatedContext context_;
  Vqueue_unit_tiny top_{&context_};
  Cycles now_ = 0;
  bool start_ = false, full_ = false, overflow_ = false;
  std::uint32_t post_data_ = 0, post_space_ = 0;
  std::vector<Cycles> starts_;
};

TEST_F(QueueUnitRtl, AnEntryStartsTheCycleAfterItEntered) {
  step_until(3);
  enter({});
  step_until(10);
  EXPECT_EQ(starts_, std::vector<Cycles>{4});
}

TEST_F(QueueUnitRtl, ATokenIsTakenTokenLatencyAfterItsPostAndNotBefore) {
  enter(waiting_for(from_load));
  step_until(5);
  top_.data_posted = from_load;
  step_until(5 + token_latency);
  EXPECT_TRUE(starts_.empty());
  step();
  EXPECT_EQ(starts_, std::vector<Cycles>{5 + token_latency});
}

TEST_F(QueueUnitRtl, TakesOneTokenOfEachAwaitedLinkAndNoOther) {
  enter(waiting_for(from_load, from_post));
  step();
  enter(waiting_for(from_load));
  top_.data_posted = from_load;
  step();
  top_.space_posted = from_post;
  step_until(10);
  ASSERT_EQ(starts_, std::vector<Cycles>{2 + token_latency});
  top_.data_posted = from_post;  // of a link that nobody awaits
  step_until(15);
  EXPECT_EQ(starts_.size(), 1U);
  top_.data_posted = from_load;
  step_until(20);
  EXPECT_EQ(starts_.back(), 15 + token_latency);
}

TEST_F(QueueUnitRtl, ASlotIsFreeTheCycleAfterItsEntryStarted) {
  top_.front_free = 0;
  enter({});
  step();
  enter({});
  EXPECT_FALSE(full_);
  step();
  step();
  EXPECT_TRUE(full_);
  top_.front_free = 1;
  step();
  EXPECT_TRUE(start_ && full_);
  top_.front_free = 0;
  step();
  EXPECT_FALSE(full_);
}

TEST_F(QueueUnitRtl, AFenceWaitsForTheCycleAfterTheLastEnd) {
  XnorInstruction fenced;
  fenced.sync.fence = 1;
  enter({});
  step();
  enter(fenced);
  step_until(9);
  EXPECT_EQ(starts_, std::vector<Cycles>{1});
  top_.done = 1;
  step_until(12);
  EXPECT_EQ(starts_, (std::vector<Cycles>{1, 10}));
}

TEST_F(QueueUnitRtl, PostsTheOldestsTokensInItsEndCycle) {
  XnorInstruction first, second;
  first.sync.post_data = 0b110001;
  second.sync.post_space = 0b010010;
  enter(first);
  step();
  enter(second);
  step_until(6);
  top_.done = 1;
  step();
  EXPECT_EQ(post_data_, first.sync.post_data);
  EXPECT_EQ(post_space_, 0U);
  step();
  EXPECT_EQ(post_data_ | post_space_, 0U);
  top_.done = 1;
  step();
  EXPECT_EQ(post_data_, 0U);
  EXPECT_EQ(post_space_, second.sync.post_space);
}

TEST_F(QueueUnitRtl, OneTokenMoreThanTheCounterHoldsIsAnOverflowUnlessOneIsTakenInThatCycle) {
  for (int n = 0; n < most_tokens; ++n) {
    top_.data_posted = from_load;
    step();
  }
  step_until(20);
  top_.data_posted = from_load;  // visible in cycle 22 ...
  step();
  enter(waiting_for(from_load));  // ... in which this starts
  step_until(30);
  EXPECT_EQ(starts_, std::vector<Cycles>{22});
  EXPECT_FALSE(overflow_);
  top_.data_posted = from_load;
  step_until(33);
  EXPECT_FALSE(overflow_);
  step();
  EXPECT_TRUE(overflow_);
}

}  // namespace
}  // namespace blendsim::conformance
#endif

// SPDX-License-Identifier: Apache-2.0
// What verify() asks of transpose_unit's instructions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "isa/interpret.h"
#include "verify_example.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// The example's input, turned before it is convolved: 16 pixels of 16 channels, half of which are filler.
struct TurnedExample : Example {
  TurnedExample() {
    at<LoadInstruction>(0).sync.post_data = link(UnitId::transpose_unit);
    TransposeInstruction i;
    i.pixels = i.channels = 16;
    i.in_slices = i.out_slices = 1;
    i.destination = 2 * 128;
    i.sync.layer = 3;
    i.sync.wait_data = link(UnitId::load);
    i.sync.post_data = link(UnitId::mac_array);
    main.insert(main.begin() + 1, i);
    at<MacInstruction>(2).sync.wait_data = link(UnitId::transpose_unit);
    for (const std::size_t n : {std::size_t{2}, std::size_t{3}}) at<MacInstruction>(n).source = i.destination;
  }
  static std::uint32_t link(UnitId unit) { return 1U << index(unit); }
  TransposeInstruction& turn() { return at<TransposeInstruction>(1); }
};

std::string with_turn(const std::function<void(TurnedExample&)>& change) {
  TurnedExample example;
  change(example);
  return example.refusal();
}

TEST(VerifyTranspositions, TakeMapsThatHoldWhatTheyMove) {
  EXPECT_EQ(with_turn([](TurnedExample&) {}), "accepted");
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.turn().pixels = 0; }), HasSubstr("pixels must not be 0"));
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.turn().channels = 17; }),
              HasSubstr("17 channels are more than in_slices, 1, hold"));
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.turn().pixels = 17; }),
              HasSubstr("17 pixels are more than out_slices, 1, hold"));
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.turn().destination = 127; }), HasSubstr("leave a region"));
}

TEST(VerifyTranspositions, NeedTheUnit) {
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.machine.transpose_unit.lanes = 0; }),
              HasSubstr("the machine has no transpose_unit (transpose_unit.lanes is 0)"));
}

// Blocks are written while later ones are read.
TEST(VerifyTranspositions, WriteNoWordThatTheyRead) {
  for (const std::uint32_t destination : {0U, 1U, 15U})
    EXPECT_THAT(with_turn([&](TurnedExample& e) { e.turn().destination = destination; }),
                HasSubstr("it writes words that it reads"));
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.turn().destination = 16; }),
              Not(HasSubstr("it writes words that it reads")));
  // Other slices of the same pixels are other words.
  const auto slices = [](std::uint32_t source, std::uint32_t destination) {
    return with_turn([&](TurnedExample& e) {
      e.turn().in_slices = e.turn().out_slices = 3;
      e.turn().source = source;
      e.turn().destination = destination;
    });
  };
  EXPECT_THAT(slices(0, 1), Not(HasSubstr("it writes words that it reads")));
  EXPECT_THAT(slices(2, 0), Not(HasSubstr("it writes words that it reads")));
  EXPECT_THAT(slices(0, 3), HasSubstr("it writes words that it reads"));
}

TEST(VerifyTranspositions, AreOrderedLikeEverythingElse) {
  EXPECT_THAT(with_turn([](TurnedExample& e) {
                e.at<LoadInstruction>(0).sync.post_data = 0;
                e.turn().sync.wait_data = 0;
              }),
              HasSubstr("instruction 1 (transpose_unit)"));
}

// What is known of the values read is known of those written.
TEST(VerifyTranspositions, KeepTheRangeOfValues) {
  EXPECT_THAT(with_turn([](TurnedExample& e) { e.machine.mac_array.activation_bits = 7; }),
              HasSubstr("takes activations of -128 to 127, beyond mac_array.activation_bits"));
}

TEST(Actions, OfTransposeUnitAreValuesAndWholeWords) {
  TransposeInstruction i;
  i.pixels = 33;
  i.channels = 17;
  i.in_slices = 2;
  i.out_slices = 3;
  const ActionCounts counts = actions(i, TurnedExample().machine);
  EXPECT_EQ(counts[Action::transpose_start], 1);
  EXPECT_EQ(counts[Action::transpose_element], 33 * 17);
  EXPECT_EQ(counts[Action::act_fixed_read], 33 * 2 * 128);
  EXPECT_EQ(counts[Action::act_fixed_write], 17 * 3 * 128);
}

}  // namespace
}  // namespace blendsim::test

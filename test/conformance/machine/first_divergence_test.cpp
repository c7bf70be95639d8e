// SPDX-License-Identifier: Apache-2.0
// The earliest difference of two runs, whatever differs later.
#include "first_divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blendsim::conformance {
namespace {

using testing::HasSubstr;

// Two instructions of load, one of post_unit that writes a word.
class FirstDivergence : public testing::Test {
 protected:
  FirstDivergence() {
    const auto record = [&](std::int32_t n, UnitId unit, Cycles visible, Cycles start, Cycles end) {
      InstructionRecord r;
      r.instruction = n;
      r.unit = unit;
      r.visible = visible, r.start = start, r.end = end;
      records.push_back(r);
      model.instructions[static_cast<std::size_t>(unit)].push_back({visible, start, end});
    };
    record(0, UnitId::load, 10, 10, 40);
    record(1, UnitId::post_unit, 11, 41, 60);
    record(2, UnitId::load, 12, 30, 70);
    model.writes[static_cast<std::size_t>(UnitId::post_unit)] = {
        {UnitId::post_unit, {58, Place::act_fixed, 3, {1, 2, 3, 4}}, 0},
        {UnitId::post_unit, {60, Place::act_fixed, 4, {5, 6, 7, 8}}, 0}};
    model.completions = {71};
    model.cycles = 71;
    model.outputs = {{1, 2, 3}};
    rtl = model;
  }
  [[nodiscard]] std::optional<Divergence> find() const { return first_divergence(model, rtl, records); }
  InstructionTimes& times(UnitId unit, std::size_t n) { return rtl.instructions[static_cast<std::size_t>(unit)][n]; }
  std::vector<UnitWrite>& post_writes() { return rtl.writes[static_cast<std::size_t>(UnitId::post_unit)]; }

  std::vector<InstructionRecord> records;
  MachineEvents model, rtl;
};

TEST_F(FirstDivergence, EqualRunsHaveNone) { EXPECT_FALSE(find()); }

TEST_F(FirstDivergence, EveryDifferenceIsCountedNotTheFirstAlone) {
  Compared compared;
  count_differences(model, rtl, compared);
  EXPECT_EQ(compared.words, 2U);
  EXPECT_EQ(compared.cycle_differences + compared.word_differences, 0U);
  times(UnitId::load, 0).end = 41;
  times(UnitId::load, 1).start = 31;
  times(UnitId::load, 1).end = 71;
  rtl.completions = {72};
  post_writes()[0].word.data[2] ^= 0x10;
  post_writes()[1].word.cycle = 61;  // one that is missing, one too many
  rtl.outputs[0][1] = 7;
  compared = {};
  count_differences(model, rtl, compared);
  EXPECT_EQ(compared.cycle_differences, 4U);
  EXPECT_EQ(compared.word_differences, 4U);
}

TEST_F(FirstDivergence, AStartOneCycleLateIsNamedWithItsInstruction) {
  times(UnitId::load, 1).start = 31;
  times(UnitId::load, 1).end = 71;
  rtl.completions = {72};
  const auto d = find();
  ASSERT_TRUE(d);
  EXPECT_EQ(d->cycle, 30);
  EXPECT_EQ(d->unit, UnitId::load);
  EXPECT_EQ(d->record, 2);
  EXPECT_THAT(d->what, HasSubstr("starts: model cycle 30, rtl cycle 31"));
}

TEST_F(FirstDivergence, TheEarlierUnitIsNamedNotTheFirstInOrder) {
  times(UnitId::load, 1).end = 69;
  times(UnitId::post_unit, 0).start = 40;
  EXPECT_EQ(find()->unit, UnitId::post_unit);
  EXPECT_EQ(find()->cycle, 40);
}

TEST_F(FirstDivergence, AWrongWordIsNamedWithItsBits) {
  post_writes()[0].word.data[2] ^= 0x10;
  const auto d = find();
  ASSERT_TRUE(d);
  EXPECT_EQ(d->cycle, 58);
  EXPECT_EQ(d->record, 1);
  EXPECT_THAT(d->what, HasSubstr("act_fixed[3] differs first in bits 64 to 95: model 00000003, rtl 00000013"));
}

TEST_F(FirstDivergence, AWordOneCycleLateIsOneThatTheRtlDoesNotWrite) {
  post_writes()[0].word.cycle = 59;
  EXPECT_EQ(find()->cycle, 58);
  EXPECT_THAT(find()->what, HasSubstr("rtl does not write a word that the model does: act_fixed[3]"));
}

TEST_F(FirstDivergence, AWordTooManyAndOneTooFewAreFound) {
  post_writes().push_back({UnitId::post_unit, {65, Place::act_binary, 9, {1}}, -1});
  EXPECT_EQ(find()->cycle, 65);
  EXPECT_THAT(find()->what, HasSubstr("rtl writes a word that the model does not: act_binary[9]"));
  post_writes().resize(1);
  EXPECT_EQ(find()->cycle, 60);
}

TEST_F(FirstDivergence, WhatNeverEndsIsFound) {
  times(UnitId::load, 1).end = -1;
  rtl.completions.clear();
  EXPECT_EQ(find()->cycle, 70);
  EXPECT_THAT(find()->what, HasSubstr("ends: model cycle 70, rtl never"));
}

TEST_F(FirstDivergence, AccountsOutputsAndErrorsCountWhereNothingElseDiffers) {
  rtl.accounts[2].stall_fence = 1;
  EXPECT_THAT(find()->what, HasSubstr("account stall_fence: model 0, rtl 1"));
  rtl.accounts = model.accounts;
  rtl.outputs[0][1] = 7;
  EXPECT_THAT(find()->what, HasSubstr("output of image 0 differs first in byte 1"));
  rtl.outputs = model.outputs;
  rtl.errors = {"two units read region 0"};
  EXPECT_THAT(find()->what, HasSubstr("two units read region 0"));
}

}  // namespace
}  // namespace blendsim::conformance

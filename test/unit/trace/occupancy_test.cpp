// SPDX-License-Identifier: Apache-2.0
// Bits held by buffers, for loads and stores whose words and stamps are known.
#include <gtest/gtest.h>

#include "trace/occupancy.h"

namespace blendsim {
namespace {

constexpr auto fixed_buffer = static_cast<std::size_t>(index(BufferId::act_fixed));
constexpr std::int64_t bits = 128;  // of a word

// A row of a map: `slices` of `pitch` words for each of four pixels, from word `base` on.
template <class I>
Instruction row_of_four(std::uint32_t base, std::uint32_t slices, std::uint32_t pitch) {
  I i;
  i.form = static_cast<std::uint32_t>(TransferForm::fixed);
  i.buffer = static_cast<std::uint32_t>(BufferId::act_fixed);
  i.buffer_address = base;
  i.runs = i.height = 1;
  i.width = 4;
  i.slices = slices;
  i.map_slices = pitch;
  return Instruction(i);
}

InstructionRecord record(Cycles start, Cycles end) {
  InstructionRecord r;
  r.start = start;
  r.end = end;
  return r;
}

std::vector<HeldBits> held(const std::vector<Instruction>& instructions, const std::vector<InstructionRecord>& records,
                           Cycles end) {
  const MachineParameters machine;
  return find_occupancy(records, instructions, machine, end)[fixed_buffer];
}

TEST(Occupancy, HoldsAWordFromItsWriterToItsLastReader) {
  const std::vector<Instruction> program = {row_of_four<LoadInstruction>(0, 1, 1),
                                            row_of_four<StoreInstruction>(0, 1, 1),
                                            row_of_four<StoreInstruction>(0, 1, 1)};
  EXPECT_EQ(held(program, {record(10, 20), record(30, 40), record(50, 60)}, 100),
            (std::vector<HeldBits>{{10, 4 * bits}, {61, 0}}));
}

TEST(Occupancy, HoldsAWordThatNobodyReadsAsLongAsItIsWritten) {
  EXPECT_EQ(held({row_of_four<LoadInstruction>(0, 1, 1)}, {record(10, 20)}, 100),
            (std::vector<HeldBits>{{10, 4 * bits}, {21, 0}}));
}

TEST(Occupancy, HoldsWhatInitBroughtFromTheBeginningToTheEnd) {
  EXPECT_EQ(held({row_of_four<StoreInstruction>(0, 1, 1)}, {record(30, 40)}, 100),
            (std::vector<HeldBits>{{0, 4 * bits}, {100, 0}}));
}

TEST(Occupancy, CountsTheWordsOfASliceAndNotThoseBetween) {
  // Words 0, 4, 8, 12 of a map of four slices; then the other three of each pixel.
  const std::vector<Instruction> program = {row_of_four<LoadInstruction>(0, 1, 4),
                                            row_of_four<LoadInstruction>(1, 3, 4)};
  EXPECT_EQ(held({program[0]}, {record(10, 20)}, 100), (std::vector<HeldBits>{{10, 4 * bits}, {21, 0}}));
}

TEST(Occupancy, NeverHoldsAWordTwice) {
  // The second writer starts before the first reader has ended, as it may where it reads ahead.
  const std::vector<Instruction> program = {row_of_four<LoadInstruction>(0, 1, 1),
                                            row_of_four<StoreInstruction>(0, 1, 1),
                                            row_of_four<LoadInstruction>(0, 1, 1)};
  EXPECT_EQ(held(program, {record(10, 20), record(30, 40), record(35, 50)}, 100),
            (std::vector<HeldBits>{{10, 4 * bits}, {51, 0}}));
}

TEST(Occupancy, TakesRecordsInOrderOfTimeAndImagesOneAfterTheOther) {
  const std::vector<Instruction> program = {row_of_four<LoadInstruction>(0, 1, 1),
                                            row_of_four<StoreInstruction>(0, 1, 1)};
  const std::vector<InstructionRecord> records = {record(10, 20), record(30, 40), record(60, 70), record(80, 90)};
  EXPECT_EQ(held(program, records, 100), (std::vector<HeldBits>{{10, 4 * bits}, {41, 0}, {60, 4 * bits}, {91, 0}}));
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What an instruction is said to touch against what executing it touches, word by word.
#include <gtest/gtest.h>

#include <set>

#include "base/diagnostic.h"
#include "isa/instruction.h"
#include "random_instruction.h"
#include "units/buffer/layout.h"

namespace blendsim::test {
namespace {

MachineParameters machine() {
  MachineParameters m;
  m.buffers[static_cast<std::size_t>(index(BufferId::act_binary))] = {2, 256, 256, 0, 2};
  m.buffers[static_cast<std::size_t>(index(BufferId::act_fixed))] = {2, 128, 1024, 0, 2};
  m.buffers[static_cast<std::size_t>(index(BufferId::weights_binary))] = {1, 2304, 512, 0, 2};
  m.buffers[static_cast<std::size_t>(index(BufferId::weights_fixed))] = {1, 1024, 512, 0, 2};
  m.buffers[static_cast<std::size_t>(index(BufferId::accumulators))] = {2, 512, 512, 0, 2};
  m.buffers[static_cast<std::size_t>(index(BufferId::parameters))] = {3, 512, 256, 0, 2};
  m.buffers[static_cast<std::size_t>(index(BufferId::instructions))] = {1, 128, 512, 0, 2};
  return m;
}

std::set<std::uint32_t> words_of(const Access& a) {
  std::set<std::uint32_t> words;
  if (!a.is_map) {
    for (std::uint32_t w = a.begin; w < a.end; ++w) words.insert(w);
    return words;
  }
  const BinaryMap map{a.base, a.row1, a.width, a.slices};
  for (std::uint32_t y = a.row0; y < a.row1; ++y) {
    for (std::uint32_t x = 0; x < a.width; ++x) {
      for (std::uint32_t s = a.slice0; s < a.slice1; ++s) {
        const auto cell = map.cell(x, y, s);
        words.insert(a.buffer == BufferId::act_binary
                         ? cell.address * 16 + cell.bank
                         : (a.base + (y * a.width + x) * a.slices + s) % fixed_map_addresses);
      }
    }
  }
  return words;
}

// The same rows of the same words, as rows `down` further down of a map that begins `words` before.
void move_down(LoadInstruction& load, std::uint32_t down, std::uint32_t words, std::uint32_t modulus) {
  load.buffer_address = (load.buffer_address - words) % modulus;
  load.row += down;
  load.height += down;
}

bool share(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
  for (const std::uint32_t word : a) {
    if (b.count(word) != 0) return true;
  }
  return false;
}

TEST(Accesses, OverlapOfFixedRectanglesOfOnePitchIsExact) {
  Engine engine(1);
  for (int round = 0; round < 5000; ++round) {
    const std::uint32_t width = 1 + engine() % 4, pitch = 1 + engine() % 5;
    const auto draw = [&](std::uint32_t columns) {
      LoadInstruction load;
      load.form = static_cast<std::uint32_t>(TransferForm::fixed);
      load.buffer = static_cast<std::uint32_t>(index(BufferId::act_fixed));
      load.width = columns;
      load.height = 8;
      load.map_slices = pitch;
      load.slices = 1 + engine() % pitch;
      load.row = engine() % 4;
      load.runs = 1 + engine() % 3;
      load.buffer_address = engine() % 60;
      const Access here = accesses(load, machine()).front();
      const std::uint32_t down = engine() % 3 * 17;
      move_down(load, down, down * load.width * pitch, fixed_map_addresses);
      const Access moved = accesses(load, machine()).front();
      EXPECT_EQ(words_of(here), words_of(moved)) << "round " << round;
      EXPECT_EQ(std::pair(here.begin, here.end), std::pair(moved.begin, moved.end)) << "round " << round;
      return moved;
    };
    const Access a = draw(width), b = draw(engine() % 2 == 0 ? width : 1 + engine() % 4);
    EXPECT_EQ(overlap(a, b), share(words_of(a), words_of(b))) << "round " << round;
    EXPECT_EQ(overlap(a, b), overlap(b, a));
  }
}

TEST(Accesses, OverlapOfBinaryRectanglesOfOneMapIsExactAndOtherwiseNeverMissed) {
  Engine engine(2);
  for (int round = 0; round < 3000; ++round) {
    const std::uint32_t width = 1 + engine() % 6, cells = 1 + engine() % 4;
    const bool one_map = engine() % 2 == 0;
    const auto draw = [&](bool same) {
      LoadInstruction load;
      load.form = static_cast<std::uint32_t>(TransferForm::binary);
      load.buffer = static_cast<std::uint32_t>(index(BufferId::act_binary));
      load.width = same ? width : 1 + engine() % 6;
      load.height = 12;
      load.map_slices = same ? cells : 1 + engine() % 4;
      load.first = engine() % load.map_slices;
      load.slices = 1 + engine() % (load.map_slices - load.first);
      load.row = engine() % 8;
      load.runs = 1 + engine() % 3;
      load.buffer_address = same ? 3 : engine() % 12;
      const Access here = accesses(load, machine()).front();
      const std::uint32_t blocks = engine() % 3 * 5;
      move_down(load, 4 * blocks, blocks * ((load.width + 3) / 4) * load.map_slices, binary_map_addresses);
      const Access moved = accesses(load, machine()).front();
      EXPECT_EQ(words_of(here), words_of(moved)) << "round " << round;
      EXPECT_EQ(std::pair(here.begin, here.end), std::pair(moved.begin, moved.end)) << "round " << round;
      return moved;
    };
    const Access a = draw(true), b = draw(one_map);
    const bool truth = share(words_of(a), words_of(b));
    EXPECT_TRUE(overlap(a, b) || !truth) << "round " << round;
    EXPECT_TRUE(!overlap(a, b) || truth || !one_map) << "round " << round;
    for (const std::uint32_t word : words_of(a)) {
      EXPECT_GE(word / 16, a.begin);
      EXPECT_LT(word / 16, a.end);
    }
  }
}

TEST(Accesses, AWindowReadsOnlyTheRowsOfItsTileInsideTheMap) {
  XnorInstruction i;
  i.in_height = i.out_height = 8;
  i.in_width = i.out_width = 8;
  i.map_cells = i.cells = 2;
  i.kernel_h = i.kernel_w = 3;
  i.pad_top = i.pad_left = 1;
  i.groups = 2;
  i.start = 256;
  i.rows = 2;
  const auto rows_read = [&](std::uint32_t out_row) {
    i.out_row = out_row;
    const Access map = accesses(i, machine()).front();
    return std::pair(map.row0, map.row1);
  };
  EXPECT_EQ(rows_read(0), std::pair(0U, 3U));
  EXPECT_EQ(rows_read(3), std::pair(2U, 6U));
  EXPECT_EQ(rows_read(6), std::pair(5U, 8U));
  const auto list = accesses(i, machine());
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[1].end - list[1].begin, 2U * 2U) << "weights: row groups x steps";
  EXPECT_EQ(list[2].region, xnor_start_region);
  EXPECT_TRUE(list[3].write);
  EXPECT_EQ(list[3].end - list[3].begin, 2U * 8U * 2U) << "accumulators: pixels x row groups";
}

// Of bytes a window may begin inside a map: then the end of the last row read is another row's, or no row's.
TEST(Accesses, AWindowOnBytesLeavesOutTheColumnsThatItDoesNotReach) {
  MacInstruction i;
  i.in_height = i.out_height = i.rows = 4;
  i.in_width = 10;
  i.out_width = 6;
  i.map_slices = 2;
  i.channels = 16;
  i.groups = 1;
  i.kernel_h = i.kernel_w = 1;
  const auto words = [&] {
    const Access map = accesses(i, machine()).front();
    return map.end - map.begin;
  };
  EXPECT_EQ(words(), 2U * (3 * 10 + 6) - 1) << "three rows of ten pixels, six of the last, of two words, one of them";
  i.kernel_w = 3;
  i.dilation_w = 2;
  EXPECT_EQ(words(), 2U * 4 * 10 - 1) << "the last window ends with the row";
  i.pad_left = 1;
  EXPECT_EQ(words(), 2U * (4 * 10 - 1) - 1);
  i.kernel_w = 31;
  EXPECT_EQ(words(), 2U * 4 * 10 - 1) << "what lies behind the row is padding";
  Access shorter = accesses(i, machine()).front();
  shorter.left_out = 4;
  shorter.end -= 8;
  MacInstruction next = i;
  next.source = 2 * 39;
  EXPECT_TRUE(overlap(accesses(i, machine()).front(), accesses(next, machine()).front()));
  EXPECT_FALSE(overlap(shorter, accesses(next, machine()).front()));
}

TEST(Accesses, LeavingARegionIsRefused) {
  MacInstruction i;
  i.in_height = i.out_height = i.rows = 4;
  i.in_width = i.out_width = 4;
  i.map_slices = 1;
  i.channels = 16;
  i.start = 512;
  i.destination = 512;
  i.source = 1024 - 16;
  EXPECT_NO_THROW((void)accesses(i, machine()));
  i.source = 1024 - 15;
  EXPECT_THROW((void)accesses(i, machine()), DiagnosticError) << "crosses from region 0 to region 1";
  i.source = 2048 - 15;
  EXPECT_THROW((void)accesses(i, machine()), DiagnosticError) << "leaves the buffer";
}

}  // namespace
}  // namespace blendsim::test

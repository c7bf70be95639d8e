// SPDX-License-Identifier: Apache-2.0
// Closed forms for memories and popcounts, with the measurements that they were checked against.
#pragma once

#include <cstdint>

namespace blendsim {

// Block RAM that a memory of `width` bits x `depth` words with one read and one write port takes, with a write enable
// for each of `slices` parts of a word. yosys 0.23 (synth_xilinx -family xcup) takes the one shape that is cheapest, of
// RAMB18 with 36x512, 18x1024, 9x2048, 4x4096, 2x8192, 1x16384 and of RAMB36 with twice the rows or 72x512, where two
// RAMB18 cost a little more than a RAMB36; of equals the one with least pieces. `pieces` of the depth are chosen from
// behind the blocks.
struct BlockRam {
  std::int64_t ramb18 = 0, pieces = 1;
};
[[nodiscard]] BlockRam block_ram(std::int64_t width, std::int64_t depth, std::int64_t slices);
[[nodiscard]] std::int64_t ramb18(std::int64_t width, std::int64_t depth);  // of a word that is written as a whole

// URAM288 is 4096 x 72, fixed: ceil(depth / 4096) * ceil(width / 72).
[[nodiscard]] std::int64_t uram288(std::int64_t width, std::int64_t depth);

// LUTs of a simple dual-port distributed RAM: RAM32M16 is 8 LUT for 32 x 14, RAM64M8 is 8 LUT for 64 x 7; a deeper
// memory is groups of 64 and a read multiplexer.
[[nodiscard]] std::int64_t lutram_luts(std::int64_t width, std::int64_t depth);

// rtl/multiplexer.sv, for each bit of a word: four words a LUT, groups of four in levels.
[[nodiscard]] std::int64_t multiplexer_luts(std::int64_t words);

struct LogicCost {
  std::int64_t lut = 0, ff = 0;
};

// rtl/delay_line.sv without reset: registers up to two cycles; from three on yosys makes shift registers of up to 32 in
// a LUT, and a single cycle behind them is a register.
[[nodiscard]] LogicCost delay_line(std::int64_t bits, std::int64_t cycles);

// Popcount of `bits`: G = ceil(bits / 6) counters 6:3 of 3 LUT, then a binary adder tree, a register after every level;
// an odd operand is only registered. For G a power of two, with L = log2 G: LUT = 3G + sum over l of G/2^l * (2 + l),
// FF = 3G + sum of G/2^l * (3 + l), exactly as measured with yosys; for other G within 3 or 1 % of it, whichever is
// more.
[[nodiscard]] LogicCost popcount(std::int64_t bits);

}  // namespace blendsim

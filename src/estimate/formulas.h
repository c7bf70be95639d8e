// SPDX-License-Identifier: Apache-2.0
// Closed forms for memories and popcounts, with the measurements that they were checked against.
#pragma once

#include <cstdint>

namespace blendsim {

// RAMB18 that a memory of `width` bits x `depth` words with one read and one write port takes: the cheapest partition of
// the width over the shapes 36x512, 18x1024, 9x2048, 4x4096, 2x8192, 1x16384, each part ceil(depth / rows) blocks.
// Equals yosys 0.23 synth_xilinx -family xcup on every case run: 192x512 = 6, 384x512 = 11, 192x1024 = 11 RAMB18.
[[nodiscard]] std::int64_t ramb18(std::int64_t width, std::int64_t depth);

// URAM288 is 4096 x 72, fixed: ceil(depth / 4096) * ceil(width / 72).
[[nodiscard]] std::int64_t uram288(std::int64_t width, std::int64_t depth);

// LUTs of a simple dual-port distributed RAM: RAM32M16 is 8 LUT for 32 x 14, RAM64M8 is 8 LUT for 64 x 7; deeper memories
// add a read multiplexer of one LUT per bit and three further groups of 64.
[[nodiscard]] std::int64_t lutram_luts(std::int64_t width, std::int64_t depth);

struct LogicCost {
  std::int64_t lut = 0, ff = 0;
};

// Popcount of `bits`: G = ceil(bits / 6) counters 6:3 of 3 LUT, then a binary adder tree, a register after every level; an odd
// operand is only registered. For G a power of two, with L = log2 G: LUT = 3G + sum over l of G/2^l * (2 + l),
// FF = 3G + sum of G/2^l * (3 + l), exactly as measured with yosys; for other G within 3 or 1 % of it, whichever is more.
[[nodiscard]] LogicCost popcount(std::int64_t bits);

}  // namespace blendsim

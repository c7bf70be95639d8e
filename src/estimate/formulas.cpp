// SPDX-License-Identifier: Apache-2.0
#include "estimate/formulas.h"

#include <algorithm>
#include <array>
#include <utility>

#include "units/buffer/layout.h"

namespace blendsim {
namespace {

struct BlockShape {
  std::int64_t width, rows;
};
// 18 Kb each; the 36 Kb block has twice the rows of each and 512 x 72.
constexpr std::array<BlockShape, 6> shapes = {{{36, 512}, {18, 1024}, {9, 2048}, {4, 4096}, {2, 8192}, {1, 16384}}};
constexpr std::int64_t byte = 9;  // bits with a write enable of their own

struct Partition {
  BlockRam blocks;
  std::int64_t cost;
};

// Pieces of the depth lie side by side in the bytes of a block; a shape narrower than a byte holds bits of one piece
// and slice.
Partition partition(const BlockShape& shape, std::int64_t halves, std::int64_t slice, std::int64_t depth,
                    std::int64_t slices) {
  const std::int64_t pieces = ceil_divide(depth, shape.rows), parts = pieces * slices;
  const std::int64_t blocks = shape.width >= byte ? ceil_divide(parts * ceil_divide(slice, byte), shape.width / byte)
                                                  : parts * ceil_divide(slice, shape.width);
  return {{blocks * halves, pieces}, blocks * (128 * halves + 1)};
}

}  // namespace

BlockRam block_ram(std::int64_t width, std::int64_t depth, std::int64_t slices) {
  Partition best = partition({72, 512}, 2, width / slices, depth, slices);
  const auto consider = [&](const Partition& p) {
    if (std::pair(p.cost, p.blocks.pieces) < std::pair(best.cost, best.blocks.pieces)) best = p;
  };
  for (const BlockShape& shape : shapes) {
    consider(partition(shape, 1, width / slices, depth, slices));
    consider(partition({shape.width, 2 * shape.rows}, 2, width / slices, depth, slices));
  }
  return best.blocks;
}

std::int64_t ramb18(std::int64_t width, std::int64_t depth) { return block_ram(width, depth, 1).ramb18; }

std::int64_t uram288(std::int64_t width, std::int64_t depth) {
  return ceil_divide(depth, 4096) * ceil_divide(width, 72);
}

std::int64_t lutram_luts(std::int64_t width, std::int64_t depth) {
  if (depth <= 32) return ceil_divide(width, 14) * 8;
  const std::int64_t groups = ceil_divide(depth, 64);
  return groups * ceil_divide(width, 7) * 8 + width * multiplexer_luts(groups);
}

std::int64_t multiplexer_luts(std::int64_t words) {
  if (words == 1) return 0;
  if (words <= 4) return 1;
  return words / 4 + (words % 4 > 1 ? 1 : 0) + multiplexer_luts(ceil_divide(words, 4));
}

LogicCost delay_line(std::int64_t bits, std::int64_t cycles) {
  constexpr std::int64_t least_shift = 3, longest_shift = 32;
  const std::int64_t whole = cycles / longest_shift, rest = cycles % longest_shift;
  const bool shifts = rest >= least_shift || (rest > 1 && whole > 0);
  return {bits * (whole + (shifts ? 1 : 0)), shifts ? 0 : bits * rest};
}

LogicCost popcount(std::int64_t bits) {
  // The last counter sees what is left of the bits: 2 or 3 make a full adder, one is only a wire.
  const std::int64_t rest = bits % 6;
  const std::int64_t last = rest == 0 || rest >= 4 ? 3 : rest >= 2 ? 2 : 0;
  std::int64_t operands = ceil_divide(bits, 6);
  LogicCost cost{3 * (operands - 1) + last, 3 * operands};
  for (std::int64_t level = 1; operands > 1; ++level) {
    const std::int64_t adders = operands / 2;
    const std::int64_t odd = operands % 2;
    cost.lut += adders * (2 + level);
    cost.ff += adders * (3 + level) + odd * (2 + level);
    operands = adders + odd;
  }
  return cost;
}

}  // namespace blendsim

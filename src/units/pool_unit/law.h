// SPDX-License-Identifier: Apache-2.0
// Timing law of pool_unit (design, sections 3 and 4).
#pragma once

#include <algorithm>
#include <cstdint>

#include "units/buffer/layout.h"
#include "units/pool_unit/instruction.h"
#include "units/pool_unit/parameters.h"
#include "units/unit_id.h"

namespace blendsim {

// Steps of one result. Binary: a 3x3 window of one cell each (dilated: a tap), which takes 9 of the 16 banks and leaves
// no second cell's window free of conflicts. Fixed: a word of a tap each; a result has at least as many steps as words.
[[nodiscard]] constexpr Cycles steps_per_result(const PoolInstruction& i) {
  const Cycles taps = Cycles{i.kernel_h} * i.kernel_w;
  if (i.binary == 0) return std::max(taps << i.in_bytes_log2, Cycles{1} << i.out_bytes_log2);
  const bool dilated = i.dilation_h != 1 || i.dilation_w != 1;
  return dilated ? taps : ceil_divide(i.kernel_h, 3) * ceil_divide(i.kernel_w, 3);
}

// Slices (binary: cells) that a result has.
[[nodiscard]] constexpr std::int64_t slices_at_once(const PoolInstruction& i, const PoolUnitParameters& p) {
  return i.binary != 0 ? 1 : p.lanes / slice_channels;
}

[[nodiscard]] constexpr Cycles occupancy(const PoolInstruction& i, const PoolUnitParameters& p) {
  return Cycles{i.rows} * i.out_width * steps_per_result(i) * ceil_divide(i.slices, slices_at_once(i, p));
}

// When word `word` of slice (binary: cell, word 0) `slice` of the tile at its row `row`, column `x` is written, in
// cycles after the start. Results follow on one another with the groups of slices outermost. Their words stand one
// after the other, as many a cycle as slices go at once, in the last cycles of the result's steps: the last of them
// ends with the last step.
[[nodiscard]] constexpr Cycles write_time(const PoolInstruction& i, const PoolUnitParameters& p, std::uint32_t row,
                                          std::uint32_t x, std::uint32_t slice, std::uint32_t word) {
  const std::int64_t at_once = slices_at_once(i, p);
  const Cycles result = (slice / at_once * i.rows + row) * i.out_width + x;
  const Cycles last = (result + 1) * steps_per_result(i) - 1 + p.depth;
  if (i.binary != 0) return last;
  const Cycles words = Cycles{1} << i.out_bytes_log2;
  return last - (words - 1) + (slice % at_once * words + word) / at_once;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Timing law of mac_array (design, sections 3 and 4).
#pragma once

#include <algorithm>
#include <cstdint>

#include "units/buffer/layout.h"
#include "units/mac_array/instruction.h"
#include "units/mac_array/parameters.h"
#include "units/unit_id.h"

namespace blendsim {

// Column groups that `channels` lanes take: ceil(channels / columns) where columns divides a slice's 16 lanes; else
// every slice starts a new group, because a group never spans two words.
[[nodiscard]] constexpr std::int64_t column_groups(std::int64_t channels, std::int64_t columns) {
  const std::int64_t full = channels / slice_channels;
  return full * ceil_divide(slice_channels, columns) + ceil_divide(channels % slice_channels, columns);
}

// Steps of one accumulator word: a column group of a tap each.
[[nodiscard]] constexpr Cycles steps_per_result(const MacInstruction& i, const MacArrayParameters& p) {
  return Cycles{i.kernel_h} * i.kernel_w * (i.depthwise != 0 ? 1 : column_groups(i.channels, p.columns));
}

[[nodiscard]] constexpr Cycles occupancy(const MacInstruction& i, const MacArrayParameters& p) {
  return Cycles{i.rows} * i.out_width * i.groups * steps_per_result(i, p);
}

// When the word of row `row` of the tile, column `x` and row group `group` is written, in cycles after the start: words
// follow on one another in the order of their addresses, each with its last step.
[[nodiscard]] constexpr Cycles write_time(const MacInstruction& i, const MacArrayParameters& p, std::uint32_t row,
                                          std::uint32_t x, std::uint32_t group) {
  const Cycles results = (Cycles{row} * i.out_width + x) * i.groups + group + 1;
  return results * steps_per_result(i, p) - 1 + p.depth;
}

}  // namespace blendsim

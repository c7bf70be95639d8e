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

// Column groups that `channels` lanes take: ceil(channels / columns) where columns divides a slice's 16 lanes; else every
// slice starts a new group, because a group never spans two words.
[[nodiscard]] constexpr std::int64_t column_groups(std::int64_t channels, std::int64_t columns) {
  const std::int64_t full = channels / slice_channels;
  return full * ceil_divide(slice_channels, columns) + ceil_divide(channels % slice_channels, columns);
}

[[nodiscard]] constexpr Cycles occupancy(const MacInstruction& i, const MacArrayParameters& p) {
  const Cycles pixels = Cycles{i.rows} * i.out_width;
  const Cycles taps = Cycles{i.kernel_h} * i.kernel_w;
  return pixels * taps * i.groups * (i.depthwise != 0 ? 1 : column_groups(i.channels, p.columns));
}

}  // namespace blendsim

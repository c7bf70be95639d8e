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

// Binary: a 3x3 window of a cell a cycle (dilated: a tap). Fixed: a tap's words a cycle each; a result at least its words.
[[nodiscard]] constexpr Cycles occupancy(const PoolInstruction& i, const PoolUnitParameters& p, std::int64_t cell_slices) {
  const Cycles pixels = Cycles{i.rows} * i.out_width;
  const Cycles taps = Cycles{i.kernel_h} * i.kernel_w;
  if (i.binary != 0) {
    const bool dilated = i.dilation_h != 1 || i.dilation_w != 1;
    const Cycles steps = dilated ? taps : ceil_divide(i.kernel_h, 3) * ceil_divide(i.kernel_w, 3);
    const std::int64_t cells_at_once = std::max<std::int64_t>(1, p.lanes / (slice_channels * cell_slices));
    return pixels * steps * ceil_divide(i.slices, cells_at_once);
  }
  const Cycles steps = std::max(taps << i.in_bytes_log2, Cycles{1} << i.out_bytes_log2);
  return pixels * steps * ceil_divide(i.slices, p.lanes / slice_channels);
}

}  // namespace blendsim

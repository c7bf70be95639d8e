// SPDX-License-Identifier: Apache-2.0
// Timing law of post_unit (design, sections 3 and 4; ADR 0001 for records and wide values).
#pragma once

#include <algorithm>
#include <cstdint>

#include "units/buffer/layout.h"
#include "units/post_unit/instruction.h"
#include "units/post_unit/parameters.h"
#include "units/unit_id.h"

namespace blendsim {

// Bits of one slice's parameter record (instruction.h lists its fields in order).
[[nodiscard]] constexpr std::int64_t record_bits(const PostInstruction& i) {
  const std::int64_t quantisers = Cycles{i.use_q1} + i.use_q2 + i.use_q3;
  const std::int64_t activation = i.activation != 0 ? 1 : 0;
  const std::int64_t thresholds = i.use_thresholds != 0 ? 1 : 0;
  const std::int64_t lane = quantisers * (32 + 48 + 6) + activation * (32 + 6) + thresholds * (Cycles{i.levels} * 32 + 1);
  return slice_channels * lane + (quantisers + activation) * 64 + thresholds * 32;
}

// Words of one record in a parameters buffer `width` bits wide; at least 1, also for an instruction without parameters.
[[nodiscard]] constexpr std::int64_t record_words(const PostInstruction& i, std::int64_t width) {
  return std::max<std::int64_t>(1, ceil_divide(record_bits(i), width));
}

// Cycles that one cell (16 lanes of one pixel) takes: words read, thresholds compared, words and planes written.
[[nodiscard]] constexpr Cycles cell_cycles(const PostInstruction& i, const PostUnitParameters& p) {
  Cycles cycles = 1;
  if (i.a_source == static_cast<std::uint32_t>(PostSource::fixed_map)) cycles = std::max(cycles, Cycles{1} << i.a_bytes_log2);
  // Two fixed operands share the buffer's one read word a cycle.
  if (i.b_source == static_cast<std::uint32_t>(PostSource::fixed_map)) {
    const bool both = i.a_source == static_cast<std::uint32_t>(PostSource::fixed_map);
    cycles = std::max(cycles, (Cycles{1} << i.b_bytes_log2) + (both ? Cycles{1} << i.a_bytes_log2 : 0));
  }
  if (i.use_thresholds != 0) cycles = std::max(cycles, ceil_divide(i.levels, p.comparators));
  if (i.write_fixed != 0) cycles = std::max(cycles, Cycles{1} << i.fixed_bytes_log2);
  if (i.write_bits != 0) cycles = std::max(cycles, Cycles{i.code_bits});
  return cycles;
}

// Lane groups x the longer of the pixels' cycles and the reading of the group's records, which the group before hides.
[[nodiscard]] constexpr Cycles occupancy(const PostInstruction& i, const PostUnitParameters& p, std::int64_t parameter_width) {
  const std::int64_t slices_at_once = p.lanes / slice_channels;
  const std::int64_t lane_groups = ceil_divide(i.slices, slices_at_once);
  const Cycles pixels = Cycles{i.rows} * i.width * cell_cycles(i, p);
  const Cycles records = std::min<std::int64_t>(i.slices, slices_at_once) * record_words(i, parameter_width);
  return lane_groups * std::max(pixels, records);
}

}  // namespace blendsim

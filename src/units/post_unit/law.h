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

// Bits that a lane holds of each group of a slice's parameter record (record.h lists them).
inline constexpr std::int64_t quantiser_lane_bits = 90, activation_lane_bits = 38;
[[nodiscard]] constexpr std::int64_t threshold_lane_bits(std::int64_t levels) { return 32 + 32 * levels; }

[[nodiscard]] constexpr std::int64_t quantisers(const PostInstruction& i) {
  return Cycles{i.use_q1} + i.use_q2 + i.use_q3;
}

// Bits of one slice's parameter record; 0: the instruction has none.
[[nodiscard]] constexpr std::int64_t record_bits(const PostInstruction& i) {
  return slice_channels * (quantisers(i) * quantiser_lane_bits + (i.activation != 0 ? activation_lane_bits : 0) +
                           (i.use_thresholds != 0 ? threshold_lane_bits(i.levels) : 0));
}

// Words of one record in a parameters buffer `width` bits wide: each group begins with a word of its own, so that it
// goes straight to its place in the lanes. At least 1, also for an instruction without parameters.
[[nodiscard]] constexpr std::int64_t record_words(const PostInstruction& i, std::int64_t width) {
  const std::int64_t column = width / slice_channels;
  return std::max<std::int64_t>(1,
                                quantisers(i) * ceil_divide(quantiser_lane_bits, column) +
                                    (i.activation != 0 ? ceil_divide(activation_lane_bits, column) : 0) +
                                    (i.use_thresholds != 0 ? ceil_divide(threshold_lane_bits(i.levels), column) : 0));
}

// Words of the instruction's table, and cycles before its first lane group in which the table goes to all lanes,
// table_piece entries a cycle, a word of the buffer read in each. 0: it uses none.
inline constexpr std::int64_t table_piece = 8;
[[nodiscard]] constexpr std::int64_t table_words(const PostInstruction& i, std::int64_t width) {
  return i.use_table != 0 ? ceil_divide(8 * table_entries, width) : 0;
}
[[nodiscard]] constexpr Cycles table_cycles(const PostInstruction& i) {
  return i.use_table != 0 ? table_entries / table_piece : 0;
}

// Words that the instruction reads from `parameters` on, and the address of a slice's record.
[[nodiscard]] constexpr std::int64_t parameter_words(const PostInstruction& i, std::int64_t width) {
  return table_words(i, width) + (record_bits(i) > 0 ? i.slices * record_words(i, width) : 0);
}
[[nodiscard]] constexpr std::int64_t record_address(const PostInstruction& i, std::int64_t slice, std::int64_t width) {
  return i.parameters + table_words(i, width) + slice * record_words(i, width);
}

// Slices that the lanes take at once; the parts in which they take a slice that has more channels than they are: its
// halves, one after the other.
[[nodiscard]] constexpr std::int64_t slices_at_once(const PostUnitParameters& p) {
  return std::max<std::int64_t>(1, p.lanes / slice_channels);
}
[[nodiscard]] constexpr std::int64_t slice_parts(const PostUnitParameters& p) {
  return std::max<std::int64_t>(1, slice_channels / p.lanes);
}

// Words of act_fixed, of a slice and pixel, that hold values of a part: of 2 or 4 bytes it has words of its own, of one
// byte it shares the word.
[[nodiscard]] constexpr std::int64_t part_words(std::uint32_t bytes_log2, const PostUnitParameters& p) {
  return std::max<std::int64_t>(1, (std::int64_t{1} << bytes_log2) / slice_parts(p));
}

// Cycles that one cell (a lane group of one pixel) takes: words read, thresholds compared, words and planes written.
[[nodiscard]] constexpr Cycles cell_cycles(const PostInstruction& i, const PostUnitParameters& p) {
  Cycles cycles = 1;
  if (i.a_source == static_cast<std::uint32_t>(PostSource::fixed_map))
    cycles = std::max(cycles, part_words(i.a_bytes_log2, p));
  // Two fixed operands share the buffer's one read word a cycle.
  if (i.b_source == static_cast<std::uint32_t>(PostSource::fixed_map)) {
    const bool both = i.a_source == static_cast<std::uint32_t>(PostSource::fixed_map);
    cycles = std::max(cycles, part_words(i.b_bytes_log2, p) + (both ? part_words(i.a_bytes_log2, p) : 0));
  }
  // So do two operands out of one array's accumulators.
  if (i.b_source != 0 && i.b_source == i.a_source) cycles = std::max(cycles, Cycles{2});
  if (i.use_thresholds != 0) cycles = std::max(cycles, ceil_divide(i.levels, p.comparators));
  if (i.write_fixed != 0) cycles = std::max(cycles, part_words(i.fixed_bytes_log2, p));
  if (i.write_bits != 0) cycles = std::max(cycles, Cycles{i.code_bits});
  return cycles;
}

// Lane groups of a tile, in the order of its channels: as many slices as the lanes take at once, or a slice's parts.
[[nodiscard]] constexpr std::int64_t lane_groups(const PostInstruction& i, const PostUnitParameters& p) {
  return ceil_divide(i.slices, slices_at_once(p)) * slice_parts(p);
}

// Cycles of one lane group: the longer of its pixels' cells and the reading of its records, beside which the cells of
// the group before are still on their way. A last group with fewer slices takes the time of all its lanes' records, so
// that those of a group have been taken before their places in the lanes come round. A slice's parts read its record
// once each.
[[nodiscard]] constexpr Cycles group_cycles(const PostInstruction& i, const PostUnitParameters& p,
                                            std::int64_t parameter_width) {
  const Cycles pixels = Cycles{i.rows} * i.width * cell_cycles(i, p);
  const Cycles records = slices_at_once(p) * record_words(i, parameter_width);
  return std::max(pixels, records);
}

[[nodiscard]] constexpr Cycles occupancy(const PostInstruction& i, const PostUnitParameters& p,
                                         std::int64_t parameter_width) {
  return table_cycles(i) + lane_groups(i, p) * group_cycles(i, p, parameter_width);
}

// Cycle, counted from the start, in which word `word` of the `words` (of its values, or planes) that a cell writes
// is on the write port: behind the table, a group's cells come one after the other from its first cycle on, and each
// writes its words in the last cycles of its own.
[[nodiscard]] constexpr Cycles word_time(const PostInstruction& i, const PostUnitParameters& p,
                                         std::int64_t parameter_width, std::int64_t group, std::int64_t pixel,
                                         std::int64_t word, std::int64_t words) {
  return table_cycles(i) + group * group_cycles(i, p, parameter_width) + (pixel + 1) * cell_cycles(i, p) - 1 + p.depth -
         (words - 1 - word);
}

}  // namespace blendsim

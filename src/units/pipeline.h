// SPDX-License-Identifier: Apache-2.0
// The pipeline stages that a unit's `depth` must at least cover: first read address to last result written, in cycles.
// A platform that leaves `depth` out gets this least one; a larger one is its choice, for floor plans that need
// registers. These are the design's own stage counts (docs/platforms.md, "Depths").
#pragma once

#include <algorithm>
#include <cstdint>

#include "units/buffer/layout.h"
#include "units/mac_array/parameters.h"
#include "units/pool_unit/parameters.h"
#include "units/post_unit/instruction.h"
#include "units/post_unit/law.h"
#include "units/post_unit/parameters.h"
#include "units/transpose_unit/parameters.h"
#include "units/xnor_array/parameters.h"

namespace blendsim {

[[nodiscard]] constexpr std::int64_t ceil_log2(std::int64_t n) {
  std::int64_t levels = 0;
  while ((std::int64_t{1} << levels) < n) ++levels;
  return levels;
}

// Popcount of a row: a level of 6:3 counters, then an adder tree, a register after each level.
[[nodiscard]] constexpr std::int64_t popcount_stages(std::int64_t bits) { return 1 + ceil_log2(ceil_divide(bits, 6)); }

// From the operand register to popcount: a slice's inputs and its result; a register behind the LUTs; nothing.
[[nodiscard]] constexpr std::int64_t xnor_gate_stages(XnorImplementation implementation) {
  switch (implementation) {
    case XnorImplementation::dsp: return 2;
    case XnorImplementation::lut: return 1;
    case XnorImplementation::fused: return 0;
  }
  return 2;
}

// Counters, micro-operation, pointers, addresses (4); buffer read; operand register (1), XNOR; popcount; plane weight,
// accumulator, which is the word written (2): the stages of rtl/xnor_array.sv.
// Weights are asked for in time to meet the operand register, and hold the pipeline up only where they take longer to
// read than maps.
[[nodiscard]] constexpr std::int64_t least_depth(const XnorArrayParameters& p, std::int64_t maps_latency,
                                                 std::int64_t weights_latency) {
  return 4 + std::max(maps_latency, weights_latency - 1) + 1 + xnor_gate_stages(p.gates()) +
         popcount_stages(p.words * dsp_word_bits) + 2;
}

// Columns are summed in cascades of at most 4 slices, the longest in which two packed products of unsigned 8-bit
// activations stay exact (design, section 3); a tree of three-input adders sums the cascades and the accumulator.
inline constexpr std::int64_t mac_cascade = 4;
[[nodiscard]] constexpr std::int64_t mac_cascades(std::int64_t columns) { return ceil_divide(columns, mac_cascade); }

[[nodiscard]] constexpr std::int64_t adder_stages(std::int64_t operands) {
  std::int64_t levels = 0;
  for (; operands > 1; operands = ceil_divide(operands, 3)) ++levels;
  return levels;
}

// A compute unit's way to its first read: instruction register with the loop counters, three stages of first addresses
// (what takes a product), pointers. rtl/map_address.sv.
inline constexpr std::int64_t mac_issue_stages = 5, pool_issue_stages = 5;

// From the operands at the slices to the accumulator, the word written: 3 registers of a slice (packed: the pre-adder's
// too), the rest of the cascade, packed: the parts of the sum, adder tree with the accumulator. rtl/mac_lanes.sv.
[[nodiscard]] constexpr std::int64_t mac_arithmetic_stages(const MacArrayParameters& p) {
  const std::int64_t packed = p.products_per_dsp > 1 && p.columns > 1 ? 2 : 0;
  return 3 + packed + (std::min(p.columns, mac_cascade) - 1) + adder_stages(mac_cascades(p.columns) + 1);
}

// Issue, operands there (the activations' read and the choice of their lanes, the weights' read), arithmetic. Start
// words only meet the accumulator. rtl/mac_array.sv.
[[nodiscard]] constexpr std::int64_t least_depth(const MacArrayParameters& p, std::int64_t activation_latency,
                                                 std::int64_t weight_latency, std::int64_t start_latency) {
  const std::int64_t arithmetic = mac_arithmetic_stages(p);
  const std::int64_t operands = std::max({activation_latency + 1, weight_latency, start_latency + 1 - arithmetic});
  return mac_issue_stages + operands + arithmetic;
}

// Words of the longest record that an instruction can ask for: three quantisers, an activation, all thresholds.
[[nodiscard]] constexpr std::int64_t longest_record_words(std::int64_t width) {
  PostInstruction i;
  i.use_q1 = i.use_q2 = i.use_q3 = 1;
  i.activation = 1;
  i.use_thresholds = 1;
  i.levels = most_levels;
  return record_words(i, width);
}

// Most cycles in which a lane compares an element with its thresholds.
[[nodiscard]] constexpr std::int64_t threshold_steps(const PostUnitParameters& p) {
  return ceil_divide(most_levels, p.comparators);
}

// Cycles by which the steps of a lane group start behind the reading of its records, so that the first element finds
// its own in the lanes: a last word is needed a cycle before for q2 (q1 and q2 come first), 9 cycles later for the
// activation and 24 later for the thresholds. Slices are read one after the other.
[[nodiscard]] constexpr std::int64_t record_lead(const PostUnitParameters& p, std::int64_t width,
                                                 std::int64_t record_latency, std::int64_t operand_latency) {
  const std::int64_t column = width / slice_channels, quantiser = ceil_divide(quantiser_lane_bits, column);
  const std::int64_t activation = ceil_divide(activation_lane_bits, column);
  const std::int64_t thresholds = ceil_divide(threshold_lane_bits(most_levels), column);
  const std::int64_t before = (slices_at_once(p) - 1) * longest_record_words(width);
  const std::int64_t last =
      std::max({2 * quantiser, 3 * quantiser + activation - 9, 3 * quantiser + activation + thresholds - 24});
  return std::max<std::int64_t>(0, before + last + record_latency - operand_latency);
}

// Besides: loop, address, the slower operand's buffer read, word, operands; q1 and q2 (multiply in two cascaded slices
// 4, shift 2, saturate 2), sum, activation (one slice, 7; two where the join has more than its 18 bits), sum, q3
// (likewise); compared step by step, counted, code; up to 3 cycles between the first and the last word of a value;
// write. rtl/post_unit.sv.
inline constexpr std::int64_t slice_narrow_bits = 18;  // of a multiplier
[[nodiscard]] constexpr std::int64_t post_stages(const PostUnitParameters& p) {
  return 1 + 3 + 8 + 1 + 7 + 1 + 7 + 1 + 3 + 1 + (p.value + 1 > slice_narrow_bits ? 2 : 0);
}
[[nodiscard]] constexpr std::int64_t least_depth(const PostUnitParameters& p, std::int64_t width,
                                                 std::int64_t record_latency, std::int64_t operand_latency) {
  return record_lead(p, width, record_latency, operand_latency) + operand_latency + post_stages(p) + threshold_steps(p);
}

// Issue, buffer read (either kind of map), a slice's four registers: value, less zero point, times divisor / taps, sum
// (beside them the maximum), and four registers for the words of a result, all of which a result of four bytes has.
// rtl/pool_unit.sv.
[[nodiscard]] constexpr std::int64_t least_depth(const PoolUnitParameters&, std::int64_t read_latency) {
  return pool_issue_stages + read_latency + 1 + 1 + 2 + 4;
}

// Pointers, address, buffer read, two registers of the turn; the words of a block, the last of which the first word
// written needs; two registers of the turn back. rtl/transpose_unit.sv.
[[nodiscard]] constexpr std::int64_t least_depth(const TransposeUnitParameters&, std::int64_t read_latency) {
  return 2 + read_latency + 2 + slice_channels + 2;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Population counts of pixels against rows of binary weights. A plain reference and a vectorised version.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// For every pixel p and row r, wrapped around to `bits` bits of two's complement:
//   sums[p * sums_stride + r] = start +- ((before[r] + sum over t of popcount(operand[p][t] OP weights[t * rows + r]))
//   << shift)
// OP is AND or XOR; a caller that wants XNOR of n bits subtracts, with -n in `before`.
// operand[p][t] is the 32 bits at units[p * pixel_stride + offsets[t]], from term whole_terms on under masks[t]; start
// is starts[start_offsets[p] + r], or the sum as it was where start_offsets is nullptr.
struct PopcountRows {
  const std::uint16_t* units = nullptr;
  const std::uint32_t* offsets = nullptr;  // [terms]
  const std::uint32_t* masks = nullptr;    // [terms]
  const std::uint32_t* weights = nullptr;  // [terms, rows]
  const std::int32_t* before = nullptr;    // [rows]
  const std::int32_t* starts = nullptr;
  const std::uint32_t* start_offsets = nullptr;  // [pixels]
  std::ptrdiff_t pixel_stride = 0, sums_stride = 0;
  int pixels = 0, terms = 0, whole_terms = 0, rows = 0;  // rows: a multiple of 16
  bool use_and = false;
  bool subtract = false;
  int shift = 0;  // below 32
  int bits = 32;
};

void popcount_rows_reference(const PopcountRows& work, std::int32_t* sums);
// Equal to the reference, on the widest vectors that the processor has.
void popcount_rows(const PopcountRows& work, std::int32_t* sums);

}  // namespace blendsim

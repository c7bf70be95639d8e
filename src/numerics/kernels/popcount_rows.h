// SPDX-License-Identifier: Apache-2.0
// Population counts of pixels against rows of binary weights. A plain reference and a vectorised version.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// Where row r of each 16 lies in a word of weights: the even rows first, so that a vector of even rows' counts and one of
// odd rows' interleave into 32-bit sums by a shift.
[[nodiscard]] constexpr std::size_t popcount_place(std::size_t row) {
  return row / 16 * 16 + row % 2 * 8 + row % 16 / 2;
}

// For every pixel p and row r, wrapped around to `bits` bits of two's complement:
//   sums[p * sums_stride + r] = start + scale * sum over t of popcount(operand[p][t] OP weight[t][r]) + bias
// OP is AND or XOR; a caller that wants XNOR of n bits takes scale < 0 and bias = -scale * n.
// operand[p][t] is the 64 bits at units[p * pixel_stride + offsets[t]] under masks[t], weight[t][r] the word
// weights[t * rows + popcount_place(r)], and start is starts[start_offsets[p] + r], or the sum as it was where start_offsets is nullptr.
struct PopcountRows {
  const std::uint16_t* units = nullptr;
  const std::uint32_t* offsets = nullptr;  // [terms]
  const std::uint64_t* masks = nullptr;    // [terms]
  const std::uint64_t* weights = nullptr;  // [terms, rows]
  const std::int32_t* starts = nullptr;
  const std::uint32_t* start_offsets = nullptr;  // [pixels]
  std::ptrdiff_t pixel_stride = 0, sums_stride = 0;
  int pixels = 0, terms = 0, rows = 0;  // rows: a multiple of 16
  bool use_and = false;
  std::int32_t scale = 1, bias = 0;
  int bits = 32;
};

void popcount_rows_reference(const PopcountRows& work, std::int32_t* sums);
// Equal to the reference, on the widest vectors that the processor has.
void popcount_rows(const PopcountRows& work, std::int32_t* sums);

}  // namespace blendsim

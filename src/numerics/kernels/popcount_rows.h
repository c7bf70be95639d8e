// SPDX-License-Identifier: Apache-2.0
// Population counts of pixels against rows of binary weights. A plain reference and a vectorised version.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// For every pixel p and row r, modulo 2^32:
//   sums[p * sums_stride + r] += scale * sum over t of popcount(operands[p][t] OP weights[t][r]) + bias
// OP is AND or XOR; a caller that wants XNOR of n bits takes scale < 0 and bias = -scale * n.
struct PopcountRows {
  const std::uint64_t* operands;   // [pixels, terms]
  const std::uint64_t* weights;    // [terms, rows]: the rows lie across the vector's lanes
  std::ptrdiff_t operands_stride;  // from one pixel's operands to the next pixel's
  std::ptrdiff_t sums_stride;
  int pixels, terms, rows;         // rows: a multiple of 16
  bool use_and;
  std::int32_t scale, bias;
};

void popcount_rows_reference(const PopcountRows& work, std::int32_t* sums);
// Equal to the reference, on the widest vectors that the processor has.
void popcount_rows(const PopcountRows& work, std::int32_t* sums);

}  // namespace blendsim

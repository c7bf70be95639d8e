// SPDX-License-Identifier: Apache-2.0
// Products of pixels with rows of 8-bit weights. Plain references and vectorised versions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// Dense: for every pixel p and row r, modulo 2^32:
//   sums[p * sums_stride + r] += sum over t, k in 0..1 of operands[p][2t + k] * weights[t][r][k]
// Operands are 9-bit signed values (8 bits, signed or unsigned), weights 8-bit ones: no pair of products overflows.
struct MultiplyRows {
  const std::int16_t* operands;    // [pixels, 2 * pairs]
  const std::int16_t* weights;     // [pairs, rows, 2]
  std::ptrdiff_t operands_stride;  // from one pixel's operands to the next pixel's
  std::ptrdiff_t sums_stride;
  int pixels, pairs, rows;         // rows: a multiple of 16
};

void multiply_rows_reference(const MultiplyRows& work, std::int32_t* sums);
// Equal to the reference, on the widest vectors that the processor has.
void multiply_rows(const MultiplyRows& work, std::int32_t* sums);

// Depthwise: for every lane l, modulo 2^32: sums[l] += sum over t of operands[t * operands_stride + l] *
// weights[t * weights_stride + l].
struct MultiplyLanes {
  const std::int16_t* operands;
  const std::int8_t* weights;
  std::ptrdiff_t operands_stride, weights_stride;
  int taps, lanes;                 // lanes: a multiple of 16
};

void multiply_lanes_reference(const MultiplyLanes& work, std::int32_t* sums);
void multiply_lanes(const MultiplyLanes& work, std::int32_t* sums);

}  // namespace blendsim

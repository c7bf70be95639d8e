// SPDX-License-Identifier: Apache-2.0
// Products of pixels with rows of 8-bit weights. Plain references and vectorised versions.
//
// In both, tap t of pixel p has its operands at operands[p * pixel_stride + offsets[t]], bytes that stand for their
// value less `zero` (0: unsigned codes; 128: signed ones with their highest bit inverted), and a pixel's sums begin at
// starts[start_offsets[p]].
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// Dense: for every pixel p and row r, modulo 2^32:
//   sums[p * sums_stride + r] = starts[start_offsets[p] + r] +
//                               sum over t, n in 0..quads-1, k in 0..3 of (operand[p][t][4n + k] - zero) *
//                               weights[t][n][r][k]
struct MultiplyRows {
  const std::uint8_t* operands = nullptr;
  const std::uint32_t* offsets = nullptr;  // [taps]
  const std::int8_t* weights = nullptr;    // [quads, rows, 4] every weights_stride bytes, a tap each
  const std::int32_t* starts = nullptr;
  const std::uint32_t* start_offsets = nullptr;  // [pixels]
  std::ptrdiff_t pixel_stride = 0, sums_stride = 0, weights_stride = 0;
  int pixels = 0, taps = 0, quads = 0, rows = 0;  // rows: a multiple of 16
  std::uint8_t zero = 0;
};

void multiply_rows_reference(const MultiplyRows& work, std::int32_t* sums);
// Equal to the reference, on the widest vectors that the processor has.
void multiply_rows(const MultiplyRows& work, std::int32_t* sums);

// Depthwise: for every pixel p and row r, modulo 2^32:
//   sums[p * sums_stride + r] = starts[start_offsets[p] + r] +
//                               (r < lanes: sum over t of (operand[p][t][r] - zero) * weights[t * weights_stride + r])
struct MultiplyLanes {
  const std::uint8_t* operands = nullptr;
  const std::uint32_t* offsets = nullptr;  // [taps]
  const std::int8_t* weights = nullptr;
  const std::int32_t* starts = nullptr;
  const std::uint32_t* start_offsets = nullptr;  // [pixels]
  std::ptrdiff_t pixel_stride = 0, sums_stride = 0, weights_stride = 0;
  int pixels = 0, taps = 0, lanes = 0, rows = 0;  // lanes <= rows: multiples of 16
  std::uint8_t zero = 0;
};

void multiply_lanes_reference(const MultiplyLanes& work, std::int32_t* sums);
void multiply_lanes(const MultiplyLanes& work, std::int32_t* sums);

}  // namespace blendsim

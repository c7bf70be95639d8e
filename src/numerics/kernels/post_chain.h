// SPDX-License-Identifier: Apache-2.0
// The post-processing formula (numerics/post_formula.h) on slices of 16 lanes, vectorised.
//
// The formula's integers are carried in doubles. Nothing is rounded that the formula does not round: M * 2^-s and
// B * 2^-s are exact, and so is x * M + B (fused or not) while it stays below 2^52 units of 2^-s, which exact_up_to tells.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/aligned_vector.h"
#include "numerics/post_formula.h"

namespace blendsim {

inline constexpr int kernel_lanes = 16;

struct LaneQuantiser {
  alignas(cache_line_bytes) std::array<double, kernel_lanes> multiplier{}, offset{};  // M * 2^-s, B * 2^-s
  double lo = 0, hi = 0;
  double exact_up_to = 0;   // largest |x| for which the kernel equals the formula
  double largest = 0;       // largest |result|

  // Throws nothing: factors that no double holds give exact_up_to = -1. An activation (offset = nullptr) passes x >= 0.
  static LaneQuantiser of(const std::int64_t* multiplier, const std::int64_t* offset, const std::int32_t* shift,
                          std::int64_t lo, std::int64_t hi);
};

// u = q3(act?(q1(a)) + q2(b)) or q3(act?(q1(a) + q2(b))); nullptr: step absent.
struct PostChain {
  const LaneQuantiser* q1 = nullptr;
  const LaneQuantiser* q2 = nullptr;
  const LaneQuantiser* q3 = nullptr;
  const LaneQuantiser* after_q1 = nullptr;    // activations
  const LaneQuantiser* after_join = nullptr;
  Rounding rounding = Rounding::half_even;    // of all q; activations round half to even

  // Do the doubles carry every value exactly, and does u fit 32 bits, when |a| <= a_largest and |b| <= b_largest
  // (b absent: 0)?
  [[nodiscard]] bool is_exact(double a_largest, double b_largest) const;
};

// u[p][lane] of `pixels` pixels; a, b: one value a lane, `stride` from pixel to pixel; b may be nullptr.
// The caller has asked is_exact().
void post_chain(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                std::ptrdiff_t b_stride, int pixels, std::int32_t* u);

// bits[p], bit l: (u[p][l] >= threshold[l]), complemented where `flip` has bit l.
void threshold_bits(const std::int32_t* u, std::ptrdiff_t stride, int pixels, const std::int32_t* threshold,
                    std::uint16_t flip, std::uint16_t* bits);

// codes[p][l] = base + number of levels k with (u[p][l] >= thresholds[k][l]) == (direction[l] != 0).
void threshold_codes(const std::int32_t* u, std::ptrdiff_t stride, int pixels, const std::int32_t* thresholds,
                     int levels, const std::uint8_t* direction, std::int32_t base, std::int32_t* codes);

// The low `bytes` (1, 2, 4) bytes of 16 values a pixel, little-endian, to out + p * stride (bytes).
void narrow(const std::int32_t* values, std::ptrdiff_t values_stride, int pixels, int bytes, std::uint8_t* out,
            std::ptrdiff_t stride);

}  // namespace blendsim

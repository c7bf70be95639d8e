// SPDX-License-Identifier: Apache-2.0
// The post-processing formula (numerics/post_formula.h) on slices of 16 lanes, vectorised.
//
// The formula's integers are carried in floating-point numbers of p = 24 or 53 bits. Nothing is rounded that the
// formula does not round: M * 2^-s and B * 2^-s are exact, and so is x * M + B (fused or not) while it stays below
// 2^(p-1) units of 2^-s, which exact_up_to tells.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/aligned_vector.h"
#include "numerics/post_formula.h"

namespace blendsim {

inline constexpr int kernel_lanes = 16;

// A quantiser's factors as numbers of one width.
template <class Real>
struct LaneFactors {
  alignas(cache_line_bytes) std::array<Real, kernel_lanes> multiplier{}, offset{};  // M * 2^-s, B * 2^-s
  Real lo = 0, hi = 0;
  double exact_up_to = 0;  // largest |x| for which the kernel equals the formula; -1: none
};

struct LaneQuantiser {
  LaneFactors<float> single;
  LaneFactors<double> wide;
  double largest = 0;  // largest |result|

  // Throws nothing: factors that no number holds give exact_up_to = -1. An activation (offset = nullptr) passes x >= 0.
  static LaneQuantiser of(const std::int64_t* multiplier, const std::int64_t* offset, const std::int32_t* shift,
                          std::int64_t lo, std::int64_t hi);
};

// What carries a chain's values: the narrowest that is exact, or none.
enum class Carrier : std::uint8_t { single, wide, none };

// u = q3(act?(q1(a)) + q2(b)), q3(act?(q1(a) + q2(b))) or, `product`, the same with a product; nullptr: step absent.
struct PostChain {
  const LaneQuantiser* q1 = nullptr;
  const LaneQuantiser* q2 = nullptr;
  const LaneQuantiser* q3 = nullptr;
  const LaneQuantiser* after_q1 = nullptr;  // activations
  const LaneQuantiser* after_join = nullptr;
  Rounding rounding = Rounding::half_even;  // of all q; activations round half to even
  bool product = false;                     // the join multiplies

  // What carries every value exactly, so that u also fits 32 bits, when |a| <= a_largest and |b| <= b_largest (b
  // absent: 0).
  [[nodiscard]] Carrier carrier(double a_largest, double b_largest) const;
  // Is `carrier`, single or wide, exact for these?
  [[nodiscard]] bool is_exact_in(Carrier carrier, double a_largest, double b_largest) const;
};

// The largest magnitude among 16 values of each of `pixels` pixels, `stride` from pixel to pixel.
double largest_magnitude(const std::int32_t* values, std::ptrdiff_t stride, int pixels);

// The largest magnitudes of operands, rounded to single numbers.
struct Magnitudes {
  float a = 0, b = 0;
};

// u[p][lane] of `pixels` pixels; a, b: one value a lane, `stride` from pixel to pixel; b may be nullptr.
// `carrier`: one that the chain's values are exact in, not none.
void post_chain(const PostChain& chain, Carrier carrier, const std::int32_t* a, std::ptrdiff_t a_stride,
                const std::int32_t* b, std::ptrdiff_t b_stride, int pixels, std::int32_t* u);

// The same in single numbers, whether they are exact or not: they were if is_exact_in() of what is returned says so.
Magnitudes try_post_chain(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
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

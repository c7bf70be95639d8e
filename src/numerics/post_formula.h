// SPDX-License-Identifier: Apache-2.0
// The one post-processing formula of the integer contract (docs/numerics.md):
//   q = saturate(round((x * M[c] + B[c]) / 2^s[c]))
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace blendsim {

enum class Rounding : std::uint8_t { half_even, floor, half_up };

// round(value / 2^shift), exact; 0 <= shift <= 47, |value| < 2^62.
[[nodiscard]] constexpr std::int64_t shift_round(std::int64_t value, int shift, Rounding rounding) {
  if (shift == 0) return value;
  const std::int64_t floor = value >> shift;  // arithmetic in C++20
  if (rounding == Rounding::floor) return floor;
  const std::int64_t remainder = value - (floor << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  if (rounding == Rounding::half_up) return floor + (remainder >= half ? 1 : 0);
  return floor + (remainder > half || (remainder == half && (floor & 1) != 0) ? 1 : 0);
}

// Per-channel multiply, add, shift, saturate. Vectors have one element a channel.
struct Affine {
  std::vector<std::int32_t> multiplier;  // |M| < 2^23 (24-bit signed) when the operand fits 18 bits, else 18-bit signed
  std::vector<std::int64_t> offset;      // 48-bit signed
  std::vector<std::uint8_t> shift;       // 0..47
  std::int64_t lo = 0;                   // saturation, inclusive
  std::int64_t hi = 0;
  Rounding rounding = Rounding::half_even;

  [[nodiscard]] std::int64_t apply(std::int64_t x, std::size_t channel) const {
    const std::int64_t value = x * multiplier[channel] + offset[channel];
    return std::clamp(shift_round(value, shift[channel], rounding), lo, hi);
  }
  bool operator==(const Affine&) const = default;
};

// y = x < 0 ? round(x * slope[c] / 2^shift[c]) : x, half to even; then clamped to [lo, hi].
// ReLU is slope 0; a plain clip is slope 1, shift 0.
struct Activation {
  std::vector<std::int32_t> slope;  // 18-bit signed
  std::vector<std::uint8_t> shift;  // 0..47
  std::int64_t lo = 0;
  std::int64_t hi = 0;

  [[nodiscard]] std::int64_t apply(std::int64_t x, std::size_t channel) const {
    const std::int64_t y = x < 0 ? shift_round(x * slope[channel], shift[channel], Rounding::half_even) : x;
    return std::clamp(y, lo, hi);
  }
  bool operator==(const Activation&) const = default;
};

// A code by comparisons. count = sum over k of ((u >= T[c][k]) == direction[c]).
// bipolar output: one level, count ? +1 : -1. n-bit output: base + count, with 2^n - 1 levels at most (n <= 4).
struct Thresholds {
  int levels = 1;
  std::vector<std::int64_t> values;     // [channels, levels], ascending per channel, each in [lo, hi + 1] of u's range
  std::vector<std::uint8_t> direction;  // [channels]; 1: u >= T, 0: u < T
  std::int64_t base = 0;

  [[nodiscard]] std::int64_t count(std::int64_t u, std::size_t channel) const {
    std::int64_t sum = 0;
    for (int k = 0; k < levels; ++k) {
      const bool reached = u >= values[channel * static_cast<std::size_t>(levels) + static_cast<std::size_t>(k)];
      sum += reached == (direction[channel] != 0) ? 1 : 0;
    }
    return sum;
  }
  bool operator==(const Thresholds&) const = default;
};

// A code by the code: values[u mod 256], for u in [-128, 127] or in [0, 255]. One table for all channels.
struct CodeTable {
  std::array<std::int16_t, 256> values{};  // of at most 8 bits

  [[nodiscard]] std::int64_t at(std::int64_t u) const { return values[static_cast<std::uint8_t>(u)]; }
  [[nodiscard]] static constexpr bool holds(std::int64_t lo, std::int64_t hi) {
    return (lo >= -128 && hi <= 127) || (lo >= 0 && hi <= 255);
  }
  bool operator==(const CodeTable&) const = default;
};

}  // namespace blendsim

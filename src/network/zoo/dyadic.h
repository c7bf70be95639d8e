// SPDX-License-Identifier: Apache-2.0
// Powers of two without the mathematics library, the same on every host.
#pragma once

#include <cstdint>

namespace blendsim::zoo {

[[nodiscard]] constexpr double power_of_two(int exponent) {
  double value = 1;
  for (; exponent > 0; --exponent) value *= 2;
  for (; exponent < 0; ++exponent) value /= 2;
  return value;
}

// The least n with value <= 2^n, value >= 1.
[[nodiscard]] constexpr int ceil_log2(std::int64_t value) {
  int n = 0;
  while ((std::int64_t{1} << n) < value) ++n;
  return n;
}

// The n with 2^n <= value < 2^(n+1), value > 0.
[[nodiscard]] constexpr int floor_log2(double value) {
  int n = 0;
  for (; value >= 2; value /= 2) ++n;
  for (; value < 1; value *= 2) --n;
  return n;
}

}  // namespace blendsim::zoo

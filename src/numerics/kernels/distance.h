// SPDX-License-Identifier: Apache-2.0
// Hamming distances: bits in which words differ. A plain reference and a vectorised version each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// Bits set in (a ^ b) & mask, over `bytes` bytes each; `mask` is of each four bytes, counted from the first.
[[nodiscard]] std::int64_t differing_bits_reference(const void* a, const void* b, std::size_t bytes,
                                                    std::uint32_t mask = 0xFFFFFFFF);
[[nodiscard]] std::int64_t differing_bits(const void* a, const void* b, std::size_t bytes,
                                          std::uint32_t mask = 0xFFFFFFFF);

// The same of each of `count` words and the one before it, words of `bytes` bytes, the next one `stride` bytes behind.
[[nodiscard]] std::int64_t successive_differing_bits_reference(const void* first, std::size_t bytes,
                                                               std::ptrdiff_t stride, std::size_t count,
                                                               std::uint32_t mask = 0xFFFFFFFF);
[[nodiscard]] std::int64_t successive_differing_bits(const void* first, std::size_t bytes, std::ptrdiff_t stride,
                                                     std::size_t count, std::uint32_t mask = 0xFFFFFFFF);

// Sum over n of weights[n] * popcount(a[n] ^ b[n]). Weights: 0 to most_weight; units: whole vectors of units_at_once.
inline constexpr std::int16_t most_weight = 1023;
inline constexpr std::size_t units_at_once = 32;
struct WeighedUnits {
  const std::uint16_t* a = nullptr;
  const std::uint16_t* b = nullptr;  // nullptr: `constant`, every one
  std::uint16_t constant = 0;
  const std::int16_t* weights = nullptr;
  std::size_t units = 0;
};
[[nodiscard]] std::int64_t weighed_differing_bits_reference(const WeighedUnits& work);
[[nodiscard]] std::int64_t weighed_differing_bits(const WeighedUnits& work);

}  // namespace blendsim

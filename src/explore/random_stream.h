// SPDX-License-Identifier: Apache-2.0
// Random numbers that are a function of a seed and a place in a sequence, so that any of them can be made alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim::explore {

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) from a state that mixes both numbers.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t place) : state_(mix(seed ^ mix(place + 0x9E3779B97F4A7C15U))) {}

  std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15U); }
  // 0 .. count - 1; count at least 1. The bias of the remainder is below 2^-32 for what a study holds.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  // [0, 1)
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return uniform() < probability; }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace blendsim::explore

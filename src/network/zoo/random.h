// SPDX-License-Identifier: Apache-2.0
// The zoo's random numbers: integers only, the same on every host and compiler.
#pragma once

#include <cstdint>

namespace blendsim::zoo {

// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  // Uniform over [lo, hi] (bias below 2^-32 for the small ranges used here).
  [[nodiscard]] int uniform(int lo, int hi) {
    const auto range = static_cast<std::uint64_t>(std::int64_t{hi} - lo + 1);
    return static_cast<int>(lo + static_cast<std::int64_t>(((next() >> 32) * range) >> 32));
  }
  // Bell-shaped over [-limit, limit]: the mean of four uniforms, deviation about 0.29 limit.
  [[nodiscard]] int bell(int limit) {
    int sum = 0;
    for (int i = 0; i < 4; ++i) sum += uniform(-limit, limit);
    return sum / 4;
  }

 private:
  std::uint64_t state_;
};

}  // namespace blendsim::zoo

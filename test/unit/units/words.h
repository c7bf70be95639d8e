// SPDX-License-Identifier: Apache-2.0
// Words of a port as strings of bits, compared bit by bit: what the distances of a unit should come to.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "support.h"
#include "units/distance_meter.h"

namespace blendsim::test {

using Word = std::vector<bool>;

inline void push_bits(Word& word, std::uint64_t value, int bits) {
  for (int b = 0; b < bits; ++b) word.push_back((value >> b & 1) != 0);
}

// Sum of a port's words; several sequences are as many ports side by side.
class Port {
 public:
  void pass(const Word& word) {
    if (!before_.empty()) {
      ASSERT_EQ(before_.size(), word.size());
      for (std::size_t b = 0; b < word.size(); ++b) sum_.bits += word[b] != before_[b] ? 1 : 0;
      ++sum_.words;
      sum_.compared += static_cast<std::int64_t>(word.size());
    }
    before_ = word;
  }
  void next_sequence() { before_.clear(); }
  [[nodiscard]] const DistanceSum& sum() const { return sum_; }

 private:
  Word before_;
  DistanceSum sum_;
};

inline void expect_sum(const DistanceMeter& meter, Distance distance, const DistanceSum& expected) {
  const DistanceSum& sum = meter.distances()[distance];
  const auto name = distance_names[static_cast<std::size_t>(distance)];
  EXPECT_EQ(sum.bits, expected.bits) << name;
  EXPECT_EQ(sum.words, expected.words) << name;
  EXPECT_EQ(sum.compared, expected.compared) << name;
}

// What the tests read of the buffers, full of bits that are set with a probability of `ones` / 16.
inline void fill_with_random_bits(Buffers& buffers, const MachineParameters& machine, Random& random, int ones = 8) {
  const auto byte = [&] {
    if (ones == 8) return static_cast<std::uint8_t>(random.u(0, 255));
    unsigned value = 0;
    for (int b = 0; b < 8; ++b) value |= (random.in(0, 15) < ones ? 1U : 0U) << b;
    return static_cast<std::uint8_t>(value);
  };
  const auto weights = [&](BufferId buffer) {
    std::vector<std::uint8_t> bytes(64 * static_cast<std::size_t>(machine.buffer(buffer).width) / 8);
    for (std::uint8_t& each : bytes) each = byte();
    buffers.write_words(buffer, 0, bytes);
  };
  weights(BufferId::weights_binary);
  weights(BufferId::weights_fixed);
  const auto cells = static_cast<std::size_t>(machine.buffer(BufferId::act_binary).capacity_bits() / 16);
  for (std::size_t n = 0; n < cells; ++n) buffers.cells()[n] = static_cast<std::uint16_t>(byte() << 8 | byte());
  for (std::uint8_t& each : buffers.fixed(0, 3 * 4096)) each = byte();
  for (const std::uint32_t region : {0U, 4096U}) {
    for (std::int32_t& sum : buffers.accumulators(region, 512))
      sum = static_cast<std::int32_t>(byte() << 24 | byte() << 16 | byte() << 8 | byte());
  }
}

}  // namespace blendsim::test

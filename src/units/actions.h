// SPDX-License-Identifier: Apache-2.0
// Named actions: what units do that costs energy. The timing model counts them; estimate/ gives them energies.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace blendsim {

enum class Action : std::uint8_t {
  xnor_word,     // one 48-bit XNOR of one row, popcount and accumulation included
  mac,           // one multiply-accumulate of one row and column
  post_element,  // one lane's element through the formula
  pool_element,  // one lane's tap
  act_binary_read,
  act_binary_write,  // bits
  act_fixed_read,
  act_fixed_write,  // bits
  weights_binary_read,
  weights_binary_write,
  weights_fixed_read,
  weights_fixed_write,
  accumulators_read,
  accumulators_write,
  parameters_read,
  parameters_write,
  instructions_read,
  instructions_write,
  dram_read_byte,
  dram_write_byte,
  dram_activate,
  dram_refresh,
  dispatch,    // one instruction word fetched, decoded and queued
  unit_clock,  // one cycle of one unit's registers while busy
};
inline constexpr std::array<std::string_view, 24> action_names = {"xnor_word",
                                                                  "mac",
                                                                  "post_element",
                                                                  "pool_element",
                                                                  "act_binary_read",
                                                                  "act_binary_write",
                                                                  "act_fixed_read",
                                                                  "act_fixed_write",
                                                                  "weights_binary_read",
                                                                  "weights_binary_write",
                                                                  "weights_fixed_read",
                                                                  "weights_fixed_write",
                                                                  "accumulators_read",
                                                                  "accumulators_write",
                                                                  "parameters_read",
                                                                  "parameters_write",
                                                                  "instructions_read",
                                                                  "instructions_write",
                                                                  "dram_read_byte",
                                                                  "dram_write_byte",
                                                                  "dram_activate",
                                                                  "dram_refresh",
                                                                  "dispatch",
                                                                  "unit_clock"};
inline constexpr int action_count = 24;

struct ActionCounts {
  std::array<std::int64_t, action_count> counts{};

  [[nodiscard]] std::int64_t operator[](Action a) const { return counts[static_cast<std::size_t>(a)]; }
  [[nodiscard]] std::int64_t& operator[](Action a) { return counts[static_cast<std::size_t>(a)]; }
  ActionCounts& operator+=(const ActionCounts& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    return *this;
  }
  bool operator==(const ActionCounts&) const = default;
};

// Counts go to two sums, which most actions of an instruction leave alone.
class ActionSums {
 public:
  ActionSums(ActionCounts& first, ActionCounts& second) : first_(first), second_(second) {}
  void add(Action action, std::int64_t count) {
    first_[action] += count;
    second_[action] += count;
  }

 private:
  ActionCounts& first_;
  ActionCounts& second_;
};

}  // namespace blendsim

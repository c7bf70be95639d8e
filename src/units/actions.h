// SPDX-License-Identifier: Apache-2.0
// Named actions: what units do that costs energy. The timing model counts them; power/ gives them energies.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace blendsim {

enum class Action : std::uint8_t {
  xnor_word,          // one 48-bit XNOR of one row, popcount and accumulation included
  mac,                // one multiply-accumulate of one row and column
  mac_depthwise,      // of mac: of a depthwise step
  post_element,       // one lane's element through the formula
  post_q1,            // of post_element: through q1, and so a multiplier
  post_q2,            // through q2
  post_q3,            // through q3
  post_activation,    // through the activation
  post_threshold,     // one element compared with one threshold
  post_table,         // one element's code found in the table
  post_product,       // one element's factors multiplied
  post_plain,         // of post_element: through none of the steps above
  pool_element,       // one lane's tap
  pool_binary,        // of pool_element: packed bits
  pool_maximum,       // of pool_element: fixed-point values compared
  pool_sum,           // of pool_element: fixed-point values added
  transpose_element,  // one value of a corner turn
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
  dispatch,     // one instruction word fetched, decoded and queued
  load_byte,    // of a transfer of load, on its way to a buffer
  store_byte,   // of a transfer of store
  xnor_result,  // one row's accumulator of a word written
  mac_result,   // the same of mac_array
  load_start,   // one instruction leaves the unit's queue and starts
  store_start,
  xnor_start,
  mac_start,
  post_start,
  pool_start,
  transpose_start,
};
inline constexpr std::array<std::string_view, 47> action_names = {"xnor_word",
                                                                  "mac",
                                                                  "mac_depthwise",
                                                                  "post_element",
                                                                  "post_q1",
                                                                  "post_q2",
                                                                  "post_q3",
                                                                  "post_activation",
                                                                  "post_threshold",
                                                                  "post_table",
                                                                  "post_product",
                                                                  "post_plain",
                                                                  "pool_element",
                                                                  "pool_binary",
                                                                  "pool_maximum",
                                                                  "pool_sum",
                                                                  "transpose_element",
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
                                                                  "load_byte",
                                                                  "store_byte",
                                                                  "xnor_result",
                                                                  "mac_result",
                                                                  "load_start",
                                                                  "store_start",
                                                                  "xnor_start",
                                                                  "mac_start",
                                                                  "post_start",
                                                                  "pool_start",
                                                                  "transpose_start"};
inline constexpr int action_count = action_names.size();

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

// SPDX-License-Identifier: Apache-2.0
// Internal to find_causes(): the numbers of a platform, and which other values of each might shorten a run. All of it
// follows from the platform's schema: a parameter of a unit to come is tried without a line here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "units/machine_parameters.h"
#include "units/unit_id.h"

namespace blendsim {

struct Tunable {
  struct Value {
    std::int64_t number = 0;
    std::string text;  // "1 cycle"
  };
  std::string key;    // "memory.read_latency"
  std::string value;  // "40 cycles"
  // Each way is a direction, of which the first value that a machine can be had with counts.
  std::vector<std::vector<Value>> ways;
  std::optional<UnitId> unit;  // it is a size of this compute unit
  bool times_only = false;     // a compiled program stands with any value of it
  // "mac_array.products_per_dsp=2": what takes less of the part for the same work, beside a larger size of its unit.
  std::optional<std::string> smaller{};
};
[[nodiscard]] std::vector<Tunable> tunables(const MachineParameters& machine);

[[nodiscard]] MachineParameters with(const MachineParameters& machine, const std::string& key, std::int64_t number);

// "--set mac_array.rows=32", in quotes where a shell would part it.
[[nodiscard]] std::string set_option(const std::string& set);

}  // namespace blendsim

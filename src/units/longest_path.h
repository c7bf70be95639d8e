// SPDX-License-Identifier: Apache-2.0
// The slowest way between two registers of a circuit, which bounds its clock.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace blendsim {

// As synthesis finds it (scripts/longest_path.py), with the delays of xczu3eg at -1. A port counts as a register.
struct LongestPath {
  std::string_view from, to;                 // what stands at its ends: "count", "ring", "port read"
  std::int64_t levels = 0;                   // cells behind a routed net; a carry chain is one
  std::int64_t logic_ps = 0;                 // in cells: clock to output, cells, set-up
  std::vector<std::string_view> grows_with;  // parameters by the names of --set: smaller values shorten it
};

}  // namespace blendsim

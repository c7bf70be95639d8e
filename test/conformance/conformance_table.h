// SPDX-License-Identifier: Apache-2.0
// What the tests have compared, as rows of a CSV file: the source of the table in docs/accuracy.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "result/run.h"

namespace blendsim::conformance {

// Counts of one case. A unit's case ends at its first difference, so there one stands for all that may follow.
struct Compared {
  std::size_t instructions = 0;
  Cycles rtl_cycles = 0, model_cycles = 0;
  std::size_t cycle_differences = 0;  // entries, starts, ends, posts, completions, accounts
  std::size_t words = 0;              // that units write, each with its cycle
  std::size_t word_differences = 0;   // in value, address or cycle
};

// Appends a row to the file that the environment variable BLENDSIM_CONFORMANCE_TABLE names, under a head line if it is
// new; does nothing without the variable. `kind`: unit or program. Tests may do so at the same time.
void append_row(std::string_view kind, std::string_view name, std::string_view platform, const Compared& compared);

}  // namespace blendsim::conformance

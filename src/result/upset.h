// SPDX-License-Identifier: Apache-2.0
// A bit of an on-chip memory that becomes the other one in the middle of a run.
#pragma once

#include <cstdint>

#include "units/buffer/parameters.h"
#include "units/unit_id.h"

namespace blendsim {

// What executes at a start in `cycle` or before finds the bit as it was; what starts later finds it flipped. An
// instruction reads and writes whole at its start, so one that is under way is not hit.
struct Upset {
  Cycles cycle = 0;  // of main
  BufferId buffer = BufferId::act_binary;
  std::uint32_t address = 0;  // through all regions, below regions * depth
  std::uint32_t bit = 0;      // of the word, below width; of act_binary, bank after bank
  bool operator==(const Upset&) const = default;
};

}  // namespace blendsim

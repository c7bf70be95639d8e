// SPDX-License-Identifier: Apache-2.0
// What one run of a stream (init, or main once an image) did in time, in the same words for rtl/ and for the model.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isa/program.h"
#include "result/run.h"
#include "unit_bench.h"

namespace blendsim::conformance {

struct InstructionTimes {
  Cycles visible = 0, start = 0, end = -1;
  bool operator==(const InstructionTimes&) const = default;
};

// A word as a unit wrote it. act_fixed is written in lanes by load, whole by the others.
struct UnitWrite {
  UnitId unit = UnitId::load;
  WordWrite word;
  std::int32_t instruction = -1;  // the unit's n-th of this run; the model knows
};

struct MachineEvents {
  Cycles cycles = 0;                                                   // completion of the last image
  std::vector<Cycles> completions;                                     // of each image
  std::array<std::vector<InstructionTimes>, unit_count> instructions;  // of all images, in the unit's order
  std::array<UnitCycles, unit_count> accounts{};
  std::array<std::vector<UnitWrite>, unit_count> writes;  // by cycle, then place and address
  std::vector<std::vector<std::uint8_t>> outputs;         // output area of each image
  std::vector<std::string> errors;                        // assertions, protocol
};

// The order in which writes of one unit are compared.
void sort_writes(std::vector<UnitWrite>& writes);

}  // namespace blendsim::conformance

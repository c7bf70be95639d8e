// SPDX-License-Identifier: Apache-2.0
// The model's side of a waveform, one time unit a cycle as in the RTL's: what each unit runs and how many tokens wait.
#pragma once

#include <string>
#include <vector>

#include "isa/instruction.h"
#include "result/run.h"
#include "units/machine_parameters.h"

namespace blendsim::conformance {

// Cycles [from, to). Per unit: start and end (1 in that cycle), busy (the front is held), instruction (index in program
// order of the one that started last), in_flight; per link with tokens its counter, as visible to the consumer.
void write_machine_vcd(const std::string& file, const std::vector<InstructionRecord>& records,
                       const std::vector<Instruction>& instructions, const MachineParameters& machine, Cycles from,
                       Cycles to);

}  // namespace blendsim::conformance

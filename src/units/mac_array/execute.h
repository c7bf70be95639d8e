// SPDX-License-Identifier: Apache-2.0
// What a mac_array instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/mac_array/instruction.h"
#include "units/machine_parameters.h"

namespace blendsim {

// meter: measures the distances of the words that the instruction handles; nullptr: nothing more is done.
void execute(const MacInstruction& instruction, const MachineParameters& machine, Buffers& buffers,
             DistanceMeter* meter = nullptr);

}  // namespace blendsim

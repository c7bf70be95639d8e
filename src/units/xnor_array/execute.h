// SPDX-License-Identifier: Apache-2.0
// What a xnor_array instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/machine_parameters.h"
#include "units/xnor_array/instruction.h"

namespace blendsim {

// meter: measures the distances of the words that the instruction handles; nullptr: nothing more is done.
void execute(const XnorInstruction& instruction, const MachineParameters& machine, Buffers& buffers,
             DistanceMeter* meter = nullptr);

}  // namespace blendsim

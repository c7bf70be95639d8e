// SPDX-License-Identifier: Apache-2.0
// What a post_unit instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/machine_parameters.h"
#include "units/post_unit/instruction.h"

namespace blendsim {

// meter: measures the distances of the words that the instruction handles; nullptr: nothing more is done.
void execute(const PostInstruction& instruction, const MachineParameters& machine, Buffers& buffers,
             DistanceMeter* meter = nullptr);

}  // namespace blendsim

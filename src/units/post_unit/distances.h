// SPDX-License-Identifier: Apache-2.0
// Distances of the words that a post_unit instruction handles (units/distances.h).
#pragma once

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/machine_parameters.h"
#include "units/post_unit/instruction.h"

namespace blendsim {

// Before the instruction is executed.
void add_operand_distances(const PostInstruction& instruction, const MachineParameters& machine, const Buffers& buffers,
                           DistanceMeter& meter);
// After it.
void add_result_distances(const PostInstruction& instruction, const MachineParameters& machine, const Buffers& buffers,
                          DistanceMeter& meter);

}  // namespace blendsim

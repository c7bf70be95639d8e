// SPDX-License-Identifier: Apache-2.0
// What a transpose_unit instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/transpose_unit/instruction.h"

namespace blendsim {

// meter: measures the distances of the words that the instruction handles; nullptr: nothing more is done.
void execute(const TransposeInstruction& instruction, Buffers& buffers, DistanceMeter* meter = nullptr);

}  // namespace blendsim

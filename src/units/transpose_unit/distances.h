// SPDX-License-Identifier: Apache-2.0
// Distances of the words that a transpose_unit instruction handles (units/distances.h).
#pragma once

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/transpose_unit/instruction.h"

namespace blendsim {

// Of an instruction that has just been executed.
void add_distances(const TransposeInstruction& instruction, const Buffers& buffers, DistanceMeter& meter);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Distances of the words that an xnor_array instruction handles (units/distances.h).
#pragma once

#include "units/distance_meter.h"
#include "units/machine_parameters.h"
#include "units/xnor_array/flat_map.h"

namespace blendsim {

// Of an instruction that has just been executed, `map` being what it read.
void add_distances(const XnorInstruction& instruction, const MachineParameters& machine, const XnorFlatMap& map,
                   const Buffers& buffers, DistanceMeter& meter);

}  // namespace blendsim

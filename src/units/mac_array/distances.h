// SPDX-License-Identifier: Apache-2.0
// Distances of the words that a mac_array instruction handles (units/distances.h).
#pragma once

#include "units/distance_meter.h"
#include "units/mac_array/flat_map.h"
#include "units/machine_parameters.h"

namespace blendsim {

// Of an instruction that has just been executed, `map` being what it read.
void add_distances(const MacInstruction& instruction, const MachineParameters& machine, const MacFlatMap& map,
                   const Buffers& buffers, DistanceMeter& meter);

}  // namespace blendsim

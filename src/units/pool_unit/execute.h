// SPDX-License-Identifier: Apache-2.0
// What a pool_unit instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/machine_parameters.h"
#include "units/pool_unit/instruction.h"

namespace blendsim {

void execute(const PoolInstruction& instruction, const MachineParameters& machine, Buffers& buffers);

}  // namespace blendsim

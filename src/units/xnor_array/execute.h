// SPDX-License-Identifier: Apache-2.0
// What a xnor_array instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/machine_parameters.h"
#include "units/xnor_array/instruction.h"

namespace blendsim {

void execute(const XnorInstruction& instruction, const MachineParameters& machine, Buffers& buffers);

}  // namespace blendsim

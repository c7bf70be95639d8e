// SPDX-License-Identifier: Apache-2.0
// What a post_unit instruction computes, without time (instruction.h says it in words).
#pragma once

#include "units/buffer/storage.h"
#include "units/machine_parameters.h"
#include "units/post_unit/instruction.h"

namespace blendsim {

void execute(const PostInstruction& instruction, const MachineParameters& machine, Buffers& buffers);

}  // namespace blendsim

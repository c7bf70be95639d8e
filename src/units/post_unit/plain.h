// SPDX-License-Identifier: Apache-2.0
// One slice of a post_unit instruction, element by element as the formula says it: the reference of execute.cpp, and
// what runs where the vectorised kernels cannot carry a value exactly.
#pragma once

#include "units/buffer/storage.h"
#include "units/machine_parameters.h"
#include "units/post_unit/instruction.h"
#include "units/post_unit/record.h"

namespace blendsim {

void execute_slice_plain(const PostInstruction& instruction, const MachineParameters& machine, std::uint32_t slice,
                         const PostRecord& record, Buffers& buffers);

}  // namespace blendsim

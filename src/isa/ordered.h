// SPDX-License-Identifier: Apache-2.0
// Whether another order of a program that verify() has proven would be legal too.
#pragma once

#include <vector>

#include "isa/instruction.h"

namespace blendsim {

// Tokens balance and every two instructions that meet are ordered, in every timing (docs/isa.md, rules 2 to 5).
[[nodiscard]] bool ordered(const std::vector<Instruction>& init, const std::vector<Instruction>& main,
                           const MachineParameters& machine);

// The end of `first` must precede the start of `second`, an instruction of another unit: they use one port of a region,
// or the same words, and one of them writes.
[[nodiscard]] bool meet(const std::vector<Access>& first, const std::vector<Access>& second);

}  // namespace blendsim

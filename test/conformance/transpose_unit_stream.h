// SPDX-License-Identifier: Apache-2.0
// transpose_unit in its conformance tests (README.md).
#pragma once

#include "unit_bench.h"

namespace blendsim::conformance {

std::vector<Instruction> random_transpose_unit_stream(const MachineParameters& machine, std::mt19937_64& random,
                                                      int count);
void fill_transpose_unit(const MachineParameters& machine, std::span<const Instruction> stream, std::mt19937_64& random,
                         Buffers& buffers);
std::vector<WordWrite> transpose_unit_writes(const Executed& executed, const MachineParameters& machine,
                                             const Buffers& after);

}  // namespace blendsim::conformance

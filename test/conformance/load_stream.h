// SPDX-License-Identifier: Apache-2.0
// load's part of the conformance tests (README.md).
#pragma once

#include <memory>
#include <random>
#include <span>
#include <vector>

#include "unit_bench.h"

namespace blendsim::conformance {

// All four forms and every buffer that load fills but the instructions, which the model keeps no words of.
[[nodiscard]] std::vector<Instruction> random_load_stream(const MachineParameters& machine, std::mt19937_64& random,
                                                          int count);
void fill_load(const MachineParameters& machine, std::span<const Instruction> stream, std::mt19937_64& random,
               Buffers& buffers);
// To be called for each instruction in order: a burst may find the writer with the one before.
[[nodiscard]] std::vector<WordWrite> load_writes(const Executed& executed, const MachineParameters& machine,
                                                 const Buffers& after);
[[nodiscard]] std::unique_ptr<AxiMemory> load_memory(const MachineParameters& machine, DramBytes& bytes);

}  // namespace blendsim::conformance

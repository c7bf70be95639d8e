// SPDX-License-Identifier: Apache-2.0
// store's part of the conformance tests (README.md).
#pragma once

#include <memory>
#include <random>
#include <span>
#include <vector>

#include "unit_bench.h"

namespace blendsim::conformance {

[[nodiscard]] std::vector<Instruction> random_store_stream(const MachineParameters& machine, std::mt19937_64& random,
                                                           int count);
void fill_store(const MachineParameters& machine, std::span<const Instruction> stream, std::mt19937_64& random,
                Buffers& buffers);
// None: what store writes lies in DRAM, and the memory behind its port watches when it comes.
[[nodiscard]] std::vector<WordWrite> store_writes(const Executed& executed, const MachineParameters& machine,
                                                  const Buffers& after);
[[nodiscard]] std::unique_ptr<AxiMemory> store_memory(const MachineParameters& machine, DramBytes& bytes);

}  // namespace blendsim::conformance

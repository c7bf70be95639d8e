// SPDX-License-Identifier: Apache-2.0
#include "store_stream.h"

#include "transfer_stream.h"
#include "units/transfer/instruction.h"

namespace blendsim::conformance {

std::vector<Instruction> random_store_stream(const MachineParameters& machine, std::mt19937_64& random, int count) {
  TransferRandom draw(machine, random);
  std::vector<Instruction> stream;
  while (static_cast<int>(stream.size()) < count) {
    TransferInstruction i = draw.map(draw.one_in(2), 110);
    i.dram_base = static_cast<std::uint32_t>(DramBase::output);
    draw.place(i, true);
    stream.push_back(StoreInstruction{i});
  }
  return stream;
}

void fill_store(const MachineParameters& machine, std::span<const Instruction>, std::mt19937_64& random,
                Buffers& buffers) {
  fill_random(machine, random, buffers);
}

std::vector<WordWrite> store_writes(const Executed&, const MachineParameters&, const Buffers&) { return {}; }

std::unique_ptr<AxiMemory> store_memory(const MachineParameters& machine, DramBytes& bytes) {
  return transfer_memory(machine, bytes);
}

}  // namespace blendsim::conformance

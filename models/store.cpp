// SPDX-License-Identifier: Apache-2.0
#include "models/store.h"

#include <string>

#include "base/diagnostic.h"

namespace blendsim {

void Store::reset() {
  TransferUnit::reset();
  reader_free_ = 0;
}

// Reads the burst's words one after another, into the slot that holds them until the response.
Cycles Store::ready(const TransferInstruction& instruction, std::int64_t beats, Cycles start, Cycles slot_free) {
  if (instruction.buffer >= buffer_count) {
    throw DiagnosticError("program-invalid", {"", 0, "store"},
                          "names no buffer: " + std::to_string(instruction.buffer));
  }
  const MachineParameters& machine = *context_.machine;
  reader_free_ = first_read(start, slot_free, reader_free_) +
                 engine_cycles(instruction, beats, machine.memory.bus_bytes(), 2 * machine.xnor_array.cell_slices());
  return reader_free_ - 1 + machine.buffers[instruction.buffer].latency;
}

}  // namespace blendsim

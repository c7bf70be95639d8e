// SPDX-License-Identifier: Apache-2.0
#include "models/store.h"

#include <algorithm>
#include <string>

#include "base/diagnostic.h"

namespace blendsim {

void Store::reset() {
  TransferUnit::reset();
  reader_free_ = 0;
}

// Reads the burst's words one after another, into the slot that holds them until the response.
Cycles Store::ready(const TransferInstruction& instruction, std::int64_t beats, Cycles slot_free) {
  if (instruction.buffer >= buffer_count) {
    throw DiagnosticError("program-invalid", {"", 0, "store"},
                          "names no buffer: " + std::to_string(instruction.buffer));
  }
  const BufferParameters& buffer = context_.machine->buffers[instruction.buffer];
  const Cycles first = std::max(slot_free, reader_free_);
  reader_free_ = first + beats * reader_cycles_per_beat(buffer, context_.machine->memory.port_width);
  return reader_free_ - 1 + buffer.latency;
}

}  // namespace blendsim

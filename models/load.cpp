// SPDX-License-Identifier: Apache-2.0
#include "models/load.h"

namespace blendsim {

void Load::reset() {
  TransferUnit::reset();
  landing_ = 0;
}

Cycles Load::landed(const TransferInstruction& instruction, std::int64_t beats, Cycles last) {
  const Cycles per_beat = writer_cycles_per_beat(instruction, context_.machine->memory.bus_bytes());
  landing_ = landing(last, landing_, beats, per_beat);
  return landing_;
}

}  // namespace blendsim

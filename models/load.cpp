// SPDX-License-Identifier: Apache-2.0
#include "models/load.h"

namespace blendsim {

void Load::reset() {
  TransferUnit::reset();
  landing_ = 0;
}

Cycles Load::landed(const TransferInstruction& instruction, std::int64_t beats, Cycles last) {
  const MachineParameters& machine = *context_.machine;
  const Cycles engine =
      engine_cycles(instruction, beats, machine.memory.bus_bytes(), 2 * machine.xnor_array.cell_slices());
  landing_ = landing(last, landing_, beats, engine);
  return landing_;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The on-chip buffers: they never stall (rule 6), so they need no transport; units get direct access once per run.
#pragma once

#include <systemc>

#include "units/buffer/storage.h"

namespace blendsim {

class BufferMemory : public sc_core::sc_module {
 public:
  explicit BufferMemory(const sc_core::sc_module_name& name) : sc_module(name) {}
  // Forgets all values. `check_unwritten`: reading a word that nothing wrote is an error.
  void reset(const MachineParameters& machine, bool check_unwritten) { buffers_.configure(machine, check_unwritten); }
  [[nodiscard]] Buffers& direct() { return buffers_; }

 private:
  Buffers buffers_;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// store in time: buffers to DRAM. A burst is requested when its data is complete in the engine and ends with its
// response.
#pragma once

#include "models/transfer_unit.h"

namespace blendsim {

class Store final : public TransferUnit {
 public:
  Store(const sc_core::sc_module_name& name, Context& context, Tokens& tokens, HazardChecker& hazards)
      : TransferUnit(name, UnitId::store, MemoryPort::store, context, tokens, hazards) {}
  void reset() override;

 private:
  [[nodiscard]] Cycles ready(const TransferInstruction& instruction, std::int64_t beats, Cycles start,
                             Cycles slot_free) override;
  [[nodiscard]] Cycles landed(const TransferInstruction&, std::int64_t, Cycles last) override { return last; }

  Cycles reader_free_ = 0;  // first cycle in which the buffer may be read for the next burst
};

}  // namespace blendsim

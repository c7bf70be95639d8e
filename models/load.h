// SPDX-License-Identifier: Apache-2.0
// load in time: DRAM to buffers. A burst lands when its last word is written.
#pragma once

#include <algorithm>

#include "models/transfer_unit.h"

namespace blendsim {

class Load final : public TransferUnit {
 public:
  Load(const sc_core::sc_module_name& name, Context& context, Tokens& tokens, HazardChecker& hazards)
      : TransferUnit(name, UnitId::load, MemoryPort::load, context, tokens, hazards) {}
  void reset() override;

 private:
  [[nodiscard]] Cycles ready(const TransferInstruction&, std::int64_t, Cycles start, Cycles slot_free) override {
    return std::max(start, slot_free);
  }
  [[nodiscard]] Cycles landed(const TransferInstruction& instruction, std::int64_t beats, Cycles last) override;

  Cycles landing_ = 0;  // of the burst before
};

}  // namespace blendsim

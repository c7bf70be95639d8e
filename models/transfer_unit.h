// SPDX-License-Identifier: Apache-2.0
// The engine that load and store share (rule 7): cuts an instruction into bursts, requests them one after another,
// frees the front with the last request and finishes with the last burst.
#pragma once

#include <vector>

#include "models/burst_port.h"
#include "models/unit.h"
#include "units/transfer/law.h"

namespace blendsim {

class TransferUnit : public QueueUnit, private BurstListener {
 public:
  TransferUnit(const sc_core::sc_module_name& name, UnitId id, MemoryPort port, Context& context, Tokens& tokens,
               HazardChecker& hazards);
  void configure(const TransferParameters& parameters) { parameters_ = parameters; }
  void reset() override;
  // Binds the memory port to a target.
  template <class Target>
  void bind(Target& target) {
    port_.socket.bind(target);
  }

 protected:
  // First cycle in which a burst of `beats` of an instruction that started in `start` may be requested, given that its
  // slot is free from `slot_free`; called once a burst, in order.
  [[nodiscard]] virtual Cycles ready(const TransferInstruction& instruction, std::int64_t beats, Cycles start,
                                     Cycles slot_free) = 0;
  // Cycle in which a burst is done with, given its last beat's (load) or response's (store); in order.
  [[nodiscard]] virtual Cycles landed(const TransferInstruction& instruction, std::int64_t beats, Cycles last) = 0;

 private:
  void begin(std::int32_t record, const Instruction& instruction, Cycles start) final;
  void granted() override { schedule(); }
  void responded(const BurstExtension& burst, Cycles last) override;
  void prepare();   // the next burst of the instruction
  void schedule();  // when may it go?
  void send();      // the process

  BurstPort port_;
  TransferParameters parameters_;
  sc_core::sc_event request_event_;

  std::int32_t record_ = -1;  // whose bursts are requested; -1: none
  const TransferInstruction* instruction_ = nullptr;
  Cycles start_ = 0;
  BurstWalk walk_;
  BurstRange burst_;
  std::int64_t beats_ = 0;
  bool last_ = false;
  bool armed_request_ = false;

  std::size_t issued_ = 0, responded_ = 0;  // bursts of the run
  std::vector<Cycles> landings_;            // ring of `outstanding`
};

[[nodiscard]] const TransferInstruction& transfer_of(const Instruction& instruction);

}  // namespace blendsim

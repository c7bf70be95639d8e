// SPDX-License-Identifier: Apache-2.0
// Doorbell and completion: the registers that the host sees.
//
// Registers (32 bit): 0x0 doorbell, write 1: run one inference; 0x4 status, bit 0: it has completed.
// Parameters: doorbell (ControlParameters). Socket: registers (target, blocking transport that never waits).
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <functional>
#include <systemc>
#include <tlm>

#include "models/context.h"
#include "models/dispatcher.h"

namespace blendsim {

class Control : public sc_core::sc_module, public EndListener, public Dispatcher::Listener {
 public:
  static constexpr std::uint64_t doorbell_register = 0, status_register = 4;

  Control(const sc_core::sc_module_name& name, Context& context, Dispatcher& dispatcher);
  tlm_utils::simple_target_socket<Control> registers;

  // `completed`: called as soon as the cycle is known in which the flag will read 1.
  void reset(std::function<void(Cycles)> completed);
  void ended(std::int32_t record, Cycles end) override;
  void end_dispatched(Cycles cycle) override;
  [[nodiscard]] const std::vector<Cycles>& completions() const { return completions_; }

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void ring(Cycles now);
  void try_complete();
  void tell(PhaseEvent::Kind kind, Cycles at) const;

  Context& context_;
  Dispatcher& dispatcher_;
  std::function<void(Cycles)> completed_;
  std::vector<Cycles> completions_;
  std::int32_t images_ = 0;  // doorbells accepted
  std::size_t ended_ = 0;    // instructions of the image whose end is known
  Cycles last_end_ = 0, end_dispatched_ = -1;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "models/control.h"

#include <algorithm>
#include <cstring>

#include "base/diagnostic.h"

namespace blendsim {

Control::Control(const sc_core::sc_module_name& name, Context& context, Dispatcher& dispatcher)
    : sc_module(name), registers("registers"), context_(context), dispatcher_(dispatcher) {
  registers.register_b_transport(this, &Control::transport);
}

void Control::reset(std::function<void(Cycles)> completed) {
  completed_ = std::move(completed);
  completions_.clear();
  images_ = 0;
  ended_ = 0;
  last_end_ = 0;
  end_dispatched_ = -1;
}

void Control::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const Cycles now = context_.now();
  std::uint32_t value = 0;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (payload.get_data_length() != sizeof value) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  } else if (payload.is_write() && payload.get_address() == doorbell_register) {
    ring(now);
  } else if (payload.is_read() && payload.get_address() == status_register) {
    const bool complete =
        static_cast<std::int32_t>(completions_.size()) == images_ && images_ > 0 && completions_.back() <= now;
    value = complete ? 1 : 0;
    std::memcpy(payload.get_data_ptr(), &value, sizeof value);
  } else {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
}

void Control::ring(Cycles now) {
  const auto instructions = static_cast<std::int32_t>(context_.program->instructions.size());
  const std::int32_t first_record = images_ * instructions;
  ++images_;
  ended_ = 0;
  last_end_ = now;
  end_dispatched_ = -1;
  tell(PhaseEvent::Kind::doorbell, now);
  dispatcher_.go(now + context_.machine->control.doorbell, first_record);
}

void Control::tell(PhaseEvent::Kind kind, Cycles at) const {
  context_.tell([&] {
    PhaseEvent event;
    event.kind = kind;
    event.image = images_ - 1;
    event.at = at;
    return event;
  });
}

void Control::ended(std::int32_t, Cycles end) {
  ++ended_;
  last_end_ = std::max(last_end_, end);
  try_complete();
}

void Control::end_dispatched(Cycles cycle) {
  end_dispatched_ = cycle;
  try_complete();
}

// END retires when it has left the dispatcher and every end was visible (rule 1: from the cycle after it); the flag
// reads 1 one cycle later.
void Control::try_complete() {
  if (end_dispatched_ < 0 || ended_ != context_.program->instructions.size()) return;
  const Cycles retires = ended_ == 0 ? end_dispatched_ : std::max(end_dispatched_, last_end_ + 1);
  completions_.push_back(retires + 1);
  tell(PhaseEvent::Kind::completion, retires + 1);
  completed_(retires + 1);
}

}  // namespace blendsim

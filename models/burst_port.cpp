// SPDX-License-Identifier: Apache-2.0
#include "models/burst_port.h"

#include "base/diagnostic.h"

namespace blendsim {

BurstPort::BurstPort(const char* name, MemoryPort port, Context& context, BurstListener& listener)
    : socket(name), port_(port), context_(context), listener_(listener) {
  socket.register_nb_transport_bw(this, &BurstPort::transport);
}

void BurstPort::reset() {
  pool_.reset();
  ungranted_ = false;
  granted_at_ = 0;
}

void BurstPort::request(std::uint64_t address, std::uint32_t bytes, std::int64_t beats, std::int32_t record,
                        bool last) {
  tlm::tlm_generic_payload& payload = pool_.acquire();
  payload.set_command(port_ == MemoryPort::store ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(nullptr);
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  BurstExtension& burst = burst_of(payload);
  burst.port = port_;
  burst.record = record;
  burst.last = last;
  burst.beats = beats;
  burst.request = burst.complete = context_.now();
  burst.first_data = burst.bank = -1;
  burst.refreshes = 0;
  ungranted_ = true;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  if (socket->nb_transport_fw(payload, phase, delay) != tlm::TLM_ACCEPTED) {
    throw InvariantError("memory port", "a memory must accept a request and grant it in a later cycle (rule 1)");
  }
}

// END_REQ is the grant, BEGIN_RESP the end of the data; the annotated delays are their cycles. Both may come in the
// call in which the memory decides, because nothing that happens later changes them (rule 8: final when granted).
tlm::tlm_sync_enum BurstPort::transport(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_core::sc_time& delay) {
  const Cycles at = context_.now() + static_cast<Cycles>(delay.value());
  if (phase == tlm::END_REQ) {
    ungranted_ = false;
    granted_at_ = at;
    listener_.granted();
    return tlm::TLM_ACCEPTED;
  }
  if (payload.get_response_status() != tlm::TLM_OK_RESPONSE)
    throw InvariantError("memory port", "the memory refuses a burst");
  listener_.responded(burst_of(payload), at);
  payload.release();
  return tlm::TLM_COMPLETED;
}

}  // namespace blendsim

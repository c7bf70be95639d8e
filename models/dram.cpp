// SPDX-License-Identifier: Apache-2.0
#include "models/dram.h"

#include "base/diagnostic.h"

namespace blendsim {

Dram::Dram(const sc_core::sc_module_name& name, Context& context)
    : sc_module(name), target("target"), context_(context) {
  target.register_nb_transport_fw(this, &Dram::transport);
  SC_HAS_PROCESS(Dram);
  SC_METHOD(decide);
  sensitive << decide_event_;
  dont_initialize();
}

void Dram::reset() {
  decide_event_.cancel();
  server_.reset(context_.machine->memory, context_.machine->clock_hz);
  pending_ = {};
  counts_ = {};
  activates_ = 0;
}

// A channel serves in order of visibility, so a burst's place is settled as soon as every request that could be visible
// as early has been sent: in cycle `decide`, before the channel need be free. decide >= request + 1, and the grant is
// visible no earlier than decide + sync: strictly between, whatever the order of processes in a cycle.
tlm::tlm_sync_enum Dram::transport(tlm::tlm_generic_payload& payload, tlm::tlm_phase&, sc_core::sc_time&) {
  Pending& pending = pending_[static_cast<std::size_t>(burst_of(payload).port)];
  if (pending.payload != nullptr) throw InvariantError("dram", "a port has two ungranted requests");
  pending.payload = &payload;
  pending.visible = server_.visible(burst_of(payload).complete);
  pending.decide = server_.all_sent(pending.visible);
  context_.notify(decide_event_, pending.decide);
  return tlm::TLM_ACCEPTED;
}

// Oldest visible request; ties fetch < store < load, which is the order of the array.
Dram::Pending* Dram::next() {
  Pending* oldest = nullptr;
  for (Pending& pending : pending_) {
    if (pending.payload != nullptr && (oldest == nullptr || pending.visible < oldest->visible)) oldest = &pending;
  }
  return oldest;
}

void Dram::decide() {
  context_.guard([this] {
    for (Pending* oldest = next(); oldest != nullptr; oldest = next()) {
      if (oldest->decide > context_.now()) {
        context_.notify(decide_event_, oldest->decide);
        return;
      }
      grant(*oldest);
    }
  });
}

void Dram::grant(Pending& pending) {
  tlm::tlm_generic_payload& payload = *pending.payload;
  pending.payload = nullptr;
  BurstExtension& burst = burst_of(payload);
  const DramRequest request{payload.get_address(), payload.get_data_length(), payload.is_write()};
  const Cycles hold_back = context_.delay(Context::Delay::grant, static_cast<std::uint64_t>(counts_.bursts));
  const DramAnswer answer = server_.serve(request, pending.visible, hold_back, asked_rows());
  tell_rows();
  burst.grant = answer.grant;
  burst.first_data = answer.first_data;
  burst.row_hit = answer.activates == 0;
  burst.activates = answer.activates;
  burst.bank = answer.bank;
  burst.refreshes = answer.refreshes;

  ++counts_.bursts;
  ++(burst.row_hit ? counts_.row_hits : counts_.row_misses);
  (request.write ? counts_.write_bytes : counts_.read_bytes) += request.bytes;
  activates_ += answer.activates;
  if (burst.record >= 0) {
    ActionCounts& layer = context_.layer(context_.record(burst.record).layer);
    layer[request.write ? Action::dram_write_byte : Action::dram_read_byte] += request.bytes;
    layer[Action::dram_activate] += answer.activates;
  }

  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  const Cycles now = context_.now();
  const auto send = [&](tlm::tlm_phase phase, Cycles at) {
    sc_core::sc_time delay = sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(at - now));
    return target->nb_transport_bw(payload, phase, delay);
  };
  payload.acquire();
  send(tlm::END_REQ, burst.grant);
  send(tlm::BEGIN_RESP, answer.last_data);
  payload.release();
}

std::vector<DramRowChange>* Dram::asked_rows() { return context_.events == nullptr ? nullptr : &rows_; }

void Dram::tell_rows() {
  for (const DramRowChange& change : rows_) {
    context_.tell([&] {
      return RowEvent{static_cast<std::int32_t>(change.channel), static_cast<std::int32_t>(change.bank),
                      static_cast<std::int32_t>(change.row), change.at};
    });
  }
  rows_.clear();
}

void Dram::close(Cycles end) {
  server_.refreshes(end, asked_rows());
  tell_rows();
}

MemoryCounts Dram::counts(Cycles end) {
  MemoryCounts result = counts_;
  result.refreshes = server_.refreshes(end);
  return result;
}

}  // namespace blendsim

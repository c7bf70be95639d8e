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
  const MachineParameters& machine = *context_.machine;
  const DramTiming& timing = machine.memory.timing;
  if (timing.rfc >= timing.refi) {
    throw DiagnosticError("contradiction", {"", 0, "memory.timing"},
                          "a refresh lasts as long as the refresh interval (rfc >= refi)");
  }
  decide_event_.cancel();
  to_memory_ = ClockCrossing(machine.clock_hz, timing.clock_hz, machine.memory.sync);
  to_accelerator_ = ClockCrossing(timing.clock_hz, machine.clock_hz, machine.memory.sync);
  channels_.resize(static_cast<std::size_t>(machine.memory.channels));
  for (DramChannel& channel : channels_) channel.reset(timing);
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
  pending.visible = to_memory_.visible(burst_of(payload).complete);
  pending.decide = to_memory_.all_sent(pending.visible);
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
  DramChannel& channel = channels_[static_cast<std::size_t>(burst.channel)];
  const std::int64_t refreshes = channel.refreshes;
  const DramService service =
      serve(channel, context_.machine->memory, request, pending.visible, hold_back, asked_rows());
  tell_rows(burst.channel);
  burst.grant = to_accelerator_.visible(service.grant);
  burst.first_data = to_accelerator_.visible(service.first_data);
  burst.row_hit = service.activates == 0;
  burst.activates = service.activates;
  burst.bank = locate(context_.machine->memory, request.address).bank;
  burst.refreshes = channel.refreshes - refreshes;
  const Cycles last_data = to_accelerator_.visible(service.last_data);

  ++counts_.bursts;
  ++(burst.row_hit ? counts_.row_hits : counts_.row_misses);
  (request.write ? counts_.write_bytes : counts_.read_bytes) += request.bytes;
  activates_ += service.activates;
  if (burst.record >= 0) {
    ActionCounts& layer = context_.layer(context_.record(burst.record).layer);
    layer[request.write ? Action::dram_write_byte : Action::dram_read_byte] += request.bytes;
    layer[Action::dram_activate] += service.activates;
  }

  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  const Cycles now = context_.now();
  const auto send = [&](tlm::tlm_phase phase, Cycles at) {
    sc_core::sc_time delay = sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(at - now));
    return target->nb_transport_bw(payload, phase, delay);
  };
  payload.acquire();
  send(tlm::END_REQ, burst.grant);
  send(tlm::BEGIN_RESP, last_data);
  payload.release();
}

std::vector<DramRowCommand>* Dram::asked_rows() {
  if (context_.events == nullptr) return nullptr;
  rows_.clear();
  return &rows_;
}

void Dram::tell_rows(std::int64_t channel) {
  if (context_.events == nullptr) return;
  for (const DramRowCommand& command : rows_) {
    context_.tell([&] {
      return RowEvent{static_cast<std::int32_t>(channel), static_cast<std::int32_t>(command.bank),
                      static_cast<std::int32_t>(command.row), to_accelerator_.ceil_scaled(command.at)};
    });
  }
}

void Dram::close(Cycles end) {
  const DramTiming& timing = context_.machine->memory.timing;
  const std::int64_t memory_end = to_memory_.ceil_scaled(end);
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    DramChannel& channel = channels_[c];
    std::vector<DramRowCommand>* rows = asked_rows();
    while (channel.next_refresh <= memory_end) refresh_until(channel, timing, channel.next_refresh, rows);
    tell_rows(static_cast<std::int64_t>(c));
  }
}

MemoryCounts Dram::counts(Cycles end) {
  close(end);
  MemoryCounts result = counts_;
  for (const DramChannel& channel : channels_) result.refreshes += channel.refreshes;
  return result;
}

}  // namespace blendsim

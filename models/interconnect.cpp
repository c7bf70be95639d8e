// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect.h"

#include "units/dram/law.h"

namespace blendsim {

Interconnect::Interconnect(const sc_core::sc_module_name& name, Context& context)
    : sc_module(name), fetch("fetch"), store("store"), load("load"), memory("memory"), context_(context) {
  fetch.register_nb_transport_fw(this, &Interconnect::forward, static_cast<int>(MemoryPort::fetch));
  store.register_nb_transport_fw(this, &Interconnect::forward, static_cast<int>(MemoryPort::store));
  load.register_nb_transport_fw(this, &Interconnect::forward, static_cast<int>(MemoryPort::load));
  memory.register_nb_transport_bw(this, &Interconnect::backward);
}

void Interconnect::reset() {
  path_ = {};
  busy_ = 0;
  bursts_ = 0;
}

// A write reaches the memory with its last beat.
tlm::tlm_sync_enum Interconnect::forward(int, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
  BurstExtension& burst = burst_of(payload);
  burst.channel = channel_of(context_.machine->memory, payload.get_address());
  if (payload.is_write()) burst.complete = path_.write_complete(burst.request, burst.beats);
  return memory->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum Interconnect::backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                          sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_RESP) respond(payload, delay);
  switch (burst_of(payload).port) {
    case MemoryPort::fetch: return fetch->nb_transport_bw(payload, phase, delay);
    case MemoryPort::store: return store->nb_transport_bw(payload, phase, delay);
    case MemoryPort::load: break;
  }
  return load->nb_transport_bw(payload, phase, delay);
}

// `delay` comes as the last data's cycle at the memory's border and leaves as the last beat's or the response's.
void Interconnect::respond(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const MemoryParameters& parameters = context_.machine->memory;
  const BurstExtension& burst = burst_of(payload);
  const Cycles now = context_.now();
  const Cycles last_data = now + static_cast<Cycles>(delay.value());
  const Cycles held = context_.delay(Context::Delay::beats, bursts_++);
  const Cycles first_data = burst.first_data < 0 ? last_data : burst.first_data;
  const Cycles last = payload.is_write() ? path_.write_response(parameters, last_data, held)
                                         : path_.last_read_beat(parameters, first_data, last_data, burst.beats, held);
  busy_ += last - burst.grant + 1;
  delay = sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(last - now));
  context_.tell([&] {
    const Cycles first = payload.is_write() ? burst.complete - burst.beats + 1 : last - burst.beats + 1;
    return BurstEvent{burst.record,
                      burst.port,
                      payload.is_write(),
                      payload.get_address(),
                      payload.get_data_length(),
                      burst.request,
                      burst.grant,
                      first,
                      last,
                      burst.row_hit,
                      static_cast<std::int32_t>(burst.channel),
                      static_cast<std::int32_t>(burst.bank),
                      static_cast<std::int32_t>(burst.refreshes)};
  });
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Between the ports and the memory: selects the channel, moves one bus word a cycle each way, and takes its latency.
//
// Parameters (MemoryParameters): port_width (bus word), read_latency, write_latency, channels.
// Sockets: fetch, store, load (targets); memory (initiator, to be bound to any model of a memory).
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include "models/burst.h"
#include "models/context.h"
#include "units/dram/server.h"

namespace blendsim {

class Interconnect : public sc_core::sc_module {
 public:
  Interconnect(const sc_core::sc_module_name& name, Context& context);

  tlm_utils::simple_target_socket_tagged<Interconnect> fetch, store, load;
  tlm_utils::simple_initiator_socket<Interconnect> memory;

  void reset();
  [[nodiscard]] Cycles busy() const { return busy_; }  // from each burst's grant to its last beat, summed

 private:
  tlm::tlm_sync_enum forward(int port, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& delay);
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void respond(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  Context& context_;
  MemoryPath path_;
  Cycles busy_ = 0;
  std::uint64_t bursts_ = 0;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// An initiator's side of a memory port: one ungranted request at a time, responses in order (rule 7).
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>
#include <tlm>

#include "models/burst.h"
#include "models/context.h"

namespace blendsim {

// What the owner of a port learns, as time stamps ahead of time or in their very cycle.
class BurstListener {
 public:
  virtual ~BurstListener() = default;
  virtual void granted() = 0;                                            // BurstPort::granted_at() is known
  virtual void responded(const BurstExtension& burst, Cycles last) = 0;  // last beat arrived, or response received
};

class BurstPort {
 public:
  BurstPort(const char* name, MemoryPort port, Context& context, BurstListener& listener);

  tlm_utils::simple_initiator_socket<BurstPort> socket;

  void reset();
  // May a request be sent once granted_at() is reached?
  [[nodiscard]] bool may_request() const { return !ungranted_; }
  [[nodiscard]] Cycles granted_at() const { return granted_at_; }  // of the last request; 0 before the first
  // Sends a burst in this cycle. The payload carries no bytes: values move by direct access to the areas (DMI), whole
  // at the instruction's start.
  void request(std::uint64_t address, std::uint32_t bytes, std::int64_t beats, std::int32_t record, bool last);

 private:
  tlm::tlm_sync_enum transport(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);

  MemoryPort port_;
  Context& context_;
  BurstListener& listener_;
  BurstPool pool_;
  bool ungranted_ = false;
  Cycles granted_at_ = 0;
};

}  // namespace blendsim

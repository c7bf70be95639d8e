// SPDX-License-Identifier: Apache-2.0
// What stands behind the interconnect: `Dram`, or another model of an external memory (docs/machine.md, "Another
// memory").
//
// It must accept BEGIN_REQ (TLM_ACCEPTED), answer END_REQ (the grant) and then BEGIN_RESP (the last data) in later
// cycles or with annotated delays, and keep the order of each port's bursts. BurstExtension says port, beats, record,
// and the cycle in which a write is complete; the memory sets `grant`, and `first_data` where it knows it. It decides
// time alone: payloads carry no bytes.
#pragma once

#include <cstdint>
#include <tlm>

#include "models/context.h"
#include "result/run.h"

namespace blendsim {

class MemoryModel {
 public:
  virtual ~MemoryModel() = default;
  virtual tlm::tlm_target_socket<>& socket() = 0;
  // Before each run, with the context's machine parameters set: nothing in flight, cycle 0.
  virtual void reset() = 0;
  // The run ends in cycle `end`: what else the memory does until then is done, and told to whoever listens.
  virtual void close(Cycles /*end*/) {}
  // What was done in a run that ended in cycle `end`; bytes and activates also go to the context's layers.
  [[nodiscard]] virtual MemoryCounts counts(Cycles end) = 0;
  [[nodiscard]] virtual std::int64_t activates() const = 0;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The external memory in time (rule 8): banks, rows and refresh from a data-sheet table.
//
// Parameters (MemoryParameters): timing, width, channels, sync, taken_by_cpu. Socket: target.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <array>
#include <systemc>
#include <tlm>
#include <vector>

#include "models/burst.h"
#include "models/context.h"
#include "models/memory_model.h"
#include "result/run.h"
#include "units/dram/server.h"

namespace blendsim {

class Dram : public sc_core::sc_module, public MemoryModel {
 public:
  Dram(const sc_core::sc_module_name& name, Context& context);

  tlm_utils::simple_target_socket<Dram> target;

  tlm::tlm_target_socket<>& socket() override { return target; }
  void reset() override;
  // Performs the refreshes due until the run's end in cycle `end`.
  void close(Cycles end) override;
  [[nodiscard]] MemoryCounts counts(Cycles end) override;
  [[nodiscard]] std::int64_t activates() const override { return activates_; }

 private:
  // Each port has at most one ungranted request (rule 7).
  struct Pending {
    tlm::tlm_generic_payload* payload = nullptr;
    std::int64_t visible = 0;  // memory cycle
    Cycles decide = 0;         // accelerator cycle
  };
  tlm::tlm_sync_enum transport(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void decide();  // the process
  [[nodiscard]] Pending* next();
  void grant(Pending& pending);
  [[nodiscard]] std::vector<DramRowChange>* asked_rows();  // nullptr: nobody listens
  void tell_rows();

  Context& context_;
  sc_core::sc_event decide_event_;
  DramServer server_;
  std::array<Pending, memory_port_count> pending_{};
  MemoryCounts counts_;
  std::int64_t activates_ = 0;
  std::vector<DramRowChange> rows_;  // of the burst or refresh at hand
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// A compiled program on the netlist of its machine: judged by the model and by rtl/, and counted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "counts.h"
#include "isa/program.h"
#include "model_machine.h"
#include "netlist.h"
#include "netlist_module.h"
#include "unit_outputs.h"
#include "units/machine_parameters.h"

namespace blendsim::activity {

// Counts of cycles [first, first + cycles) of main: toggles from each of them to the next, accesses at its edge.
struct Window {
  Cycles first = 0, cycles = 0;
  std::vector<Counts> groups;
};

struct RecordOptions {
  std::string instance, folder;
  Cycles from = 0, to = 0;
};

struct ActivityOptions {
  Cycles window = 256;
  // Run rtl/ in Verilator too, and compare every output of every instance in every cycle.
  bool compare_with_rtl = false;
  // Record what `instance` does in cycles [from, to) of main (recording.h); nothing else is counted.
  std::optional<RecordOptions> record;
};

struct ActivityResult {
  std::string divergence;  // from the model, or from rtl/: where first; empty: nowhere
  Cycles cycles = 0;       // of main, from the first doorbell to the completion of the last image
  std::vector<Window> windows;
  std::uint64_t compared_outputs = 0;  // instances x cycles compared with rtl/
  double seconds = 0;                  // of the netlist's run of main
};

class ActivityRun {
 public:
  // `netlist`: of the platform's rtl/machine.sv. Images are quantised inputs [channels, height, width].
  ActivityRun(const MachineParameters& machine, const Program& program, const Netlist& netlist,
              const std::vector<std::vector<std::int32_t>>& images);

  [[nodiscard]] ActivityResult run(const ActivityOptions& options);

 private:
  using Digests = std::vector<std::vector<std::uint64_t>>;  // by cycle, then instance
  [[nodiscard]] std::string run_netlist(const ActivityOptions& options, ActivityResult& result, Digests& digests);
  [[nodiscard]] std::string run_rtl(const Digests& digests, ActivityResult& result);
  [[nodiscard]] std::string difference(Cycles cycle, const std::string& instance, const std::vector<std::string>& rtl);

  MachineParameters machine_;
  const Program& program_;
  const Netlist& netlist_;
  conformance::ModelMachine model_;
};

}  // namespace blendsim::activity

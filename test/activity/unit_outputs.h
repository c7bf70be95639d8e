// SPDX-License-Identifier: Apache-2.0
// Every output of every instance in rtl/machine.sv, in every cycle: of the netlist and of the Verilated machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "netlist.h"
#include "rtl_module.h"
#include "units/machine_parameters.h"

namespace blendsim::activity {

// An instance in the machine and its outputs.
struct InstanceOutputs {
  std::string instance;
  std::vector<conformance::Port> ports;
};

// Of the netlist's instances, in order of their names; `module` runs that netlist.
[[nodiscard]] std::vector<InstanceOutputs> netlist_outputs(const Netlist& netlist, const conformance::Module& module);

// rtl/machine.sv in Verilator with those outputs brought out, in the same order. Built when first asked for, in
// minutes.
struct RtlOutputs {
  std::shared_ptr<conformance::RtlModule> module;
  std::vector<InstanceOutputs> outputs;
};
[[nodiscard]] RtlOutputs rtl_outputs(const Netlist& netlist, const MachineParameters& machine);

// What one instance's outputs are in a cycle, as one number.
[[nodiscard]] std::uint64_t digest(const InstanceOutputs& outputs);

}  // namespace blendsim::activity

// SPDX-License-Identifier: Apache-2.0
// The longest path between registers of each module of rtl/, from its parameters.
//
// Levels and picoseconds are forms whose terms are the modules' structure - adders, comparisons, choices - and whose
// coefficients are fitted to rtl/synthesis/timing.csv (yosys 0.23, synth_xilinx -family xcup, with the delays of
// scripts/longest_path.py); docs/accuracy.md lists what the fit leaves, held-out points apart.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "units/buffer/parameters.h"
#include "units/longest_path.h"
#include "units/machine_parameters.h"

namespace blendsim {

// Of each routed net, picoseconds: what the nets of the rows take on average with the median of their fan-out.
inline constexpr std::int64_t routing_per_net_ps = 280;

// Modules of a machine that have a path of their own: the common ones (module_resources.h), then the units.
[[nodiscard]] std::vector<std::string_view> delayed_modules(const MachineParameters& machine);

// Of a common module or a unit, by name (InvariantError: there is none such). The forms of the units are their
// descriptors' `longest_path`.
[[nodiscard]] LongestPath module_path(std::string_view module, const MachineParameters& machine);

// Of a buffer between its ports, as rtl/machine.sv builds it.
[[nodiscard]] LongestPath buffer_path(BufferId buffer, const MachineParameters& machine);

}  // namespace blendsim

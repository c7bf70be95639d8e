// SPDX-License-Identifier: Apache-2.0
// What each module of rtl/ takes on an UltraScale+ part, from its parameters.
//
// DSP, BRAM and URAM follow from structure and equal synthesis exactly. LUT and FF are forms whose terms are the
// modules' structure - FIFOs, gears, delay lines, cascades - and whose coefficients are fitted to
// rtl/synthesis/xcup.csv (yosys 0.23, synth_xilinx -family xcup, one row a point with the version that counted);
// docs/accuracy.md lists what the fit leaves for each module, held-out points apart.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "estimate/formulas.h"
#include "platform/platform.h"
#include "units/buffer/parameters.h"
#include "units/machine_parameters.h"
#include "units/units.h"

namespace blendsim {

// Modules that are no unit; each unit stands behind a queue_unit of its own.
inline constexpr std::array<std::string_view, 3> common_modules = {"control", "dispatcher", "queue_unit"};

inline Resources& operator+=(Resources& a, const Resources& b) {
  a.lut += b.lut;
  a.ff += b.ff;
  a.dsp += b.dsp;
  a.bram36_halves += b.bram36_halves;
  a.uram += b.uram;
  return a;
}

inline Resources& operator+=(Resources& a, const LogicCost& b) {
  a.lut += b.lut;
  a.ff += b.ff;
  return a;
}

// One instance of a module of rtl/, without queue_unit and buffers: a common one or a unit's, by name (InvariantError:
// there is none such). The forms of the units are their descriptors' `resources`.
[[nodiscard]] Resources module_resources(std::string_view module, const MachineParameters& machine);

// A buffer as rtl/machine.sv builds it: a memory a region, bank and way, the choice of a request for each region and of
// a region for each reader (buffer_resources.cpp). The register behind a block RAM counts, as yosys counts it; it is in
// the block where a tool moves it there.
[[nodiscard]] Resources buffer_resources(BufferId buffer, const MachineParameters& machine);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What each module of rtl/ takes on an UltraScale+ part, from its parameters.
//
// DSP, BRAM and URAM follow from structure and equal synthesis exactly. LUT and FF are forms whose terms are the modules'
// structure - FIFOs, gears, delay lines, cascades - and whose coefficients are fitted to rtl/synthesis/xcup.csv (yosys 0.23,
// synth_xilinx -family xcup, one row a point with the version that counted); docs/accuracy.md lists what the fit leaves for each
// module, held-out points apart.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "estimate/formulas.h"
#include "platform/platform.h"
#include "units/buffer/parameters.h"
#include "units/machine_parameters.h"
#include "units/unit_id.h"

namespace blendsim {

enum class Module : std::uint8_t { control, dispatcher, queue_unit, load, store, xnor_array, mac_array, post_unit, pool_unit };
inline constexpr std::array<std::string_view, 9> module_names = {
    "control", "dispatcher", "queue_unit", "load", "store", "xnor_array", "mac_array", "post_unit", "pool_unit"};

// The modules of the six units; each stands behind a queue_unit of its own.
inline constexpr std::array<std::pair<UnitId, Module>, unit_count> unit_modules = {{
    {UnitId::load, Module::load}, {UnitId::store, Module::store}, {UnitId::xnor_array, Module::xnor_array},
    {UnitId::mac_array, Module::mac_array}, {UnitId::post_unit, Module::post_unit}, {UnitId::pool_unit, Module::pool_unit}}};

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

// One instance of a module of rtl/, without queue_unit and buffers.
[[nodiscard]] Resources module_resources(Module module, const MachineParameters& machine);

// A buffer as rtl/machine.sv builds it: a memory a region, bank and way, the choice of a request for each region and of a
// region for each reader (buffer_resources.cpp). The register behind a block RAM counts, as yosys counts it; it is in the block
// where a tool moves it there.
[[nodiscard]] Resources buffer_resources(BufferId buffer, const MachineParameters& machine);

}  // namespace blendsim

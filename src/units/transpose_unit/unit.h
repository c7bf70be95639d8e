// SPDX-License-Identifier: Apache-2.0
// transpose_unit's descriptor: what the list of units.h needs to know of it.
#pragma once

#include "units/transpose_unit/instruction.h"
#include "units/transpose_unit/parameters.h"
#include "units/unit_list.h"

namespace blendsim::units {

struct TransposeUnit {
  using Instruction = TransposeInstruction;
  using Parameters = TransposeUnitParameters;
  static constexpr UnitId id = UnitId::transpose_unit;
  static constexpr std::string_view name = "transpose_unit", layout = name;
  static constexpr std::string_view sentence = "pixels become channels and channels pixels";
  static constexpr auto member = &MachineParameters::transpose_unit;
  static constexpr const auto& parameters = transpose_unit_parameters;
  static constexpr const auto& fields = transpose_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::act_fixed, any_region, "source"},
      PortUse{BufferId::act_fixed, any_region, "destination"},
  };
  static constexpr std::array<std::string_view, 2> depth_keys = {"transpose_unit.depth", "buffers.act_fixed.latency"};

  static bool is_built(const MachineParameters& machine) { return machine.transpose_unit.lanes != 0; }
  static Cycles occupancy(const Instruction& i, const MachineParameters& machine);
  static std::int64_t least_depth(const MachineParameters& machine);
  static std::string stages(const MachineParameters& machine);
  static void add_accesses(const Instruction& i, const MachineParameters& machine, Accesses& accesses);
  static void add_actions(const Instruction& i, const MachineParameters& machine, ActionSums& actions);
  static void check(const Instruction& i, const FieldCheck& check);
  static Written written(const Instruction& i, const MachineParameters& machine);
  static void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
                      DistanceMeter* meter);
  static Resources resources(const MachineParameters& machine);
  static LongestPath longest_path(const MachineParameters& machine);
};

}  // namespace blendsim::units

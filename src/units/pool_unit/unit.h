// SPDX-License-Identifier: Apache-2.0
// pool_unit's descriptor: what the list of units.h needs to know of it.
#pragma once

#include "units/pool_unit/instruction.h"
#include "units/pool_unit/parameters.h"
#include "units/unit_list.h"

namespace blendsim::units {

struct PoolUnit {
  using Instruction = PoolInstruction;
  using Parameters = PoolUnitParameters;
  static constexpr UnitId id = UnitId::pool_unit;
  static constexpr std::string_view name = "pool_unit", layout = name;
  static constexpr std::string_view sentence = "max, average and global pooling";
  static constexpr auto member = &MachineParameters::pool_unit;
  static constexpr const auto& parameters = pool_unit_parameters;
  static constexpr const auto& fields = pool_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::act_fixed, any_region, "source"},
      PortUse{BufferId::act_fixed, any_region, "destination"},
      PortUse{BufferId::act_binary, any_region, "source"},
      PortUse{BufferId::act_binary, any_region, "destination"},
  };
  static constexpr std::array<std::string_view, 3> depth_keys = {
      "pool_unit.depth",
      "buffers.act_binary.latency",
      "buffers.act_fixed.latency",
  };

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

// SPDX-License-Identifier: Apache-2.0
// mac_array's descriptor: what the list of units.h needs to know of it.
#pragma once

#include "units/mac_array/instruction.h"
#include "units/mac_array/parameters.h"
#include "units/unit_list.h"

namespace blendsim::units {

struct MacArray {
  using Instruction = MacInstruction;
  using Parameters = MacArrayParameters;
  static constexpr UnitId id = UnitId::mac_array;
  static constexpr std::string_view name = "mac_array", layout = name;
  static constexpr std::string_view sentence = "fixed-point convolutions and dense layers";
  static constexpr auto member = &MachineParameters::mac_array;
  static constexpr const auto& parameters = mac_array_parameters;
  static constexpr const auto& fields = mac_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::act_fixed, any_region, "source"},
      PortUse{BufferId::weights_fixed, any_region, "weights"},
      PortUse{BufferId::parameters, mac_start_region, "start"},
      PortUse{BufferId::accumulators, mac_accumulator_region, "destination"},
  };
  static constexpr std::array<std::string_view, 3> depth_keys = {
      "mac_array.depth",
      "mac_array.columns",
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

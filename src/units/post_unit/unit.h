// SPDX-License-Identifier: Apache-2.0
// post_unit's descriptor: what the list of units.h needs to know of it.
#pragma once

#include "units/post_unit/instruction.h"
#include "units/post_unit/parameters.h"
#include "units/unit_list.h"

namespace blendsim::units {

struct PostUnit {
  using Instruction = PostInstruction;
  using Parameters = PostUnitParameters;
  static constexpr UnitId id = UnitId::post_unit;
  static constexpr std::string_view name = "post_unit", layout = name;
  static constexpr std::string_view sentence =
      "batch normalisation, merge, activation, requantisation, thresholds, packing";
  static constexpr auto member = &MachineParameters::post_unit;
  static constexpr const auto& parameters = post_unit_parameters;
  static constexpr const auto& fields = post_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::accumulators, any_region, "a"},
      PortUse{BufferId::act_fixed, any_region, "a"},
      PortUse{BufferId::act_fixed, any_region, "b"},
      PortUse{BufferId::act_fixed, any_region, "fixed"},
      PortUse{BufferId::act_binary, any_region, "bits"},
      PortUse{BufferId::parameters, post_parameter_region, "parameters"},
  };
  static constexpr std::array<std::string_view, 10> depth_keys = {
      "post_unit.depth",
      "post_unit.lanes",
      "post_unit.value",
      "post_unit.comparators",
      "buffers.parameters.width",
      "buffers.parameters.latency",
      "buffers.accumulators.latency",
      "buffers.act_fixed.latency",
      "xnor_array.rows",
      "mac_array.rows",
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

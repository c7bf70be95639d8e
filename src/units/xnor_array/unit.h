// SPDX-License-Identifier: Apache-2.0
// xnor_array's descriptor: what the list of units.h needs to know of it.
#pragma once

#include "units/unit_list.h"
#include "units/xnor_array/instruction.h"
#include "units/xnor_array/parameters.h"

namespace blendsim::units {

struct XnorArray {
  using Instruction = XnorInstruction;
  using Parameters = XnorArrayParameters;
  static constexpr UnitId id = UnitId::xnor_array;
  static constexpr std::string_view name = "xnor_array", layout = name;
  static constexpr std::string_view sentence = "binary convolutions and dense layers, multi-bit ones as bit planes";
  static constexpr auto member = &MachineParameters::xnor_array;
  static constexpr const auto& parameters = xnor_array_parameters;
  static constexpr const auto& fields = xnor_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::act_binary, any_region, "source"},
      PortUse{BufferId::weights_binary, any_region, "weights"},
      PortUse{BufferId::parameters, xnor_start_region, "start"},
      PortUse{BufferId::accumulators, xnor_accumulator_region, "destination"},
  };
  static constexpr std::array<std::string_view, 4> depth_keys = {
      "xnor_array.depth",
      "xnor_array.words",
      "buffers.act_binary.latency",
      "buffers.weights_binary.latency",
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

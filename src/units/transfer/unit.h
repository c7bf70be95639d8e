// SPDX-License-Identifier: Apache-2.0
// The descriptors of load and store: what the list of units.h needs to know of them.
#pragma once

#include "units/transfer/instruction.h"
#include "units/transfer/parameters.h"
#include "units/unit_list.h"

namespace blendsim {

struct LoadInstruction : TransferInstruction {
  bool operator==(const LoadInstruction&) const = default;
};
struct StoreInstruction : TransferInstruction {
  bool operator==(const StoreInstruction&) const = default;
};

namespace units {

struct Load {
  using Instruction = LoadInstruction;
  using Parameters = TransferParameters;
  static constexpr UnitId id = UnitId::load;
  static constexpr std::string_view name = "load", layout = "transfer";
  static constexpr std::string_view sentence = "DRAM to buffers";
  static constexpr auto member = &MachineParameters::load;
  static constexpr const auto& parameters = transfer_parameters;
  static constexpr const auto& fields = transfer_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::act_binary, any_region, "buffer_address"},
      PortUse{BufferId::act_fixed, any_region, "buffer_address"},
      PortUse{BufferId::weights_binary, any_region, "buffer_address"},
      PortUse{BufferId::weights_fixed, any_region, "buffer_address"},
      PortUse{BufferId::parameters, any_region, "buffer_address"},
      PortUse{BufferId::instructions, any_region, "buffer_address"},
  };

  static void add_accesses(const Instruction& i, const MachineParameters& machine, Accesses& accesses);
  static void add_actions(const Instruction& i, const MachineParameters& machine, ActionSums& actions);
  static void check(const Instruction& i, const FieldCheck& check);
  static Written written(const Instruction& i, const MachineParameters& machine);
  static void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
                      DistanceMeter* meter);
  static Resources resources(const MachineParameters& machine);
  static LongestPath longest_path(const MachineParameters& machine);
};

struct Store {
  using Instruction = StoreInstruction;
  using Parameters = TransferParameters;
  static constexpr UnitId id = UnitId::store;
  static constexpr std::string_view name = "store", layout = "transfer";
  static constexpr std::string_view sentence = "buffers to DRAM";
  static constexpr auto member = &MachineParameters::store;
  static constexpr const auto& parameters = transfer_parameters;
  static constexpr const auto& fields = transfer_fields;
  static constexpr std::array uses = {
      PortUse{BufferId::act_binary, any_region, "buffer_address"},
      PortUse{BufferId::act_fixed, any_region, "buffer_address"},
  };

  static void add_accesses(const Instruction& i, const MachineParameters& machine, Accesses& accesses);
  static void add_actions(const Instruction& i, const MachineParameters& machine, ActionSums& actions);
  static void check(const Instruction& i, const FieldCheck& check);
  static Written written(const Instruction& i, const MachineParameters& machine);
  static void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
                      DistanceMeter* meter);
  static Resources resources(const MachineParameters& machine);
  static LongestPath longest_path(const MachineParameters& machine);
};

}  // namespace units
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What load and store copy, without time. DRAM contents are flat byte areas, one per DramBase.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/machine_parameters.h"
#include "units/transfer/instruction.h"

namespace blendsim {

void execute_load(const TransferInstruction& instruction, const MachineParameters& machine,
                  std::span<const std::uint8_t> area, Buffers& buffers);
void execute_store(const TransferInstruction& instruction, const MachineParameters& machine, const Buffers& buffers,
                   std::span<std::uint8_t> area);
// Distances of the bus words of an instruction's runs, as they lie in DRAM.
void add_run_distances(const TransferInstruction& instruction, const MachineParameters& machine,
                       std::span<const std::uint8_t> area, Distance distance, DistanceMeter& meter);

}  // namespace blendsim

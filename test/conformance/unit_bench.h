// SPDX-License-Identifier: Apache-2.0
// Runs one stream of instructions through a unit of rtl/ (Verilator) and through the model's unit, under the same
// stimulus, and tells the first difference. README.md beside this file lists what a unit brings.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "isa/instruction.h"
#include "result/observer.h"
#include "result/run.h"
#include "units/buffer/storage.h"
#include "units/machine_parameters.h"

namespace blendsim::conformance {

// What a write port moves: a word of a buffer, or one 32-bit lane of a word of act_fixed (load's stem form).
enum class Place : std::uint8_t {
  act_binary, act_fixed, weights_binary, weights_fixed, accumulators, parameters, instructions, act_fixed_lane
};

// One written word. act_binary: 16 bits of the slice at (bank address * 16 + bank) * m + slice. act_fixed_lane: 32 bits of
// lane address % 4 of word address / 4. Others: the word from bit 0, in pieces of 32 bits (accumulators: the writer's rows).
struct WordWrite {
  Cycles cycle = 0;
  Place place = Place::accumulators;
  std::uint32_t address = 0;
  std::vector<std::uint32_t> data;
  bool operator==(const WordWrite&) const = default;
};

// An instruction that the model has run. Bursts are those of load and store, in order.
struct Executed {
  const Instruction& instruction;
  const InstructionRecord& record;
  std::span<const BurstEvent> bursts;
};

// What a unit brings to its tests (README.md).
struct UnitStream {
  UnitId unit = UnitId::load;
  std::function<std::vector<Instruction>(const MachineParameters&, std::mt19937_64&, int count)> random;
  std::function<void(const MachineParameters&, std::span<const Instruction>, std::mt19937_64&, Buffers&)> fill;
  std::function<std::vector<WordWrite>(const Executed&, const MachineParameters&, const Buffers& after)> writes;
};

// Random bits in every word of every buffer; weights_fixed stay inside mac_array.weight_bits.
void fill_random(const MachineParameters& machine, std::mt19937_64& random, Buffers& buffers);

}  // namespace blendsim::conformance

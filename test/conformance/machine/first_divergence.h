// SPDX-License-Identifier: Apache-2.0
// Where two runs of one stream part first, in cycles, and what stands there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance_table.h"
#include "machine_events.h"

namespace blendsim::conformance {

struct Divergence {
  Cycles cycle = 0;  // the earlier of both sides'
  std::optional<UnitId> unit;
  std::int32_t record = -1;  // index in program order, image after image; -1: belongs to none
  std::string what;          // what differs, with both values
};

// `records` are the model's. The earliest difference; of those in one cycle the first of: entries, starts, written
// words, ends, completions. Accounts and outputs count where nothing earlier differs: they follow from the others.
[[nodiscard]] std::optional<Divergence> first_divergence(const MachineEvents& model, const MachineEvents& rtl,
                                                         const std::vector<InstructionRecord>& records);

// Adds all that was compared, and every difference, not the first alone: a time, an account, a completion, a message of
// the RTL count as a cycle's each; a written word or an output area as a word's.
void count_differences(const MachineEvents& model, const MachineEvents& rtl, Compared& compared);

// In words: layer, instruction, unit, cycle, word.
[[nodiscard]] std::string describe(const Divergence& divergence, const Program& program,
                                   const std::vector<Instruction>& instructions,
                                   const std::vector<InstructionRecord>& records);

}  // namespace blendsim::conformance

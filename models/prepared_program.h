// SPDX-License-Identifier: Apache-2.0
// A program's words decoded once, with everything about them that no run changes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/instruction.h"
#include "isa/program.h"
#include "result/run.h"
#include "units/actions.h"

namespace blendsim {

struct PreparedProgram {
  MachineParameters machine;
  std::vector<Word> words;
  std::size_t layers = 0;
  std::vector<Instruction> instructions;  // program order
  // Of each instruction, what every run reads of it again and again: small tables instead of the wide instructions.
  std::vector<Synchronisation> synchronisation;
  std::vector<InstructionRecord> records;  // as a run begins with them, of its first image
  std::vector<std::size_t> last_words;     // of each instruction, and of END: its last word, counted from the first
  std::array<ActionCounts, unit_count> unit_actions{};  // of one execution; dispatch excluded
  std::vector<ActionCounts> layer_actions;              // the same by layer, and the dispatch of its words
  [[nodiscard]] std::size_t word_count() const { return last_words.back() + 1; }  // END's included
  [[nodiscard]] bool is_for(const std::vector<Word>& w, const MachineParameters& m, std::size_t layer_count) const {
    return layers == layer_count && words == w && machine == m;
  }
};

// Throws DiagnosticError program-invalid (undecodable words, a layer outside the table).
[[nodiscard]] PreparedProgram prepare(const std::vector<Word>& words, const MachineParameters& machine,
                                      std::size_t layers);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "models/prepared_program.h"

#include <string>

#include "base/diagnostic.h"
#include "isa/interpret.h"

namespace blendsim {

PreparedProgram prepare(const std::vector<Word>& words, const MachineParameters& machine, std::size_t layers) {
  PreparedProgram prepared;
  prepared.machine = machine;
  prepared.words = words;
  prepared.layers = layers;
  prepared.instructions = decode(words);
  prepared.layer_actions.resize(layers);
  prepared.synchronisation.reserve(prepared.instructions.size());
  prepared.records.reserve(prepared.instructions.size());
  prepared.last_words.reserve(prepared.instructions.size() + 1);
  std::size_t counted = 0;
  for (std::size_t n = 0; n < prepared.instructions.size(); ++n) {
    const Instruction& instruction = prepared.instructions[n];
    const std::uint32_t layer = sync_of(instruction).layer;
    if (layer >= layers) {
      throw DiagnosticError(
          "program-invalid", {"", 0, "instruction " + std::to_string(n)},
          "names layer " + std::to_string(layer) + ", but the layer table has " + std::to_string(layers) + " rows");
    }
    prepared.synchronisation.push_back(sync_of(instruction));
    InstructionRecord& record = prepared.records.emplace_back();
    record.instruction = static_cast<std::int32_t>(n);
    record.layer = static_cast<std::int32_t>(layer);
    record.unit = unit_of(instruction);
    record.end = -1;
    const int count = encoded_words(instruction);
    counted += static_cast<std::size_t>(count);
    prepared.last_words.push_back(counted - 1);
    prepared.layer_actions[layer][Action::dispatch] += count;
    add_actions(instruction, machine, prepared.unit_actions[instruction.index()], prepared.layer_actions[layer]);
  }
  prepared.last_words.push_back(counted);  // END has one
  return prepared;
}

}  // namespace blendsim

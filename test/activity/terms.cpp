// SPDX-License-Identifier: Apache-2.0
#include "terms.h"

#include <algorithm>

#include "isa/interpret.h"
#include "power/terms.h"
#include "sim/machine.h"

namespace blendsim::activity {
namespace {

Densities densities_of(const LayerSwitching& layer) {
  Densities out;
  for (std::size_t d = 0; d < out.of.size(); ++d) {
    const auto known = density(layer, static_cast<Distance>(d));
    if (known) out.of[d] = known->value;
  }
  return out;
}

// Adds `amount`, spread evenly over [from, to), to the windows that it meets.
void spread(std::vector<double>& windows, Cycles window, Cycles from, Cycles to, double amount) {
  const double each = amount / static_cast<double>(to - from);
  for (Cycles at = from; at < to;) {
    const auto index = static_cast<std::size_t>(at / window);
    if (index >= windows.size()) return;
    const Cycles end = std::min(to, (at / window + 1) * window);
    windows[index] += each * static_cast<double>(end - at);
    at = end;
  }
}

}  // namespace

TermCounts count_terms(const MachineParameters& machine, const Program& program,
                       const std::vector<std::vector<std::int32_t>>& images, Cycles window) {
  RunOptions options;
  options.activity_every = 1;
  TermCounts out{{}, Machine::instance().run(machine, program, images, options)};
  const Run& run = out.run;
  const std::vector<Instruction> instructions = decode(program.main);
  const auto windows = static_cast<std::size_t>((run.cycles + window - 1) / window);
  for (const InstructionRecord& record : run.records) {
    const Instruction& instruction = instructions[static_cast<std::size_t>(record.instruction)];
    ActionCounts counts = actions(instruction, machine);
    ActionCounts words;
    words[Action::dispatch] = encoded_words(instruction);
    if (program.resident) words[Action::instructions_read] = words[Action::dispatch] * std::int64_t{8 * sizeof(Word)};
    const Densities densities = densities_of(run.switching->layers[static_cast<std::size_t>(record.layer)]);
    for (const Term& term : activity_terms()) {
      const double count = term.count(machine, densities);
      const auto a = term.action;
      std::vector<double>& into = out.counts[{std::string(term.module), std::string(term.name), record.layer}];
      into.resize(windows);
      const bool memory = is_memory_unit(record.unit);
      const Cycles busy_end = std::max(memory ? record.end : record.front_free, record.start + 1);
      const Cycles late = (record.end - busy_end) / 2;
      if (counts[a] != 0)
        spread(into, window, record.start + late, busy_end + late, count * static_cast<double>(counts[a]));
      if (words[a] != 0)
        spread(into, window, std::max<Cycles>(0, record.visible - 1), std::max<Cycles>(1, record.visible),
               count * static_cast<double>(words[a]));
    }
  }
  return out;
}

}  // namespace blendsim::activity

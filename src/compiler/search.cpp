// SPDX-License-Identifier: Apache-2.0
#include "compiler/search.h"

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "compiler/retarget.h"
#include "compiler/trace.h"

namespace blendsim {
namespace compiler {

Candidate finish(Compilation compilation, const Priority& priority, const Evaluate& evaluate) {
  Candidate candidate;
  compilation.priority = priority;
  run_passes(Stretch::order, compilation);
  const Plan& plan = compilation.plan;
  if (plan.trace != nullptr) candidate.dump = plan.trace->take();
  candidate.program = emit(plan, Content::timing);
  candidate.cycles = evaluate ? evaluate(candidate.program, *plan.machine).cycles : plan.estimate;
  candidate.compilation = std::move(compilation);
  return candidate;
}

Candidate best_candidate(const Compilation& compilation, const Evaluate& evaluate, bool first_that_fits) {
  const auto say = [trace = compilation.plan.trace](const std::string& line) {
    if (trace != nullptr) trace->say(line);
  };
  std::optional<Candidate> best;
  for (const Priority& priority : priorities()) {
    if (best && (priority.strict || first_that_fits)) continue;
    try {
      Candidate candidate = finish(compilation, priority, evaluate);
      say(fmt::format("order '{}': {} cycles {}", priority.name, candidate.cycles,
                      evaluate ? "on the machine" : "by the laws alone"));
      if (!best || candidate.cycles < best->cycles) best = std::move(candidate);
    } catch (const DiagnosticError& error) {
      const bool too_large = error.diagnostics().front().code == Code("does-not-fit");
      say(fmt::format("order '{}': {}", priority.name, error.diagnostics().front().message));
      if (priority.strict || !too_large) throw;
    }
  }
  say(fmt::format("chosen: order '{}'", best->compilation.priority.name));
  return std::move(*best);
}

}  // namespace compiler

struct Retargeter::Parts {
  const IntegerNetwork& network;
  compiler::NetworkFacts facts;
  compiler::Placed last;
  explicit Parts(const IntegerNetwork& of) : network(of), facts(of) {}
};

Retargeter::Retargeter(const IntegerNetwork& network) : parts_(std::make_unique<Parts>(network)) {}
Retargeter::~Retargeter() = default;

Program Retargeter::timing_program(const MachineParameters& machine, const Evaluate& evaluate) {
  compiler::Compilation compilation = compiler::begin(parts_->network, parts_->facts, machine, nullptr);
  compilation.placed = &parts_->last;
  run_passes(compiler::Stretch::network, compilation);
  return compiler::best_candidate(compilation, evaluate, !evaluate).program;
}

}  // namespace blendsim

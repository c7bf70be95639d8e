// SPDX-License-Identifier: Apache-2.0
#include "compiler/search.h"

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "compiler/retarget.h"
#include "compiler/trace.h"

namespace blendsim {
namespace compiler {

namespace {

// Of the passes before the orders part.
void after(std::string_view pass, const Plan& plan) {
  if (plan.trace == nullptr) return;
  plan.trace->after(pass, plan);
  plan.trace->print(plan.trace->take());
}

void tell_assignment(const IntegerNetwork& network, const Assignment& assignment, const Reasons& reasons,
                     Trace& trace) {
  for (const LayerId l : reasons.units.keys()) {
    if (!reasons.units[l].empty()) trace.say(fmt::format("{}: {}", layer_of(network, l).name, reasons.units[l]));
  }
  Plan assigned;
  assigned.network = &network;
  assigned.assignment = assignment;
  assigned.reasons = reasons.units;
  assigned.trace = &trace;
  after("assign", assigned);
}

}  // namespace

Plan plan_for(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
              PlacedPlan& last, Trace* trace) {
  if (network.layers.size() + 2 > 1024) {
    throw DiagnosticError("not-lowerable", Place{{}, 0, network.name},
                          fmt::format("{} layers; an instruction names one of at most 1022", network.layers.size()));
  }
  Reasons reasons;
  Assignment assignment = assign(network, facts, machine, trace != nullptr ? &reasons : nullptr);
  if (trace != nullptr) tell_assignment(network, assignment, reasons, *trace);
  const std::int64_t cell_slices = machine.xnor_array.cell_slices(), bus_bytes = machine.memory.bus_bytes();
  const bool same = last.plan.network == &network && last.cell_slices == cell_slices && last.bus_bytes == bus_bytes &&
                    last.assignment == assignment;
  if (!same) {
    last = {assignment, cell_slices, bus_bytes, {}};
    last.plan.facts = &facts;
    last.plan.machine = &machine;
    last.plan.assignment = std::move(assignment);
    Plan placing = last.plan;
    placing.network = &network;
    place(placing);
    last.plan = std::move(placing);  // stays without a network where place() threw
  }
  Plan plan = last.plan;
  plan.machine = &machine;
  plan.reasons = std::move(reasons.units);
  plan.fallbacks = std::move(reasons.fallbacks);
  plan.trace = trace;
  after("place", plan);
  tile(plan);
  after("tile", plan);
  depend(plan);
  return plan;
}

Candidate finish(Plan plan, const Priority& priority, const Evaluate& evaluate) {
  Candidate candidate;
  const MachineParameters& machine = *plan.machine;
  const auto after = [&plan](std::string_view pass) {
    if (plan.trace != nullptr) plan.trace->after(pass, plan);
  };
  schedule(plan, priority);
  after("schedule");
  allocate(plan);
  after("allocate");
  plan.instructions.reserve(plan.ops.size());
  for (const TileOp& op : plan.ops) {
    plan.instructions.add(build(plan, op));
    check_fields(plan, op, plan.instructions.back());
  }
  synchronise(plan.instructions, machine);
  after("synchronise");
  if (plan.trace != nullptr) candidate.dump = plan.trace->take();
  candidate.program = emit(plan, Content::timing);
  candidate.cycles = evaluate ? evaluate(candidate.program, machine).cycles : plan.estimate;
  candidate.plan = std::move(plan);
  return candidate;
}

Candidate best_candidate(const Plan& plan, const Evaluate& evaluate, bool first_that_fits) {
  const auto say = [&plan](const std::string& line) {
    if (plan.trace != nullptr) plan.trace->say(line);
  };
  std::optional<Candidate> best;
  for (const Priority& priority : priorities()) {
    if (best && (priority.strict || first_that_fits)) continue;
    try {
      Candidate candidate = finish(plan, priority, evaluate);
      say(fmt::format("order '{}': {} cycles {}", priority.name, candidate.cycles,
                      evaluate ? "on the machine" : "by the laws alone"));
      if (!best || candidate.cycles < best->cycles) best = std::move(candidate);
    } catch (const DiagnosticError& error) {
      const bool too_large = error.diagnostics().front().code == Code("does-not-fit");
      say(fmt::format("order '{}': {}", priority.name, error.diagnostics().front().message));
      if (priority.strict || !too_large) throw;
    }
  }
  say(fmt::format("chosen: order '{}'", best->plan.priority));
  return std::move(*best);
}

}  // namespace compiler

struct Retargeter::Parts {
  const IntegerNetwork& network;
  compiler::NetworkFacts facts;
  compiler::PlacedPlan last;
  explicit Parts(const IntegerNetwork& of) : network(of), facts(of) {}
};

Retargeter::Retargeter(const IntegerNetwork& network) : parts_(std::make_unique<Parts>(network)) {}
Retargeter::~Retargeter() = default;

Program Retargeter::timing_program(const MachineParameters& machine, const Evaluate& evaluate) {
  const compiler::Plan plan = compiler::plan_for(parts_->network, parts_->facts, machine, parts_->last, nullptr);
  return compiler::best_candidate(plan, evaluate, !evaluate).program;
}

}  // namespace blendsim

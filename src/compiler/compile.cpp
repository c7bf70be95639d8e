// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "compiler/plan.h"

namespace blendsim {
namespace {

using compiler::Plan;
using compiler::Priority;

struct Candidate {
  Plan plan;
  Program program;
  Cycles cycles = 0;  // measured where an evaluator was given, else the laws' estimate
};

// From an order to a program. Throws does-not-fit where the maps find no room in this order.
Candidate finish(Plan plan, const Platform& platform, const Priority& priority, const CompileOptions& options) {
  Candidate candidate;
  compiler::schedule(plan, priority);
  compiler::allocate(plan);
  for (const compiler::TileOp& op : plan.ops) {
    plan.instructions.push_back(compiler::build(plan, op));
    compiler::check_fields(plan, op, plan.instructions.back());
  }
  compiler::synchronise(plan.instructions, platform.machine);
  candidate.program = compiler::emit(plan);
  candidate.program.platform_yaml = platform.yaml();
  candidate.program.platform_digest = platform.digest();
  candidate.cycles = options.evaluate ? options.evaluate(candidate.program, platform).cycles : plan.estimate;
  candidate.plan = std::move(plan);
  return candidate;
}

// All orders, the one with the fewest cycles; an order whose maps find no room is left out.
Candidate best_candidate(const Plan& plan, const Platform& platform, const CompileOptions& options,
                         std::vector<std::string>& explanation) {
  std::optional<Candidate> best;
  for (const Priority& priority : compiler::priorities()) {
    if (priority.strict && best) continue;
    try {
      Candidate candidate = finish(plan, platform, priority, options);
      explanation.push_back(fmt::format("order '{}': {} cycles {}", priority.name, candidate.cycles,
                                        options.evaluate ? "on the machine" : "by the laws alone"));
      if (!best || candidate.cycles < best->cycles) best = std::move(candidate);
    } catch (const DiagnosticError& error) {
      const bool too_large = error.diagnostics().front().code == Code("does-not-fit");
      if (priority.strict || !too_large) throw;
      explanation.push_back(fmt::format("order '{}': {}", priority.name, error.diagnostics().front().message));
    }
  }
  explanation.push_back(fmt::format("chosen: order '{}'", best->plan.priority));
  return std::move(*best);
}

}  // namespace

const std::vector<std::string>& pass_names() {
  static const std::vector<std::string> names = {"assign",   "place",       "tile", "schedule",
                                                 "allocate", "synchronise", "emit", "verify"};
  return names;
}

CompileResult compile(const IntegerNetwork& network, const Platform& platform, const CompileOptions& options) {
  const auto& names = pass_names();
  if (!options.dump_after.empty() && std::find(names.begin(), names.end(), options.dump_after) == names.end()) {
    const std::string near = nearest(options.dump_after, names);
    throw DiagnosticError(
        "usage", Place{{}, 0, options.dump_after}, "no pass of the compiler has this name",
        near.empty() ? fmt::format("passes: {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
  }
  if (network.layers.size() + 2 > 1024) {
    throw DiagnosticError("not-lowerable", Place{{}, 0, network.name},
                          fmt::format("{} layers; an instruction names one of at most 1022", network.layers.size()));
  }
  Plan plan;
  plan.network = &network;
  plan.machine = &platform.machine;
  plan.assignment = compiler::assign(network, platform.machine);
  plan.explanation = plan.assignment.explanation;
  compiler::place(plan);
  compiler::tile(plan);
  CompileResult result;
  result.explanation = plan.explanation;
  Candidate candidate = best_candidate(plan, platform, options, result.explanation);
  compiler::verify_program(candidate.program, network, platform.machine);
  if (!options.dump_after.empty()) result.dump = compiler::dump(candidate.plan, options.dump_after);
  if (!options.explain) result.explanation.clear();
  result.program = std::move(candidate.program);
  return result;
}

}  // namespace blendsim

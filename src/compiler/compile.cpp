// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "compiler/levers.h"
#include "compiler/search.h"
#include "compiler/trace.h"

namespace blendsim {

namespace {

Program compile_traced(const IntegerNetwork& network, const Platform& platform, const compiler::NetworkFacts& facts,
                       const Evaluate& evaluate, compiler::Trace& trace) {
  compiler::PlacedPlan placed;
  const compiler::Plan plan = compiler::plan_for(network, facts, platform.machine, placed, &trace);
  const compiler::Candidate best = compiler::best_candidate(plan, evaluate, false);
  trace.print(best.dump);
  Program program = compiler::emit(best.plan, compiler::Content::complete);
  program.platform_yaml = platform.yaml();
  program.platform_digest = platform.digest();
  trace.after("emit", best.plan, program);
  trace.print(trace.take());
  const std::string verified = compiler::verify_program(program, network, platform.machine);
  trace.say(verified);
  trace.after("verify", best.plan, program);
  trace.print(trace.take());
  return program;
}

}  // namespace

CompileResult compile(const IntegerNetwork& network, const Platform& platform, const CompileOptions& options) {
  const auto& names = pass_names();
  if (!options.dump_after.empty() && std::find(names.begin(), names.end(), options.dump_after) == names.end()) {
    const std::string near = nearest(options.dump_after, names);
    throw DiagnosticError(
        "usage", Place{{}, 0, options.dump_after}, "no pass of the compiler has this name",
        near.empty() ? fmt::format("passes: {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
  }
  const compiler::NetworkFacts facts(network);
  compiler::Trace trace(options);
  try {
    return {compile_traced(network, platform, facts, options.evaluate, trace)};
  } catch (const DiagnosticError& error) {
    trace.print(trace.take());  // of the order that was tried last
    throw compiler::with_tried_levers(error, network, facts, platform);
  } catch (...) {
    trace.print(trace.take());
    throw;
  }
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "compiler/search.h"

namespace blendsim {
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
  const compiler::NetworkFacts facts(network);
  compiler::PlacedPlan placed;
  const compiler::Plan plan = compiler::plan_for(network, facts, platform.machine, placed, true);
  CompileResult result;
  result.explanation = plan.explanation;
  const compiler::Candidate best = compiler::best_candidate(plan, options.evaluate, false, result.explanation);
  result.program = compiler::emit(best.plan, compiler::Content::complete);
  result.program.platform_yaml = platform.yaml();
  result.program.platform_digest = platform.digest();
  compiler::verify_program(result.program, network, platform.machine);
  if (!options.dump_after.empty()) result.dump = compiler::dump(best.plan, options.dump_after);
  if (!options.explain) result.explanation.clear();
  return result;
}

}  // namespace blendsim

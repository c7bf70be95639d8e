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
                       const Evaluate& evaluate, int images, compiler::Trace& trace) {
  compiler::Compilation compilation = compiler::begin(network, facts, platform.machine, &trace, images);
  compilation.platform = &platform;
  run_passes(compiler::Stretch::network, compilation);
  compiler::Candidate best = compiler::best_candidate(std::move(compilation), evaluate, {});
  (void)trace.take();
  trace.print(best.dump);
  run_passes(compiler::Stretch::program, best.compilation);
  return std::move(best.compilation.program);
}

void check_pass(const std::string& name) {
  std::vector<std::string> names;
  for (const PassDescription& pass : passes()) names.emplace_back(pass.name);
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  const std::string near = nearest(name, names);
  throw DiagnosticError(
      "usage", Place{{}, 0, name}, "no pass of the compiler has this name",
      near.empty() ? fmt::format("passes: {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
}

}  // namespace

CompileResult compile(const IntegerNetwork& network, const Platform& platform, const CompileOptions& options) {
  check_pass(options.dump_after);
  const compiler::NetworkFacts facts(network);
  compiler::Trace trace(options);
  try {
    return {compile_traced(network, platform, facts, options.evaluate, options.images, trace)};
  } catch (const DiagnosticError& error) {
    trace.print(trace.take());  // of the order that was tried last
    throw compiler::with_tried_levers(error, network, facts, platform);
  } catch (...) {
    trace.print(trace.take());
    throw;
  }
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "compiler/search.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/diagnostic.h"
#include "compiler/retarget.h"
#include "compiler/trace.h"

namespace blendsim {
namespace compiler {

namespace {

// Short tiles overlap sooner, and take more instructions. The first is the usual one.
constexpr std::array<Cycles, 2> tile_lengths = {64, 32};

class Search {
 public:
  Search(const Evaluate& evaluate, SearchOptions options, Trace* trace)
      : evaluate_(evaluate), options_(options), trace_(trace) {}

  void try_tiles(Compilation compilation, Cycles shortest) {
    compilation.plan.shortest_tile = shortest;
    say([&] { return fmt::format("tiles of at least {} cycles", shortest); });
    run_passes(Stretch::tiles, compilation);
    const Table<OpId, TileOp> tiles = compilation.plan.ops;
    for (const Priority& priority : priorities()) {
      if (best_ && (priority.strict || options_.first_that_fits)) continue;
      compilation.plan.begin_order(tiles);
      compilation.priority = priority;
      try_order(compilation);
    }
  }

  Candidate best() {
    say([&] {
      return fmt::format("chosen: order '{}', tiles of at least {} cycles", best_->compilation.priority.name,
                         best_->compilation.plan.shortest_tile);
    });
    return std::move(*best_);
  }

 private:
  void try_order(Compilation& compilation) {
    const Priority& priority = compilation.priority;
    try {
      Candidate candidate = finish(compilation);
      say([&] {
        return fmt::format("order '{}': {} cycles {}", priority.name, candidate.cycles,
                           evaluate_ ? "on the machine" : "by the laws alone");
      });
      if (best_ && candidate.cycles >= best_->cycles) return;
      if (!options_.program_alone) candidate.compilation = compilation;
      best_ = std::move(candidate);
    } catch (const DiagnosticError& error) {
      const bool too_large = error.diagnostics().front().code == Code("does-not-fit");
      say([&] { return fmt::format("order '{}': {}", priority.name, error.diagnostics().front().message); });
      if (priority.strict || !too_large) throw;
    }
  }

  // Throws does-not-fit where the maps find no room in this order.
  Candidate finish(Compilation& compilation) {
    run_passes(Stretch::order, compilation);
    const Plan& plan = compilation.plan;
    Candidate candidate;
    if (plan.trace != nullptr) candidate.dump = plan.trace->kept();
    candidate.program = emit(plan, Content::timing);
    candidate.cycles = evaluate_ ? evaluate_(candidate.program, *plan.machine).cycles : plan.estimate;
    return candidate;
  }

  template <class Line>
  void say(Line&& line) {
    if (trace_ != nullptr) trace_->say(line());
  }

  const Evaluate& evaluate_;
  SearchOptions options_;
  Trace* trace_;
  std::optional<Candidate> best_;
};

}  // namespace

Candidate best_candidate(Compilation compilation, const Evaluate& evaluate, SearchOptions options) {
  Search search(evaluate, options, compilation.plan.trace);
  const auto lengths = std::span(tile_lengths).first(evaluate && !options.first_that_fits ? tile_lengths.size() : 1);
  for (const Cycles& shortest : lengths)
    search.try_tiles(&shortest == &lengths.back() ? std::move(compilation) : compilation, shortest);
  return search.best();
}

}  // namespace compiler

struct Retargeter::Parts {
  const IntegerNetwork& network;
  compiler::NetworkFacts facts;
  compiler::Placements placements;
  explicit Parts(const IntegerNetwork& of) : network(of), facts(of) {}
};

Retargeter::Retargeter(const IntegerNetwork& network) : parts_(std::make_unique<Parts>(network)) {}
Retargeter::~Retargeter() = default;

Program Retargeter::timing_program(const MachineParameters& machine, const Evaluate& evaluate) {
  compiler::Compilation compilation = compiler::begin(parts_->network, parts_->facts, machine, nullptr);
  compilation.placements = &parts_->placements;
  compilation.plan.wants_levers = false;
  run_passes(compiler::Stretch::network, compilation);
  return compiler::best_candidate(std::move(compilation), evaluate,
                                  {.first_that_fits = !evaluate, .program_alone = true})
      .program;
}

}  // namespace blendsim

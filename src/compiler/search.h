// SPDX-License-Identifier: Apache-2.0
// From a network and a machine to an order of operations: what compile() and Retargeter share.
#pragma once

#include "compiler/compile.h"
#include "compiler/plan.h"

namespace blendsim::compiler {

struct Candidate {
  Plan plan;
  Program program;    // for its timing
  Cycles cycles = 0;  // measured where an evaluator was given, else the laws' estimate
  std::string dump;   // of the pass that was asked for, if it is one of these
};

// Stages and maps, and all that they follow from: machines that agree on it share them.
struct PlacedPlan {
  Assignment assignment;  // as assigned
  std::int64_t cell_slices = 0, bus_bytes = 0;
  Plan plan;  // after place; its network is null before the first
};

// Passes assign to tile, and depend. `last` is made this machine's. With a trace: with Plan::reasons and ::fallbacks.
[[nodiscard]] Plan plan_for(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
                            PlacedPlan& last, Trace* trace);

// Passes schedule to synchronise, in one order. Throws does-not-fit where the maps find no room in it.
[[nodiscard]] Candidate finish(Plan plan, const Priority& priority, const Evaluate& evaluate);

// All orders, the one with the fewest cycles (first_that_fits: the first of them); an order whose maps find no room is
// left out.
[[nodiscard]] Candidate best_candidate(const Plan& plan, const Evaluate& evaluate, bool first_that_fits);

}  // namespace blendsim::compiler

// SPDX-License-Identifier: Apache-2.0
// The order of operations: what compile() and Retargeter share.
#pragma once

#include "compiler/compile.h"
#include "compiler/passes.h"

namespace blendsim::compiler {

struct Candidate {
  Compilation compilation;  // after the passes of an order, where it is wanted
  Program program;          // for its timing
  Cycles cycles = 0;        // measured where an evaluator was given, else the laws' estimate
  bool strict = false;      // one operation after the other: in no other order did the maps find room
  std::string dump;         // of the pass that was asked for, if it is of the tiles or the order
};

struct SearchOptions {
  bool first_that_fits = false;  // nothing else is tried then
  bool program_alone = false;    // of the candidate no compilation is wanted
  bool overlapped = false;       // not one operation after the other
  std::string_view order = {};   // the one that is tried; empty: all are
};

// All lengths of tiles and all orders of them, the one with the fewest cycles; an order whose maps find no room is left
// out. Where no order has room for whole maps, or only the one that overlaps nothing, the tall ones become rings; where
// there is no room for these, the network is cut into segments, between which maps wait in DRAM.
// Without `evaluate` the usual length alone: the laws' estimate knows nothing of what short tiles cost, the dispatch.
[[nodiscard]] Candidate best_candidate(Compilation compilation, const Evaluate& evaluate, SearchOptions options);

}  // namespace blendsim::compiler

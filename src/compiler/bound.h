// SPDX-License-Identifier: Apache-2.0
// What no order of a plan's operations can be faster than.
#pragma once

#include <string>

#include "compiler/plan.h"

namespace blendsim::compiler {

struct LowerBound {
  Cycles cycles = 0;
  std::string by;  // "xnor_array works for 6,290 of them", ...
};

// After depend. The largest of: the longest way through operations that follow one another, by the units' laws; each
// unit's work, behind the shortest way to it and in front of the shortest way from it to the end; the bytes of all
// loads and stores at DRAM's peak. Dispatch, tokens beyond their latency, DRAM's rows and refreshes are taken as for
// nothing, so that a machine cannot reach it.
[[nodiscard]] LowerBound lower_bound(const Plan& plan);

}  // namespace blendsim::compiler

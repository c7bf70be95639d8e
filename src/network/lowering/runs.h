// SPDX-License-Identifier: Apache-2.0
// The codes of one channel as runs of equal codes: what a proof over a whole domain needs to look at.
//
// A quantiser behind a monotone chain is a staircase, so its steps are found by bisection: a few thousand evaluations
// prove an 8-bit quantiser on a domain of any size. Other chains are walked value by value where that is possible.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "network/lowering/fit.h"

namespace blendsim::lowering {

struct Run {
  std::int64_t first = 0, last = 0;  // integers of the domain, both inclusive
  std::int64_t code = 0;
};

using CodeFunction = std::function<std::int64_t(std::int64_t)>;

// The runs of the reference in channel c, in order. Absent: more evaluations than `run_budget` would be needed.
inline constexpr std::int64_t run_budget = std::int64_t{1} << 18;
[[nodiscard]] std::optional<std::vector<Run>> code_runs(const Reference& reference, const Domain& domain,
                                                        std::size_t c);

// How far another function of the same integers is from the runs.
struct Difference {
  std::int64_t differing = 0, max_error = 0;
};
// `monotone`: the function is non-decreasing or non-increasing on the domain, so that equal ends of a run prove it.
[[nodiscard]] Difference difference(const std::vector<Run>& runs, std::int64_t step, const CodeFunction& function,
                                    bool monotone);

// Counts in `out` where the reference and an integer function differ: on the whole domain where that can be shown (then
// no difference leaves the layer exact), else on samples around steps of the reference, and the layer is not exact.
void compare(const Reference& reference, const Domain& domain, std::size_t c, Exactness& out,
             const CodeFunction& integer, bool monotone);

}  // namespace blendsim::lowering

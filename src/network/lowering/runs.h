// SPDX-License-Identifier: Apache-2.0
// The codes of one channel as runs of equal codes: what a proof over a whole domain needs to look at.
//
// A quantiser behind a monotone chain is a staircase: two or three evaluations a step prove it on a domain of any size.
// Other chains are walked value by value where that is possible.
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

// The runs of a monotone function on lo, lo + step, ..., hi, in order, no two neighbours with one code. Absent: more
// than `most` of them.
[[nodiscard]] std::optional<std::vector<Run>> monotone_runs(const CodeFunction& function, std::int64_t lo,
                                                            std::int64_t hi, std::int64_t step, std::size_t most);

// The runs of the reference in channel c, in order. Absent: a domain beyond exhaustive_limit on which nothing shows
// that the reference is monotone, or whose runs halving (of all intervals that hold a step) would not part in
// `run_budget` evaluations: a bound that depends on the runs alone.
inline constexpr std::int64_t run_budget = std::int64_t{1} << 18;
[[nodiscard]] std::optional<std::vector<Run>> code_runs(const Reference& reference, const Domain& domain,
                                                        std::size_t c);

// code_runs of a reference, each channel's found when it is first asked for. Chain, quantiser and domain must outlive
// it.
class CodeRuns {
 public:
  CodeRuns(const Reference& reference, const Domain& domain);
  [[nodiscard]] const Reference& reference() const { return reference_; }
  [[nodiscard]] const Domain& domain() const { return domain_; }
  [[nodiscard]] double reach() const { return reach_; }  // the largest |integer| of all channels
  // Valid until the next call.
  [[nodiscard]] const std::optional<std::vector<Run>>& of(std::size_t c);

 private:
  Reference reference_;
  const Domain& domain_;
  double reach_ = 0;
  std::vector<std::optional<std::vector<Run>>> short_;  // of each channel; empty: not found yet, or none, or long
  std::optional<std::size_t> latest_channel_;
  std::optional<std::vector<Run>> latest_;
};

// Codes so many that a domain of at most exhaustive_limit is walked as soon as its steps are found.
[[nodiscard]] inline bool is_wide(const Quantiser& quantiser) { return quantiser.hi - quantiser.lo >= 1024; }

// How far another function of the same integers is from the runs.
struct Difference {
  std::int64_t differing = 0, max_error = 0;
};
// `monotone`: the function is non-decreasing or non-increasing on the domain, so that equal ends of a run prove it.
[[nodiscard]] Difference difference(const std::vector<Run>& runs, std::int64_t step, const CodeFunction& function,
                                    bool monotone);

// Counts in `out` where the reference and an integer function differ: on the whole domain where that can be shown (then
// no difference leaves the layer exact), else on samples around steps of the reference, and the layer is not exact.
void compare(CodeRuns& runs, std::size_t c, Exactness& out, const CodeFunction& integer, bool monotone);

}  // namespace blendsim::lowering

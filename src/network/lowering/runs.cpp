// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/runs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>

#include "network/lowering/line_code.h"

namespace blendsim::lowering {

namespace {

// Where the next step is due. The steps of a line lie evenly: its least squares fit to those seen so far, one by one.
class StepGuess {
 public:
  // The last index of the run that begins at `first`; absent: nothing is known yet.
  [[nodiscard]] std::optional<std::int64_t> last_of_run(std::int64_t first) const {
    if (seen_ == 0) return std::nullopt;
    return std::max(first, static_cast<std::int64_t>(edge_ + length_));
  }

  // A run [first, next) ended.
  void learn(std::int64_t first, std::int64_t next) {
    constexpr double memory = 32;
    const double edge = static_cast<double>(next) - 0.5, error = edge - (edge_ + length_);
    const double usual = seen_ > 2 ? 2 + length_ / 64 : 2;  // whole steps, and float32's rounding of large integers
    if (seen_ == 0 || std::fabs(error) > usual) {           // the first step, or a bend
      length_ = static_cast<double>(next - first);
      edge_ = edge;
      seen_ = 1;
      return;
    }
    seen_ = std::min(seen_ + 1, memory);
    const double share = error * 2 / ((seen_ + 1) * (seen_ + 2));
    edge_ += length_ + share * (2 * seen_ + 1);
    length_ = std::max(0.5, length_ + share * 3);
  }

 private:
  double edge_ = 0, length_ = 0, seen_ = 0;
};

// Finds where a code ends between an index that has it and one that has another: from a guess outwards in growing
// strides, then by halving.
class StepSearch {
 public:
  StepSearch(const CodeFunction& function, std::int64_t lo, std::int64_t step)
      : function_(function), lo_(lo), step_(step) {}

  struct Edge {
    std::int64_t last = 0;  // with the code
    std::int64_t code = 0;  // of last + 1
  };
  // at(low) == code, at(high) == high_code != code, low < high.
  [[nodiscard]] Edge find(std::int64_t low, std::int64_t code, std::int64_t high, std::int64_t high_code,
                          std::optional<std::int64_t> guess) const {
    bool is_below = !guess, is_above = !guess;  // both ends of the interval are near the edge
    std::int64_t stride = 1, probe = guess.value_or(low + (high - low) / 2);
    while (high - low > 1) {
      probe = std::clamp(probe, low + 1, high - 1);
      const std::int64_t now = at(probe);
      const bool same = now == code;
      (same ? low : high) = probe;
      (same ? is_below : is_above) = true;
      if (!same) high_code = now;
      if (is_below && is_above) {
        probe = low + (high - low) / 2;
        continue;
      }
      probe += same ? stride : -stride;
      stride *= 2;
    }
    return {low, high_code};
  }

  [[nodiscard]] std::int64_t at(std::int64_t index) const { return function_(lo_ + index * step_); }

 private:
  const CodeFunction& function_;
  std::int64_t lo_, step_;
};

std::vector<Run> walked(const CodeFunction& function, std::int64_t lo, std::int64_t hi, std::int64_t step) {
  std::vector<Run> runs;
  for (std::int64_t q = lo; q <= hi; q += step) {
    const std::int64_t code = function(q);
    if (runs.empty() || runs.back().code != code) runs.push_back({q, q, code});
    runs.back().last = q;
  }
  return runs;
}

// Evaluations with which halving parts the runs of [first, last], whose ends are known: two for each interval of more
// than two values that holds a step. Stops counting beyond `most`.
class Halving {
 public:
  Halving(std::span<const Run> runs, std::int64_t step, std::int64_t most) : step_(step), most_(most) {
    count(runs, runs.front().first, runs.back().last);
  }
  [[nodiscard]] std::int64_t evaluations() const { return evaluations_; }

 private:
  // runs: those that touch [first, last].
  void count(std::span<const Run> runs, std::int64_t first, std::int64_t last) {
    if (runs.size() < 2 || last - first <= step_ || evaluations_ > most_) return;
    evaluations_ += 2;
    const std::int64_t middle = first + (last - first) / step_ / 2 * step_;
    const auto run = std::partition_point(runs.begin(), runs.end(), [&](const Run& r) { return r.last < middle; });
    const auto at = static_cast<std::size_t>(run - runs.begin());
    count(runs.first(at + 1), first, middle);
    count(runs.subspan(run->last == middle ? at + 1 : at), middle + step_, last);
  }

  std::int64_t step_, most_, evaluations_ = 0;
};

bool is_parted_in_budget(const std::vector<Run>& runs, std::int64_t step) {
  const std::int64_t count = (runs.back().last - runs.front().first) / step + 1;
  const auto depth = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(count)));
  if (2 + 2 * depth * static_cast<std::int64_t>(runs.size()) <= run_budget) return true;
  return 2 + Halving(runs, step, run_budget).evaluations() <= run_budget;
}

}  // namespace

std::optional<std::vector<Run>> monotone_runs(const CodeFunction& function, std::int64_t lo, std::int64_t hi,
                                              std::int64_t step, std::size_t most) {
  const StepSearch search(function, lo, step);
  const std::int64_t end = (hi - lo) / step, last_code = search.at(end);
  std::vector<Run> runs;
  StepGuess guess;
  std::int64_t first = 0, code = search.at(0);
  constexpr std::int64_t usual = std::int64_t{1} << 16;
  runs.reserve(static_cast<std::size_t>(std::min({std::abs(last_code - code), end, usual}) + 1));
  while (code != last_code) {
    if (runs.size() + 1 >= most) return std::nullopt;
    const auto edge = search.find(first, code, end, last_code, guess.last_of_run(first));
    runs.push_back({lo + first * step, lo + edge.last * step, code});
    guess.learn(first, edge.last + 1);
    first = edge.last + 1;
    code = edge.code;
  }
  runs.push_back({lo + first * step, lo + end * step, code});
  return runs;
}

std::optional<std::vector<Run>> code_runs(const Reference& reference, const Domain& domain, std::size_t c) {
  const CodeFunction function = LineCode(reference, domain, c);
  const std::int64_t lo = domain.lo[c], hi = lo + (domain.count(c) - 1) * domain.step;
  const bool is_small = domain.count(c) <= exhaustive_limit;
  if (chain_direction(reference.chain, c) && chain_range(reference.chain, lo, hi, c)) {
    // Halving looks at one interval at least for every three steps, so more runs are beyond the budget.
    constexpr auto most = static_cast<std::size_t>(run_budget / 2 * 3 + 2);
    auto runs = monotone_runs(function, lo, hi, domain.step, most);
    if (runs && (is_small || is_parted_in_budget(*runs, domain.step))) return runs;
  }
  if (!is_small) return std::nullopt;
  return walked(function, lo, hi, domain.step);
}

CodeRuns::CodeRuns(const Reference& reference, const Domain& domain)
    : reference_(reference),
      domain_(domain),
      reach_(static_cast<double>(std::max(std::abs(domain.lowest()), std::abs(domain.highest())))),
      short_(domain.channels()) {}

const std::optional<std::vector<Run>>& CodeRuns::of(std::size_t c) {
  constexpr std::size_t kept = 1024;  // an 8-bit quantiser's, and room for bends
  if (short_[c]) return short_[c];
  if (latest_channel_ == c) return latest_;
  auto runs = code_runs(reference_, domain_, c);
  if (runs && runs->size() <= kept) return short_[c] = std::move(runs);
  latest_channel_ = c;
  return latest_ = std::move(runs);
}

namespace {

// Samples of a domain of which nothing can be shown: both sides of some steps of the reference, where ties lie too.
std::vector<std::int64_t> samples(const Reference& reference, const Domain& domain, std::size_t c) {
  std::vector<std::int64_t> out = sample_domain(domain, c);
  const std::vector<std::int64_t> places = out;
  const auto code = [&](std::int64_t q) { return reference(q, c); };
  for (std::size_t i = 1; i < places.size(); ++i) {
    std::int64_t low = places[i - 1], high = places[i];
    const std::int64_t at_low = code(low);
    if (code(high) == at_low) continue;
    while (high - low > domain.step) {
      const std::int64_t middle = low + (high - low) / domain.step / 2 * domain.step;
      (code(middle) == at_low ? low : high) = middle;
    }
    out.push_back(low);
    out.push_back(high);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

namespace {

class Tally {
 public:
  void add(std::int64_t first, std::int64_t last, std::int64_t step, std::int64_t error) {
    if (error == 0) return;
    found_.differing += (last - first) / step + 1;
    found_.max_error = std::max(found_.max_error, std::abs(error));
  }
  [[nodiscard]] Difference found() const { return found_; }

 private:
  Difference found_;
};

Difference walked_difference(const Reference& reference, const Domain& domain, std::size_t c,
                             const CodeFunction& integer) {
  Tally tally;
  const LineCode code(reference, domain, c);
  for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step) {
    tally.add(q, q, domain.step, integer(q) - code(q));
  }
  return tally.found();
}

}  // namespace

void compare(CodeRuns& all, std::size_t c, Exactness& out, const CodeFunction& integer, bool monotone) {
  const Reference& reference = all.reference();
  const Domain& domain = all.domain();
  const bool is_small = domain.count(c) <= exhaustive_limit;
  const bool by_value = is_small && is_wide(reference.quantiser);
  const bool proven = by_value || (all.of(c) && (monotone || is_small));
  Difference found;
  if (by_value) {
    found = walked_difference(reference, domain, c, integer);
  } else if (proven) {
    found = difference(*all.of(c), domain.step, integer, monotone);
  } else {
    const std::vector<std::int64_t> places = samples(reference, domain, c);
    Tally tally;
    for (const std::int64_t q : places) tally.add(q, q, 1, integer(q) - reference(q, c));
    found = tally.found();
    out.checked += static_cast<std::int64_t>(places.size());
  }
  if (proven) out.checked += domain.count(c);
  out.exact = out.exact && proven && found.differing == 0;
  out.differing += found.differing;
  out.max_error = std::max(out.max_error, found.max_error);
}

Difference difference(const std::vector<Run>& runs, std::int64_t step, const CodeFunction& function, bool monotone) {
  Tally tally;
  for (const Run& run : runs) {
    if (!monotone) {
      for (std::int64_t q = run.first; q <= run.last; q += step) tally.add(q, q, step, function(q) - run.code);
      continue;
    }
    if (function(run.first) == run.code && function(run.last) == run.code) continue;
    // A function as steep as the reference: few steps in a run.
    const auto parts = monotone_runs(function, run.first, run.last, step, SIZE_MAX);
    for (const Run& part : *parts) tally.add(part.first, part.last, step, part.code - run.code);
  }
  return tally.found();
}

}  // namespace blendsim::lowering

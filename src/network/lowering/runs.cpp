// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/runs.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace blendsim::lowering {

namespace {

// Splits [first, last], whose ends have the codes a and b, until each part has one code. Counts its evaluations.
class Staircase {
 public:
  Staircase(const CodeFunction& function, std::int64_t step, std::int64_t budget)
      : function_(function), step_(step), budget_(budget) {}

  bool walk(std::int64_t first, std::int64_t last) {
    budget_ -= 2;
    split(first, last, function_(first), function_(last));
    return budget_ >= 0;
  }

  std::vector<Run> runs;

 private:
  void split(std::int64_t first, std::int64_t last, std::int64_t a, std::int64_t b) {
    if (budget_ < 0) return;
    if (a == b) return append({first, last, a});
    if (last - first == step_) {
      append({first, first, a});
      return append({last, last, b});
    }
    const std::int64_t middle = first + (last - first) / step_ / 2 * step_;
    --budget_;
    const std::int64_t code = function_(middle);
    split(first, middle, a, code);
    --budget_;
    split(middle + step_, last, function_(middle + step_), b);
  }

  void append(Run run) {
    if (!runs.empty() && runs.back().code == run.code) {
      runs.back().last = run.last;
    } else {
      runs.push_back(run);
    }
  }

  const CodeFunction& function_;
  std::int64_t step_, budget_;
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

}  // namespace

std::optional<std::vector<Run>> code_runs(const Reference& reference, const Domain& domain, std::size_t c) {
  const CodeFunction function = [&](std::int64_t q) { return reference(q, c); };
  const std::int64_t lo = domain.lo[c], hi = lo + (domain.count(c) - 1) * domain.step;
  if (chain_direction(reference.chain, c)) {
    Staircase stairs(function, domain.step, run_budget);
    if (stairs.walk(lo, hi)) return std::move(stairs.runs);
  }
  if (domain.count(c) > exhaustive_limit) return std::nullopt;
  return walked(function, lo, hi, domain.step);
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

void compare(const Reference& reference, const Domain& domain, std::size_t c, Exactness& out,
             const CodeFunction& integer, bool monotone) {
  Difference found;
  const auto runs = code_runs(reference, domain, c);
  const bool proven = runs && (monotone || domain.count(c) <= exhaustive_limit);
  if (proven) {
    found = difference(*runs, domain.step, integer, monotone);
    out.checked += domain.count(c);
  } else {
    for (const std::int64_t q : samples(reference, domain, c)) {
      const std::int64_t error = std::abs(integer(q) - reference(q, c));
      found.differing += error != 0 ? 1 : 0;
      found.max_error = std::max(found.max_error, error);
      ++out.checked;
    }
  }
  out.exact = out.exact && proven && found.differing == 0;
  out.differing += found.differing;
  out.max_error = std::max(out.max_error, found.max_error);
}

Difference difference(const std::vector<Run>& runs, std::int64_t step, const CodeFunction& function, bool monotone) {
  Difference out;
  const auto add = [&](std::int64_t first, std::int64_t last, std::int64_t error) {
    if (error == 0) return;
    out.differing += (last - first) / step + 1;
    out.max_error = std::max(out.max_error, std::abs(error));
  };
  for (const Run& run : runs) {
    if (!monotone) {
      for (std::int64_t q = run.first; q <= run.last; q += step) add(q, q, function(q) - run.code);
      continue;
    }
    if (function(run.first) == run.code && function(run.last) == run.code) continue;
    Staircase stairs(function, step, INT64_MAX);  // a function as steep as the reference: few steps in a run
    stairs.walk(run.first, run.last);
    for (const Run& part : stairs.runs) add(part.first, part.last, part.code - run.code);
  }
  return out;
}

}  // namespace blendsim::lowering

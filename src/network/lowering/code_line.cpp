// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/code_line.h"

#include <algorithm>
#include <cmath>

namespace blendsim::lowering {

namespace {

// Evenly spaced thresholds are a line too: T[k] stands where the count passes k + 1/2.
std::optional<CodeLine> threshold_line(const Quantiser& q, const Linear& f, std::size_t c) {
  const float* row = q.thresholds.data() + (q.thresholds.size() == q.levels ? 0 : c * q.levels);
  const double first = row[0], last = row[q.levels - 1];
  if (q.levels < 2 || !(last > first)) return std::nullopt;
  const double a = static_cast<double>(q.levels - 1) / (last - first);
  const double b = static_cast<double>(q.lo) + 0.5 - a * first;
  return CodeLine{a * f.slope, a * f.offset + b, q.lo, q.hi};
}

// Where in a unit interval a rounding steps up: floor 0, nearest 1/2, ceiling the last place before 1.
double centre(RoundMode mode, std::int64_t lo) {
  switch (mode) {
    case RoundMode::floor: return 0;
    case RoundMode::down: return lo >= 0 ? 0 : 0.5;
    case RoundMode::ceil: return 1;
    case RoundMode::up: return lo >= 0 ? 1 : 0.5;
    default: return 0.5;
  }
}

}  // namespace

std::optional<CodeLine> code_line(const Reference& reference, std::size_t c) {
  const std::optional<Linear> f = chain_linear(reference.chain, c);
  if (!f) return std::nullopt;
  const Quantiser& q = reference.quantiser;
  CodeLine line;
  if (q.kind == Quantiser::Kind::quant || q.kind == Quantiser::Kind::trunc) {
    const double unit = 1.0 / q.scale.at(c) / q.divisor;
    line = {f->slope * unit, f->offset * unit + q.zero_point.at(c) / double{q.divisor}, q.lo, q.hi};
  } else if (q.kind == Quantiser::Kind::thresholds && !q.format.is_bipolar()) {
    const auto found = threshold_line(q, *f, c);
    if (!found) return std::nullopt;
    line = *found;
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(line.slope) || !std::isfinite(line.offset)) return std::nullopt;
  if (std::isfinite(f->lo)) line.lo = std::max(line.lo, q.code(static_cast<float>(f->lo), c));
  if (std::isfinite(f->hi)) line.hi = std::min(line.hi, q.code(static_cast<float>(f->hi), c));
  return line;
}

std::vector<Rounding> rounding_candidates(RoundMode mode) {
  switch (mode) {
    case RoundMode::half_even: return {Rounding::half_even};
    case RoundMode::half_up: return {Rounding::half_even, Rounding::half_up};
    case RoundMode::half_down: return {Rounding::half_even, Rounding::floor};
    default: return {Rounding::floor};
  }
}

double rounding_offset(RoundMode mode, std::int64_t lo, Rounding own, int shift) {
  const double target = centre(mode, lo);
  return std::ldexp(target - (own == Rounding::floor ? 0 : 0.5), shift) - (target == 1 ? 1 : 0);
}

}  // namespace blendsim::lowering

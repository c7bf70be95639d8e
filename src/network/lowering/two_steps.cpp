// SPDX-License-Identifier: Apache-2.0
// A requantisation in two steps: q1 onto a grid 2^k times as fine as the code, q3 shifts back.
//
// One multiplication cannot hit the ties of a slope that is not dyadic (an average over 6 taps): M / 2^s lies on one
// side of 1/6, and so do all ties. On the finer grid a tie is a whole number that q1 rounds to, whatever the error of
// M, and q3 rounds it as the file does.
#include <algorithm>
#include <cmath>

#include "network/lowering/code_line.h"
#include "network/lowering/runs.h"

namespace blendsim::lowering {

namespace {

constexpr int finer_bits[] = {4, 6, 7, 8, 10, 12, 14};
constexpr double half_sum_limit = 0x1p43;  // as in affine.cpp, for the product and for the offset

// One channel's M, B and s of q1, to the nearest of the grid whatever the rounding (an instruction has one for all its
// steps): the largest shift at which both fit.
void append_first_step(const CodeLine& line, const Domain& domain, int finer, int bits, Affine& q1) {
  const double reach = static_cast<double>(std::max(std::abs(domain.lowest()), std::abs(domain.highest())));
  const double most = std::ldexp(1.0, bits - 1) - 1;
  int shift = 44;  // as in affine.cpp
  double m = 0, b = 0;
  for (; shift >= 0; --shift) {
    m = std::nearbyint(std::ldexp(line.slope, finer + shift));
    b = std::nearbyint(std::ldexp(line.offset, finer + shift));
    if (q1.rounding == Rounding::floor && shift > 0) b += std::ldexp(1.0, shift - 1);
    if (std::fabs(m) <= most && reach * std::fabs(m) < half_sum_limit && std::fabs(b) < half_sum_limit) break;
  }
  if (shift < 0) m = b = shift = 0;  // far too steep: the comparison rejects it
  q1.multiplier.push_back(static_cast<std::int32_t>(m));
  q1.offset.push_back(static_cast<std::int64_t>(b));
  q1.shift.push_back(static_cast<std::uint8_t>(shift));
}

// Absent: the grid has no room for the codes.
std::optional<TwoStepFit> fit_on(int finer, Rounding rounding, RoundMode mode, const Domain& domain, int bits,
                                 int step_bits, const std::vector<CodeLine>& lines,
                                 const std::vector<std::vector<Run>>& runs) {
  const std::int64_t lo = lines.front().lo, hi = lines.front().hi;
  const std::int64_t scale = std::int64_t{1} << finer, grid_limit = std::int64_t{1} << (step_bits - 1);
  if (lo * scale < -grid_limit || hi * scale >= grid_limit) return std::nullopt;
  TwoStepFit fit;
  fit.first.lo = lo * scale;  // beyond, q3 saturates all the same
  fit.first.hi = hi * scale;
  fit.second.lo = lo;
  fit.second.hi = hi;
  fit.first.rounding = fit.second.rounding = rounding;
  const auto offset = static_cast<std::int64_t>(rounding_offset(mode, lo, rounding, finer));
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    append_first_step(lines[c], domain, finer, bits, fit.first);
    fit.second.multiplier.push_back(1);
    fit.second.offset.push_back(offset);
    fit.second.shift.push_back(static_cast<std::uint8_t>(finer));
    const Difference found = difference(
        runs[c], domain.step, [&](std::int64_t q) { return fit.second.apply(fit.first.apply(q, c), c); }, true);
    fit.exactness.checked += domain.count(c);
    fit.exactness.differing += found.differing;
    fit.exactness.max_error = std::max(fit.exactness.max_error, found.max_error);
  }
  fit.exactness.exact = fit.exactness.differing == 0;
  return fit;
}

}  // namespace

std::optional<TwoStepFit> fit_two_steps(const Reference& reference, const Domain& domain, int bits, int step_bits) {
  std::vector<CodeLine> lines;
  std::vector<std::vector<Run>> runs;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const auto line = code_line(reference, c);
    auto own = line ? code_runs(reference, domain, c) : std::nullopt;
    if (!own || line->lo > line->hi) return std::nullopt;
    if (c > 0 && (line->lo != lines.front().lo || line->hi != lines.front().hi)) return std::nullopt;
    lines.push_back(*line);
    runs.push_back(std::move(*own));
  }
  const Quantiser& q = reference.quantiser;
  const RoundMode mode = q.kind == Quantiser::Kind::thresholds ? RoundMode::half_up : q.rounding;  // >= takes ties up
  std::optional<TwoStepFit> best;
  for (const Rounding rounding : rounding_candidates(mode)) {
    for (const int finer : finer_bits) {
      auto fit = fit_on(finer, rounding, mode, domain, bits, step_bits, lines, runs);
      if (fit && (!best || fit->exactness.differing < best->exactness.differing)) best = std::move(fit);
      if (best && best->exactness.exact) return best;
    }
  }
  return best;
}

}  // namespace blendsim::lowering

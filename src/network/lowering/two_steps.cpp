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
void append_first_step(const CodeLine& line, double reach, int finer, int bits, Affine& q1) {
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

struct Grid {
  int finer = 0;
  Rounding rounding = Rounding::half_even;
  std::int64_t offset = 0;  // of q3
};

bool has_room(const CodeLine& line, int finer, int step_bits) {
  const std::int64_t scale = std::int64_t{1} << finer, grid_limit = std::int64_t{1} << (step_bits - 1);
  return line.lo * scale >= -grid_limit && line.hi * scale < grid_limit;
}

// Absent: `enough` or more values differ.
std::optional<TwoStepFit> fit_on(const Grid& grid, CodeRuns& runs, int bits, const std::vector<CodeLine>& lines,
                                 std::int64_t enough) {
  const Domain& domain = runs.domain();
  TwoStepFit fit;
  fit.second.lo = lines.front().lo;
  fit.second.hi = lines.front().hi;
  fit.first.lo = fit.second.lo * (std::int64_t{1} << grid.finer);  // beyond, q3 saturates all the same
  fit.first.hi = fit.second.hi * (std::int64_t{1} << grid.finer);
  fit.first.rounding = fit.second.rounding = grid.rounding;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    append_first_step(lines[c], runs.reach(), grid.finer, bits, fit.first);
    fit.second.multiplier.push_back(1);
    fit.second.offset.push_back(grid.offset);
    fit.second.shift.push_back(static_cast<std::uint8_t>(grid.finer));
    const Difference found = difference(
        *runs.of(c), domain.step, [&](std::int64_t q) { return fit.second.apply(fit.first.apply(q, c), c); }, true);
    fit.exactness.checked += domain.count(c);
    fit.exactness.differing += found.differing;
    fit.exactness.max_error = std::max(fit.exactness.max_error, found.max_error);
    if (fit.exactness.differing >= enough) return std::nullopt;
  }
  fit.exactness.exact = fit.exactness.differing == 0;
  return fit;
}

}  // namespace

std::optional<TwoStepFit> fit_two_steps(CodeRuns& runs, int bits, int step_bits, std::int64_t enough) {
  const Reference& reference = runs.reference();
  std::vector<CodeLine> lines;
  for (std::size_t c = 0; c < runs.domain().channels(); ++c) {
    const auto line = code_line(reference, c);
    if (!line || line->lo > line->hi) return std::nullopt;
    if (c > 0 && (line->lo != lines.front().lo || line->hi != lines.front().hi)) return std::nullopt;
    lines.push_back(*line);
  }
  if (!has_room(lines.front(), finer_bits[0], step_bits)) return std::nullopt;
  for (std::size_t c = 0; c < runs.domain().channels(); ++c) {
    if (!runs.of(c)) return std::nullopt;
  }
  const Quantiser& q = reference.quantiser;
  const RoundMode mode = q.kind == Quantiser::Kind::thresholds ? RoundMode::half_up : q.rounding;  // >= takes ties up
  std::optional<TwoStepFit> best;
  for (const Rounding rounding : rounding_candidates(mode)) {
    for (const int finer : finer_bits) {
      if (!has_room(lines.front(), finer, step_bits)) break;
      const auto offset = static_cast<std::int64_t>(rounding_offset(mode, lines.front().lo, rounding, finer));
      auto fit = fit_on({finer, rounding, offset}, runs, bits, lines, best ? best->exactness.differing : enough);
      if (fit) best = std::move(fit);
      if (best && best->exactness.exact) return best;
    }
  }
  return best;
}

}  // namespace blendsim::lowering

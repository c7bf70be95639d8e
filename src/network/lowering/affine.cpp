// SPDX-License-Identifier: Apache-2.0
// Multiplier, offset and shift of one requantisation, channel by channel.
//
// 1. A chain that rounds nowhere (ExactWalk) is a dyadic formula: M, B and s are read off, exact on any domain.
// 2. Otherwise M is searched near the ideal slope; for each M the offsets that satisfy every run of equal codes form an
//    interval, and a non-empty interval is an exactly equal (M, B, s).
// 3. Otherwise the ideal M and B, and the differing values are counted.
// 4. fit_two_steps: a finer grid first, and a shift behind it.
#include <algorithm>
#include <array>
#include <cmath>

#include "network/lowering/line_code.h"
#include "network/lowering/runs.h"

namespace blendsim::lowering {

namespace {

// The contract allows sums up to 2^47 and shifts up to 47. Three bits less cost no exactness (a shift this long only
// refines a slope that hardly moves the result) and leave room for a unit that shifts by multiples of 4 and scales M
// and B up for it.
constexpr std::int64_t sum_limit = std::int64_t{1} << 44;
constexpr int longest_shift = 44;
constexpr std::array<int, 21> search_steps = {0, 1,  -1, 2,   -2, 3,   -3, 4,   -4, 6,  -6,
                                              8, -8, 12, -12, 16, -16, 32, -32, 64, -64};

struct Parameters {
  std::int64_t multiplier = 0, offset = 0;
  int shift = 0;
};

class ChannelFitter {
 public:
  ChannelFitter(CodeRuns& runs, int bits, Rounding rounding, const CodeLine& line, std::size_t c)
      : runs_(runs),
        reference_(runs.reference()),
        domain_(runs.domain()),
        limit_((std::int64_t{1} << (bits - 1)) - 1),
        rounding_(rounding),
        line_(line),
        c_(c),
        reach_(runs.reach()) {}

  [[nodiscard]] Parameters fit(Exactness& exactness) const {
    Parameters p;
    if (dyadic(p) || (!is_refuted() && search(p))) {
      exactness.checked += domain_.count(c_);
      return p;
    }
    p = ideal();
    compare(
        runs_, c_, exactness, [&](std::int64_t q) { return value(p, q); }, true);
    return p;
  }

  [[nodiscard]] Parameters ideal() const {
    const int s = largest_shift();
    const double slope = std::nearbyint(std::ldexp(line_.slope, s)), offset = offset_for(s);
    if (fits(slope, offset)) return reduced({static_cast<std::int64_t>(slope), static_cast<std::int64_t>(offset), s});
    // Steeper than M or the sum can be: so steep that neighbours saturate. The flattest line through the same zero.
    constexpr double half = static_cast<double>(sum_limit / 2) - 1;
    const double steepest = std::floor(std::min(static_cast<double>(limit_), half / std::max(1.0, reach_)));
    const double flattening = std::fabs(slope) > steepest ? steepest / std::fabs(slope) : 1;
    const double m = std::nearbyint(slope * flattening), b = std::nearbyint(offset * flattening);
    return reduced({static_cast<std::int64_t>(m), static_cast<std::int64_t>(std::clamp(b, -half, half)), s});
  }

  // The same without a count.
  [[nodiscard]] Parameters find() const {
    Parameters p;
    if (dyadic(p)) return p;
    return !is_refuted() && !ideal_is_equal() && search(p) ? p : ideal();
  }

 private:
  [[nodiscard]] std::int64_t value(const Parameters& p, std::int64_t q) const {
    return std::clamp(shift_round(q * p.multiplier + p.offset, p.shift, rounding_), line_.lo, line_.hi);
  }

  // Half of the sum for the product, half for the offset: a program is proven by what its instructions tell of the
  // operand, which is less than what is known here.
  [[nodiscard]] bool fits(double m, double b) const {
    constexpr double half = static_cast<double>(sum_limit / 2);
    return std::fabs(m) <= static_cast<double>(limit_) && reach_ * std::fabs(m) < half && std::fabs(b) < half;
  }

  static Parameters reduced(Parameters p) {
    while (p.shift > 0 && (p.multiplier & 1) == 0 && (p.offset & 1) == 0) {
      p.multiplier /= 2;
      p.offset /= 2;
      --p.shift;
    }
    return p;
  }

  [[nodiscard]] double offset_for(int shift) const {
    return std::nearbyint(std::ldexp(line_.offset, shift) +
                          rounding_offset(reference_.quantiser.rounding, line_.lo, rounding_, shift));
  }

  [[nodiscard]] bool dyadic(Parameters& p) const {
    const Quantiser& q = reference_.quantiser;
    const bool nearest = q.rounding == RoundMode::half_even && rounding_ == Rounding::half_even;
    const bool down = (q.rounding == RoundMode::floor || q.rounding == RoundMode::ceil) && rounding_ == Rounding::floor;
    if (q.kind == Quantiser::Kind::thresholds || (!nearest && !down)) return false;
    ExactWalk walk;
    walk.start(domain_.lo[c_], domain_.hi[c_]);
    if (!walk_chain(reference_.chain, c_, walk)) return false;
    walk.divide(q.scale.at(c_));
    const bool odd = std::fmod(q.zero_point.at(c_), 2.0F) != 0;
    if (odd && !q.saturate_first && walk.granule < 0) return false;  // added behind the rounding: ties go to odd codes
    walk.add(q.zero_point.at(c_));
    if (q.kind == Quantiser::Kind::trunc) {
      if (walk.granule < 0) return false;
      walk.divide(q.divisor);
    }
    if (!walk.exact) return false;
    const int need = std::max({0, -granule_or_zero(line_.slope), -granule_or_zero(line_.offset)});
    if (need > longest_shift || !fits(std::ldexp(line_.slope, need), offset_for(need))) return false;
    p = {static_cast<std::int64_t>(std::ldexp(line_.slope, need)), static_cast<std::int64_t>(offset_for(need)), need};
    return true;
  }

  static int granule_or_zero(double v) { return v == 0 ? 0 : granule_of(v); }

  [[nodiscard]] int largest_shift() const {
    for (int s = longest_shift; s > 0; --s) {
      if (fits(std::fabs(std::nearbyint(std::ldexp(line_.slope, s))) + 64, std::fabs(offset_for(s)) + 64)) return s;
    }
    return 0;
  }

  // The sums that round to code t: [lower, upper]. Codes too far out for any sum have bounds that no offset meets.
  [[nodiscard]] std::int64_t lower(std::int64_t t, int s) const {
    if (s == 0) return t;
    if (rounding_ == Rounding::floor) return scaled(t, s);
    return scaled(2 * t - 1, s - 1) + (rounding_ == Rounding::half_even && (t & 1) != 0 ? 1 : 0);
  }
  [[nodiscard]] std::int64_t upper(std::int64_t t, int s) const {
    if (s == 0) return t;
    if (rounding_ == Rounding::floor) return scaled(t + 1, s) - 1;
    return scaled(2 * t + 1, s - 1) - (rounding_ == Rounding::half_even && (t & 1) == 0 ? 0 : 1);
  }
  static std::int64_t scaled(std::int64_t t, int s) {
    constexpr std::int64_t out_of_reach = std::int64_t{1} << 60;
    if (std::abs(t) >= out_of_reach >> s) return t < 0 ? -out_of_reach : out_of_reach;
    return t * (std::int64_t{1} << s);
  }

  // The offsets with which a multiplier gives the codes that were narrowed down to: none where low > high.
  struct Offsets {
    std::int64_t low = 1 - sum_limit / 2, high = sum_limit / 2 - 1;
  };
  void narrow(Offsets& offsets, std::int64_t q, std::int64_t code, std::int64_t m, int s) const {
    if (code > line_.lo) offsets.low = std::max(offsets.low, lower(code, s) - q * m);
    if (code < line_.hi) offsets.high = std::min(offsets.high, upper(code, s) - q * m);
  }

  // Calls f(M, s) for each multiplier to try, the ideal first, until it returns true.
  template <class F>
  bool try_multipliers(F f) const {
    const int s = largest_shift();
    const double slope = std::nearbyint(std::ldexp(line_.slope, s));
    if (std::fabs(slope) > static_cast<double>(limit_) + 64) return false;
    for (const int step : search_steps) {
      const std::int64_t m = static_cast<std::int64_t>(slope) + step;
      if (std::abs(m) <= limit_ && f(m, s)) return true;
    }
    return false;
  }

  // A formula that is equal on the whole domain. Products are monotone in q, so the two ends of a run bound the offset
  // for all of it.
  [[nodiscard]] bool search(Parameters& p) const {
    const auto& runs = runs_.of(c_);
    if (!runs) return false;
    return try_multipliers([&](std::int64_t m, int s) {
      Offsets offsets;
      for (const Run& run : *runs) {
        narrow(offsets, run.first, run.code, m, s);
        narrow(offsets, run.last, run.code, m, s);
        if (offsets.low > offsets.high) return false;
      }
      const auto wished = static_cast<std::int64_t>(
          std::clamp(offset_for(s), -static_cast<double>(sum_limit), static_cast<double>(sum_limit)));
      const std::int64_t offset = std::clamp(wished, offsets.low, offsets.high);
      if (!fits(static_cast<double>(m), static_cast<double>(offset))) return false;
      p = reduced({m, offset, s});
      return true;
    });
  }

  // No multiplier of the search gives the codes of a few values next to ties, where they narrow the offset most.
  [[nodiscard]] bool is_refuted() const {
    constexpr std::int64_t few = 4096, many = 32768;
    if (!is_wide(reference_.quantiser) || reference_.quantiser.rounding != RoundMode::half_even) return false;
    for (const std::int64_t places : {few, many}) {
      const std::vector<Seen> seen = near_ties(places);
      const bool survives = try_multipliers([&](std::int64_t m, int s) {
        Offsets offsets;
        for (const Seen& at : seen) {
          narrow(offsets, at.q, at.code, m, s);
          if (offsets.low > offsets.high) return false;
        }
        return true;
      });
      if (!survives) return true;
      if (domain_.count(c_) <= places) return false;
    }
    return false;
  }

  // Then search() gives the ideal too.
  [[nodiscard]] bool ideal_is_equal() const {
    if (!is_wide(reference_.quantiser) || domain_.count(c_) > exhaustive_limit) return false;
    const int s = largest_shift();
    if (!fits(std::nearbyint(std::ldexp(line_.slope, s)), offset_for(s))) return false;
    const Parameters p = ideal();
    const LineCode code(reference_, domain_, c_);
    for (std::int64_t q = domain_.lo[c_]; q <= domain_.hi[c_]; q += domain_.step) {
      if (value(p, q) != code(q)) return false;
    }
    return true;
  }

  struct Seen {
    std::int64_t q = 0, code = 0;
  };
  // Of at most this many values of the domain, evenly spread, those whose line lies next to a tie.
  [[nodiscard]] std::vector<Seen> near_ties(std::int64_t places) const {
    constexpr double near = 0x1p-6;
    const std::int64_t count = domain_.count(c_), looked = std::min(count, places), pitch = count / looked;
    std::vector<Seen> out;
    for (std::int64_t i = 0; i < looked; ++i) {
      const std::int64_t q = domain_.lo[c_] + i * pitch * domain_.step;
      const double code = line_.slope * static_cast<double>(q) + line_.offset;
      if (!(code >= static_cast<double>(line_.lo) - 1 && code <= static_cast<double>(line_.hi) + 1)) continue;
      if (0.5 - std::fabs(code - nearest(code)) < near) out.push_back({q, reference_(q, c_)});
    }
    return out;
  }

  static double nearest(double v) {  // |v| < 2^51
    constexpr double whole = 0x1.8p52;
    return (v + whole) - whole;
  }

  CodeRuns& runs_;
  const Reference& reference_;
  const Domain& domain_;
  std::int64_t limit_;
  Rounding rounding_;
  const CodeLine& line_;
  std::size_t c_;
  double reach_;
};

// find: a channel's parameters, by its fitter.
template <class F>
Affine affine_with(CodeRuns& runs, int bits, Rounding rounding, const std::vector<CodeLine>& lines, F find) {
  Affine out;
  out.rounding = rounding;
  out.lo = lines.front().lo;
  out.hi = lines.front().hi;
  for (std::size_t c = 0; c < lines.size(); ++c) {
    const Parameters p = find(ChannelFitter(runs, bits, rounding, lines[c], c));
    out.multiplier.push_back(static_cast<std::int32_t>(p.multiplier));
    out.offset.push_back(p.offset);
    out.shift.push_back(static_cast<std::uint8_t>(p.shift));
  }
  return out;
}

// Absent: not of one form in all channels.
std::optional<std::vector<CodeLine>> code_lines(const Reference& reference, std::size_t channels) {
  std::vector<CodeLine> lines;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto line = code_line(reference, c);
    if (!line || line->lo > line->hi) return std::nullopt;
    if (c > 0 && (line->lo != lines.front().lo || line->hi != lines.front().hi)) return std::nullopt;
    lines.push_back(*line);
  }
  return lines;
}

}  // namespace

std::vector<std::int64_t> sample_domain(const Domain& domain, std::size_t c) {
  std::vector<std::int64_t> out;
  const std::int64_t count = domain.count(c);
  const auto at = [&](std::int64_t i) { return domain.lo[c] + i * domain.step; };
  constexpr std::int64_t even = 4096, edge = 64;
  for (std::int64_t i = 0; i < std::min(edge, count); ++i) out.push_back(at(i));
  for (std::int64_t i = 0; i < std::min(edge, count); ++i) out.push_back(at(count - 1 - i));
  for (std::int64_t k = 0; k < even; ++k) out.push_back(at(count / even * k));
  const std::int64_t zero = std::clamp((-domain.lo[c]) / domain.step, std::int64_t{0}, count - 1);
  for (std::int64_t i = std::max<std::int64_t>(0, zero - edge); i < std::min(count, zero + edge); ++i)
    out.push_back(at(i));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

int multiplier_bits(const LoweringOptions& options, std::int64_t lo, std::int64_t hi) {
  const std::int64_t limit = std::int64_t{1} << 17;
  return lo >= -limit && hi < limit ? options.multiplier_bits_binary : options.multiplier_bits_fixed;
}

std::optional<AffineFit> fit_affine(CodeRuns& runs, int bits) {
  const auto lines = code_lines(runs.reference(), runs.domain().channels());
  if (!lines) return std::nullopt;
  std::optional<AffineFit> best;
  for (const Rounding rounding : rounding_candidates(runs.reference().quantiser.rounding)) {
    AffineFit fit;
    fit.affine = affine_with(runs, bits, rounding, *lines,
                             [&](const ChannelFitter& fitter) { return fitter.fit(fit.exactness); });
    if (!best || fit.exactness.differing < best->exactness.differing) best = std::move(fit);
    if (best->exactness.differing == 0) break;
  }
  best->exactness.ambiguous = count_ambiguous(runs);
  return best;
}

std::optional<Affine> find_affine(const Reference& reference, const Domain& domain, int bits) {
  CodeRuns runs(reference, domain);
  const auto roundings = rounding_candidates(reference.quantiser.rounding);
  const auto lines = code_lines(reference, domain.channels());
  if (!lines) return std::nullopt;
  if (roundings.size() == 1) {
    return affine_with(runs, bits, roundings.front(), *lines,
                       [](const ChannelFitter& fitter) { return fitter.find(); });
  }
  const auto fit = fit_affine(runs, bits);  // the best of several
  return fit->affine;
}

std::optional<AffineFit> nearest_affine(const Reference& reference, const Domain& domain, int bits) {
  const auto lines = code_lines(reference, domain.channels());
  if (!lines) return std::nullopt;
  CodeRuns runs(reference, domain);
  AffineFit fit;
  fit.affine = affine_with(runs, bits, rounding_candidates(reference.quantiser.rounding).front(), *lines,
                           [](const ChannelFitter& fitter) { return fitter.ideal(); });
  fit.exactness.exact = false;
  return fit;
}

std::int64_t count_ambiguous(CodeRuns& runs) {
  const Reference& reference = runs.reference();
  const Domain& domain = runs.domain();
  const std::optional<Chain> other = other_order(reference.chain);
  if (!other) return 0;
  const Reference swapped{*other, reference.quantiser};
  Exactness tally;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    ExactWalk one, two;
    one.start(domain.lo[c], domain.hi[c]);
    two = one;
    if (walk_chain(reference.chain, c, one) && walk_chain(*other, c, two)) continue;  // neither order rounds
    compare(runs, c, tally, LineCode(swapped, domain, c), chain_direction(*other, c).has_value());
  }
  return tally.differing;
}

}  // namespace blendsim::lowering

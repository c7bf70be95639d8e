// SPDX-License-Identifier: Apache-2.0
// Relu or PRelu in the middle of a chain: q1 onto a fine grid, the activation there, then q3 or thresholds.
#include <algorithm>
#include <cmath>

#include "network/lowering/fit.h"
#include "network/lowering/runs.h"

namespace blendsim::lowering {

namespace {

// The activation's operand: beyond 18 bits it leaves q3 the narrow multiplier, which loses nothing where q3 only
// shifts.
struct GridChoice {
  int bits;
  bool own_units;
};
std::vector<GridChoice> grid_choices(int step_bits) {
  if (step_bits <= 18) return {{step_bits, false}, {step_bits, true}};
  return {{18, false}, {step_bits, true}, {step_bits, false}};
}

double slope_of(const Step& activation, std::size_t c) {
  return activation.kind == Step::Kind::relu ? 0.0 : double{activation.p.at(c)};
}

// Largest |value| of a channel before and after the activation.
double bound_of(const Linear& f, const Step& activation, const Domain& domain, std::size_t c) {
  double bound = 0;
  for (const std::int64_t q : {domain.lo[c], domain.hi[c]}) {
    const double y = std::clamp(f.slope * static_cast<double>(q) + f.offset, f.lo, f.hi);
    bound = std::max(bound, std::fabs(y) * (y < 0 ? std::max(1.0, std::fabs(slope_of(activation, c))) : 1.0));
  }
  return bound;
}

// The finest units (first * 2^-k) on which the values fit the grid: one power of two, or for each channel the step of
// the quantiser behind, so that q3 is a shift. Absent: a chain is not linear.
std::optional<PerChannel> grid_units(const Reference& reference, Chain::const_iterator place, const Domain& domain,
                                     GridChoice choice) {
  const Chain before(reference.chain.begin(), place), after(place + 1, reference.chain.end());
  const double room = std::ldexp(1.0, choice.bits - 1) - 1;
  const auto finest = [&](double first, double bound) {
    const double k = bound == 0 ? 0 : std::floor(std::log2(room * first / bound));
    return first * std::exp2(-std::clamp(k, -30.0, 40.0));
  };
  double largest = 0;
  PerChannel units;
  units.values.clear();
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const auto f = chain_linear(before, c);
    if (!f) return std::nullopt;
    const double bound = bound_of(*f, *place, domain, c);
    largest = std::max(largest, bound);
    if (!choice.own_units) continue;
    const auto behind = chain_linear(after, c);
    if (!behind || reference.quantiser.kind != Quantiser::Kind::quant) return std::nullopt;
    const double step = behind->slope == 0 ? 1.0 : std::fabs(reference.quantiser.scale.at(c) / behind->slope);
    units.values.push_back(static_cast<float>(finest(step, bound)));
  }
  if (!choice.own_units) units.values = {static_cast<float>(finest(1, largest))};
  return units;
}

Activation make_activation(const Step& step, std::size_t channels, int grid_bits) {
  Activation out;
  out.lo = -(std::int64_t{1} << (grid_bits - 1));
  out.hi = -out.lo - 1;
  for (std::size_t c = 0; c < channels; ++c) {
    const double slope = slope_of(step, c);
    int shift = 0;
    if (slope != 0) {
      shift = std::clamp(std::max(0, -granule_of(slope)), 0, 44);
      while (shift > 0 && std::fabs(std::nearbyint(std::ldexp(slope, shift))) >= 131072.0) --shift;
    }
    const double scaled = std::clamp(std::nearbyint(std::ldexp(slope, shift)), -131071.0, 131071.0);
    out.slope.push_back(static_cast<std::int32_t>(scaled));
    out.shift.push_back(static_cast<std::uint8_t>(shift));
  }
  return out;
}

std::optional<ActivationFit> fit_on_grid(CodeRuns& runs, const LoweringOptions& options, Chain::const_iterator place,
                                         GridChoice choice) {
  const Reference& reference = runs.reference();
  const Domain& domain = runs.domain();
  const Chain& chain = reference.chain;
  const Chain before(chain.begin(), place);
  const auto units = grid_units(reference, place, domain, choice);
  if (!units) return std::nullopt;
  Quantiser grid = grid_quantiser(1, choice.bits, reference.quantiser.node, {});
  grid.scale = *units;
  const auto q1 = find_affine({before, grid}, domain, multiplier_bits(options, domain.lowest(), domain.highest()));
  if (!q1) return std::nullopt;

  ActivationFit fit;
  fit.recipe.q1 = *q1;
  fit.recipe.activation = make_activation(*place, domain.channels(), choice.bits);
  fit.recipe.activation_place = PostProcessing::ActivationPlace::after_q1;
  Chain after{make_step(Step::Kind::multiply, *units)};
  after.insert(after.end(), place + 1, chain.end());
  const Reference rest{after, reference.quantiser};
  const Activation& a = *fit.recipe.activation;
  const Domain inner{std::vector(domain.channels(), a.lo), std::vector(domain.channels(), a.hi), 1};
  if (reference.quantiser.format.bits() <= 4) {
    const auto code = fit_thresholds(rest, inner);
    if (!code) return std::nullopt;
    if (!code->is_sign) fit.recipe.thresholds = code->thresholds;
  } else {
    const auto q3 = find_affine(rest, inner, multiplier_bits(options, a.lo, a.hi));
    if (!q3) return std::nullopt;
    fit.recipe.q3 = *q3;
  }
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const auto code_of = [&](std::int64_t q) {
      const std::int64_t u = a.apply(fit.recipe.q1->apply(q, c), c);
      if (fit.recipe.q3) return fit.recipe.q3->apply(u, c);
      const std::int64_t count = fit.recipe.thresholds ? fit.recipe.thresholds->count(u, c) : (u >= 0 ? 1 : 0);
      return reference.quantiser.format.is_bipolar() ? 2 * count - 1 : reference.quantiser.lo + count;
    };
    compare(runs, c, fit.exactness, code_of, a.slope[c] >= 0);
  }
  return fit;
}

}  // namespace

std::optional<ActivationFit> fit_activation(CodeRuns& runs, const LoweringOptions& options) {
  const Chain& chain = runs.reference().chain;
  const auto place = std::find_if(chain.begin(), chain.end(), [](const Step& step) {
    return step.kind == Step::Kind::relu || step.kind == Step::Kind::prelu;
  });
  if (place == chain.end()) return std::nullopt;
  std::optional<ActivationFit> best;
  for (const GridChoice choice : grid_choices(options.step_bits)) {
    auto fit = fit_on_grid(runs, options, place, choice);
    if (fit && (!best || fit->exactness.differing < best->exactness.differing)) best = std::move(fit);
    if (best && best->exactness.differing == 0) break;
  }
  if (best) best->exactness.ambiguous = count_ambiguous(runs);
  return best;
}

}  // namespace blendsim::lowering

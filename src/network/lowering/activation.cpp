// SPDX-License-Identifier: Apache-2.0
// Relu or PRelu in the middle of a chain: q1 onto a fine grid, the activation there, then q3 or thresholds.
#include <algorithm>
#include <cmath>

#include "network/lowering/fit.h"

namespace blendsim::lowering {

namespace {

constexpr int grid_bits = 18;  // the activation's operand, so that q3 keeps the wide multiplier

// Fraction bits of the finest power-of-two grid of 18 bits that holds the chain's values.
std::optional<int> fraction_bits(const Chain& chain, const Domain& domain) {
  double bound = 0;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const auto f = chain_linear(chain, c);
    if (!f) return std::nullopt;
    for (const std::int64_t q : {domain.lo[c], domain.hi[c]}) {
      bound = std::max(bound, std::fabs(std::clamp(f->slope * static_cast<double>(q) + f->offset, f->lo, f->hi)));
    }
  }
  if (bound == 0) return 0;
  const double room = std::ldexp(1.0, grid_bits - 1) - 1;
  return std::clamp(static_cast<int>(std::floor(std::log2(room / bound))), -30, 40);
}

Activation make_activation(const Step& step, std::size_t channels) {
  Activation out;
  out.lo = -(std::int64_t{1} << (grid_bits - 1));
  out.hi = -out.lo - 1;
  for (std::size_t c = 0; c < channels; ++c) {
    const double slope = step.kind == Step::Kind::relu ? 0.0 : step.p.at(c);
    int shift = 0;
    if (slope != 0) {
      shift = std::clamp(std::max(0, -granule_of(slope)), 0, 47);
      while (shift > 0 && std::fabs(std::nearbyint(std::ldexp(slope, shift))) >= 131072.0) --shift;
    }
    const double scaled = std::clamp(std::nearbyint(std::ldexp(slope, shift)), -131071.0, 131071.0);
    out.slope.push_back(static_cast<std::int32_t>(scaled));
    out.shift.push_back(static_cast<std::uint8_t>(shift));
  }
  return out;
}

}  // namespace

std::optional<ActivationFit> fit_activation(const Reference& reference, const Domain& domain,
                                            const LoweringOptions& options) {
  const Chain& chain = reference.chain;
  const auto place = std::find_if(chain.begin(), chain.end(), [](const Step& step) {
    return step.kind == Step::Kind::relu || step.kind == Step::Kind::prelu;
  });
  if (place == chain.end()) return std::nullopt;
  const Chain before(chain.begin(), place);
  const auto fraction = fraction_bits(before, domain);
  if (!fraction) return std::nullopt;
  const auto unit = static_cast<float>(std::ldexp(1.0, -*fraction));
  const Quantiser grid = grid_quantiser(unit, grid_bits, reference.quantiser.node, {});
  const auto q1 = fit_affine({before, grid}, domain, multiplier_bits(options, domain.lowest(), domain.highest()));
  if (!q1) return std::nullopt;

  ActivationFit fit;
  fit.recipe.q1 = q1->affine;
  fit.recipe.activation = make_activation(*place, domain.channels());
  fit.recipe.activation_place = PostProcessing::ActivationPlace::after_q1;
  Chain after{make_step(Step::Kind::multiply, {{unit}})};
  after.insert(after.end(), place + 1, chain.end());
  const Reference rest{after, reference.quantiser};
  const Domain inner{std::vector(domain.channels(), fit.recipe.activation->lo),
                     std::vector(domain.channels(), fit.recipe.activation->hi), 1};
  if (reference.quantiser.format.bits() <= 4) {
    const auto code = fit_thresholds(rest, inner);
    if (!code) return std::nullopt;
    if (!code->is_sign) fit.recipe.thresholds = code->thresholds;
  } else {
    const auto q3 = fit_affine(rest, inner, options.multiplier_bits_binary);
    if (!q3) return std::nullopt;
    fit.recipe.q3 = q3->affine;
  }
  fit.exactness.ambiguous = count_ambiguous(reference, domain);
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    compare(reference, domain, c, fit.exactness, [&](std::int64_t q) {
      const std::int64_t u = fit.recipe.activation->apply(fit.recipe.q1->apply(q, c), c);
      if (fit.recipe.q3) return fit.recipe.q3->apply(u, c);
      const std::int64_t count = fit.recipe.thresholds ? fit.recipe.thresholds->count(u, c) : (u >= 0 ? 1 : 0);
      return reference.quantiser.format.is_bipolar() ? 2 * count - 1 : reference.quantiser.lo + count;
    });
  }
  return fit;
}

}  // namespace blendsim::lowering

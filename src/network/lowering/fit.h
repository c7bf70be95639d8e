// SPDX-License-Identifier: Apache-2.0
// From a chain and a quantiser to integers: thresholds by bisection, or multiplier, offset and shift.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "network/integer_network.h"
#include "network/lowering/chain.h"
#include "network/lowering/quantiser.h"

namespace blendsim::lowering {

// The integers a map can hold in each channel: lo, lo + step, ..., hi.
struct Domain {
  std::vector<std::int64_t> lo, hi;  // one a channel
  std::int64_t step = 1;
  [[nodiscard]] std::size_t channels() const { return lo.size(); }
  [[nodiscard]] std::int64_t count(std::size_t c) const { return (hi[c] - lo[c]) / step + 1; }
  [[nodiscard]] std::int64_t lowest() const;
  [[nodiscard]] std::int64_t highest() const;
};

[[nodiscard]] inline Domain uniform_domain(std::size_t channels, std::int64_t lo, std::int64_t hi, std::int64_t step) {
  return {std::vector(channels, lo), std::vector(channels, hi), step};
}

// Domain values of a channel that are checked one by one.
inline constexpr std::int64_t exhaustive_limit = std::int64_t{1} << 17;

// A code, and the least and the largest that a computation of the same formula may decide for.
struct CodeBounds {
  std::int64_t value = 0, lo = 0, hi = 0;
  [[nodiscard]] bool is_certain() const { return lo == value && hi == value; }
};

// What the file computes: quantiser(chain(q)).
struct Reference {
  const Chain& chain;
  const Quantiser& quantiser;
  [[nodiscard]] std::int64_t operator()(std::int64_t q, std::size_t c) const {
    return quantiser.code(evaluate_chain(chain, static_cast<float>(q), c), c);
  }
  [[nodiscard]] CodeBounds bounds(std::int64_t q, std::size_t c) const;
};

class CodeRuns;  // runs.h: a reference, its domain, and the runs of each channel

struct ThresholdFit {
  Thresholds thresholds;
  Exactness exactness;
  bool is_sign = false;  // one threshold at 0, upward, in every channel
};
// Absent: some channel is not monotone. Thresholds lie in [domain.lowest(), domain.highest() + 1].
[[nodiscard]] std::optional<ThresholdFit> fit_thresholds(const Reference& reference, const Domain& domain);

struct AffineFit {
  Affine affine;
  Exactness exactness;
};
// Absent: the chain is not of the form clamp(slope*q + offset) with one pair of saturation codes for all channels.
[[nodiscard]] std::optional<AffineFit> fit_affine(CodeRuns& runs, int multiplier_bits);
// The nearest line to the formula, neither searched for nor compared: not exact, nothing checked.
[[nodiscard]] std::optional<AffineFit> nearest_affine(const Reference& reference, const Domain& domain,
                                                      int multiplier_bits);
// The same formula without an account of its exactness.
[[nodiscard]] std::optional<Affine> find_affine(const Reference& reference, const Domain& domain, int multiplier_bits);

// The same in two multiplications, onto a finer grid and back: exact at ties that one multiplication misses.
struct TwoStepFit {
  Affine first, second;
  Exactness exactness;
};
// Absent: no such chain, a domain that nothing can be shown on, or `enough` or more differing values.
[[nodiscard]] std::optional<TwoStepFit> fit_two_steps(CodeRuns& runs, int multiplier_bits, int step_bits,
                                                      std::int64_t enough);

// q1, activation, q3 of a chain with one Relu or PRelu in it. The recipe's q1, activation, activation_place and q3 are
// set.
struct ActivationFit {
  PostProcessing recipe;
  Exactness exactness;
};
[[nodiscard]] std::optional<ActivationFit> fit_activation(CodeRuns& runs, const LoweringOptions& options);

// Signed bits of M for an operand of this range.
[[nodiscard]] int multiplier_bits(const LoweringOptions& options, std::int64_t lo, std::int64_t hi);

// Values (all, or samples) on which the two usual orders of batch normalisation decide differently.
[[nodiscard]] std::int64_t count_ambiguous(CodeRuns& runs);

// Values of a domain that is too large to look at whole: at least 4096, with both ends and what lies around 0.
[[nodiscard]] std::vector<std::int64_t> sample_domain(const Domain& domain, std::size_t c);

}  // namespace blendsim::lowering

// SPDX-License-Identifier: Apache-2.0
// What is proven from the steps of a staircase equals what walking every value finds: random chains (rising, falling,
// constant, bent), quantisers and domains.
#include "network/lowering/runs.h"

#include <gtest/gtest.h>

#include <cmath>

#include "network/lowering/line_code.h"
#include "network/lowering/weights.h"
#include "numerics/float_ops.h"
#include "unit/network/lower_support.h"

namespace blendsim {
namespace {

using namespace lowering;
using test::Random;

PerChannel channels(Random& random, std::size_t count, float lo, float hi, int least_exponent, int most_exponent) {
  PerChannel out;
  out.values.clear();
  for (std::size_t c = 0; c < count; ++c) {
    const int exponent = static_cast<int>(random.between(least_exponent, most_exponent));
    out.values.push_back(random.chance(5) ? 0.0F : std::ldexp(random.real(lo, hi), exponent));
  }
  return out;
}

Step normalisation(Random& random, std::size_t count) {
  Step step = make_step(Step::Kind::batch_normalization, {{0.0F}});
  step.gamma = channels(random, count, -1.5F, 1.5F, -3, 1);
  step.beta = channels(random, count, -1, 1, -3, 3);
  step.mean = channels(random, count, -1, 1, 0, 8);
  step.variance = channels(random, count, 0.2F, 4, 0, 8);
  step.epsilon = 1e-5F;
  step.deviation.values.clear();
  for (const float v : step.variance.values) step.deviation.values.push_back(standard_deviation(v, step.epsilon));
  return step;
}

// Finite on every domain of 32 bits.
Chain random_chain(Random& random, std::size_t count, bool bent) {
  Chain chain{make_step(Step::Kind::multiply, channels(random, count, -1, 1, -14, 2))};
  const std::int64_t more = random.between(0, 3);
  for (std::int64_t i = 0; i < more; ++i) {
    switch (random.between(0, bent ? 7 : 6)) {
      case 0: chain.push_back(make_step(Step::Kind::add, channels(random, count, -1, 1, -4, 6))); break;
      case 1: chain.push_back(make_step(Step::Kind::reverse_subtract, channels(random, count, -1, 1, -4, 6))); break;
      case 2: chain.push_back(make_step(Step::Kind::divide, {{random.real(0.5F, 3)}})); break;
      case 3: chain.push_back(make_step(Step::Kind::relu, {})); break;
      case 4:
        chain.push_back(make_step(Step::Kind::clip, {{random.real(-9, -1)}}));
        chain.back().high = {{random.real(1, 60)}};
        break;
      case 5: chain.push_back(normalisation(random, count)); break;
      case 6: chain.push_back(make_step(Step::Kind::prelu, channels(random, count, 0, 1, -2, 0))); break;
      default: chain.push_back(make_step(Step::Kind::prelu, channels(random, count, -1, 0, -2, 0))); break;
    }
  }
  return chain;
}

Quantiser random_quantiser(Random& random, int most_bits) {
  Quantiser q = grid_quantiser(std::ldexp(random.chance(40) ? 1.0F : random.real(0.5F, 1), -1), 8, "q", "y");
  const int bits = static_cast<int>(random.between(2, most_bits));
  q.scale.values[0] *= std::ldexp(1.0F, static_cast<int>(random.between(-6, 3)));
  q.lo = random.chance(50) ? 0 : -(std::int64_t{1} << (bits - 1));
  q.hi = q.lo + (std::int64_t{1} << bits) - 1;
  q.zero_point = {{static_cast<float>(random.chance(50) ? 0 : random.between(q.lo, q.hi))}};
  q.saturate_first = random.chance(50);
  q.rounding = static_cast<RoundMode>(random.between(0, 6));
  return q;
}

Domain random_domain(Random& random, std::size_t count) {
  Domain domain;
  domain.step = random.between(1, 2);
  const std::int64_t reach = std::int64_t{1} << random.between(0, 12);
  for (std::size_t c = 0; c < count; ++c) {
    domain.lo.push_back(random.between(-reach, reach));
    domain.hi.push_back(domain.lo.back() + random.between(0, reach) * domain.step);
  }
  return domain;
}

std::vector<lowering::Run> walk(const Reference& reference, const Domain& domain, std::size_t c) {
  std::vector<lowering::Run> runs;
  for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step) {
    const std::int64_t code = reference(q, c);
    if (runs.empty() || runs.back().code != code) runs.push_back({q, q, code});
    runs.back().last = q;
  }
  return runs;
}

bool equal(const std::vector<lowering::Run>& a, const std::vector<lowering::Run>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const lowering::Run& x, const lowering::Run& y) {
    return x.first == y.first && x.last == y.last && x.code == y.code;
  });
}

TEST(LowerRuns, StepsThatAreSoughtAreThoseOfAWalk) {
  Random random(11);
  for (int i = 0; i < 400; ++i) {
    const Chain chain = random_chain(random, 2, true);
    const Quantiser quantiser = random_quantiser(random, i % 2 == 0 ? 8 : 16);
    const Reference reference{chain, quantiser};
    const Domain domain = random_domain(random, 2);
    for (std::size_t c = 0; c < 2; ++c) {
      const auto runs = code_runs(reference, domain, c);
      ASSERT_TRUE(runs) << i;
      ASSERT_TRUE(equal(*runs, walk(reference, domain, c))) << "case " << i << ", channel " << c;
    }
  }
}

TEST(LowerRuns, ALineGivesTheCodesOfTheFloatFormula) {
  Random random(17);
  for (int i = 0; i < 600; ++i) {
    Chain chain = random_chain(random, 2, true);
    if (i % 3 == 0) {  // sums that cancel: float32 loses what double keeps
      const float large = std::ldexp(random.real(0.5F, 1), static_cast<int>(random.between(0, 30)));
      chain.push_back(make_step(Step::Kind::add, {{large}}));
      chain.push_back(make_step(Step::Kind::subtract, {{large}}));
    }
    const Quantiser quantiser = random_quantiser(random, 16);
    const Reference reference{chain, quantiser};
    Domain domain = random_domain(random, 2);
    if (i % 5 == 0) {
      domain.lo = {std::int64_t{1} << 24, INT32_MIN};
      domain.hi = {(std::int64_t{1} << 24) + 4000, INT32_MIN + 4000};
    }
    for (std::size_t c = 0; c < 2; ++c) {
      const LineCode code(reference, domain, c);
      for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step) {
        ASSERT_EQ(code(q), reference(q, c)) << "case " << i << ", " << q;
      }
    }
  }
}

TEST(LowerRuns, AStaircaseOverAllAccumulatorsTakesAFewEvaluationsAStep) {
  Random random(12);
  for (int i = 0; i < 200; ++i) {
    const double slope = std::ldexp(random.real(0.5F, 1), -24) * (random.chance(50) ? 1 : -1);
    const std::int64_t lo = random.chance(30) ? INT32_MIN : -random.between(1, INT32_MAX);
    const std::int64_t hi = random.chance(30) ? INT32_MAX : random.between(1, INT32_MAX);
    int evaluations = 0;
    const CodeFunction function = [&](std::int64_t q) {
      ++evaluations;
      return std::clamp<std::int64_t>(std::llrint(slope * static_cast<double>(q)), -128, 127);
    };
    const auto runs = monotone_runs(function, lo, hi, 1, SIZE_MAX);
    ASSERT_TRUE(runs);
    EXPECT_LE(evaluations, 100 + 5 * static_cast<int>(runs->size()));
    EXPECT_EQ(runs->front().first, lo);
    EXPECT_EQ(runs->back().last, hi);
    for (std::size_t k = 0; k < runs->size(); ++k) {
      EXPECT_EQ(function((*runs)[k].first), (*runs)[k].code);
      EXPECT_EQ(function((*runs)[k].last), (*runs)[k].code);
      if (k == 0) continue;
      EXPECT_EQ((*runs)[k].first, (*runs)[k - 1].last + 1);
      EXPECT_NE((*runs)[k].code, (*runs)[k - 1].code);
    }
  }
}

// What halving evaluates: both neighbours in the middle of every interval whose ends differ.
std::int64_t halving(const Reference& reference, std::int64_t first, std::int64_t last) {
  if (reference(first, 0) == reference(last, 0) || last - first <= 1) return 0;
  const std::int64_t middle = first + (last - first) / 2;
  return 2 + halving(reference, first, middle) + halving(reference, middle + 1, last);
}

TEST(LowerRuns, ALargeDomainIsShownWhereHalvingStaysInItsBudget) {
  Random random(13);
  int shown = 0, not_shown = 0;
  for (int i = 0; i < 30; ++i) {
    const std::int64_t count = random.between(exhaustive_limit + 1, std::int64_t{1} << 20);
    const Domain domain{{-random.between(0, count)}, {0}, 1};
    const Domain whole{{domain.lo[0]}, {domain.lo[0] + count - 1}, 1};
    const float codes = random.real(30000, 66000);
    const Chain chain{make_step(Step::Kind::multiply, {{codes / static_cast<float>(count)}})};
    Quantiser quantiser = grid_quantiser(1, 18, "q", "y");
    const Reference reference{chain, quantiser};
    const bool within = 2 + halving(reference, whole.lo[0], whole.hi[0]) <= run_budget;
    EXPECT_EQ(code_runs(reference, whole, 0).has_value(), within) << count << " values, " << codes << " codes";
    (within ? shown : not_shown) += 1;
  }
  EXPECT_GE(shown, 3);
  EXPECT_GE(not_shown, 3);
}

struct Tally {
  std::int64_t checked = 0, differing = 0, max_error = 0;
};

template <class F>
Tally brute(const Reference& reference, const Domain& domain, F integer) {
  Tally out;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step) {
      const std::int64_t error = std::abs(integer(q, c) - reference(q, c));
      ++out.checked;
      out.differing += error != 0 ? 1 : 0;
      out.max_error = std::max(out.max_error, error);
    }
  }
  return out;
}

void expect_tally(const Exactness& e, const Tally& tally, int i) {
  EXPECT_EQ(e.checked, tally.checked) << i;
  EXPECT_EQ(e.differing, tally.differing) << i;
  EXPECT_EQ(e.max_error, tally.max_error) << i;
  EXPECT_EQ(e.exact, tally.differing == 0) << i;
}

TEST(LowerRuns, ARequantiserIsExactWhereEveryValueAgrees) {
  Random random(14);
  int fits = 0, exact = 0;
  for (int i = 0; i < 400; ++i) {
    const Chain chain = random_chain(random, 3, false);
    const Quantiser quantiser = random_quantiser(random, i % 4 == 0 ? 16 : 8);
    const Reference reference{chain, quantiser};
    const Domain domain = random_domain(random, 3);
    const int bits = random.chance(50) ? 24 : 18;
    CodeRuns runs(reference, domain);
    const auto fit = fit_affine(runs, bits);
    if (!fit) continue;
    ++fits;
    exact += fit->exactness.exact ? 1 : 0;
    expect_tally(fit->exactness,
                 brute(reference, domain, [&](std::int64_t q, std::size_t c) { return fit->affine.apply(q, c); }), i);
    EXPECT_EQ(find_affine(reference, domain, bits), fit->affine) << i;
    if (const auto other = other_order(chain)) {
      const Reference swapped{*other, quantiser};
      EXPECT_EQ(fit->exactness.ambiguous, brute(reference, domain, swapped).differing) << i;
    }
    const auto two = fit_two_steps(runs, bits, 16, INT64_MAX);
    if (!two) continue;
    expect_tally(two->exactness,
                 brute(reference, domain,
                       [&](std::int64_t q, std::size_t c) { return two->second.apply(two->first.apply(q, c), c); }),
                 i);
    EXPECT_FALSE(fit_two_steps(runs, bits, 16, two->exactness.differing)) << i;
    const auto enough = fit_two_steps(runs, bits, 16, two->exactness.differing + 1);
    ASSERT_TRUE(enough) << i;
    EXPECT_EQ(enough->first, two->first) << i;
  }
  EXPECT_GE(fits, 100);
  EXPECT_GE(exact, 50);
  EXPECT_LT(exact, fits);
}

TEST(LowerRuns, AnActivationIsJudgedOnEveryValue) {
  Random random(15);
  int fits = 0;
  for (int i = 0; i < 60; ++i) {
    const Chain chain{make_step(Step::Kind::multiply, channels(random, 2, 0.1F, 1, -6, 0)),
                      make_step(Step::Kind::add, channels(random, 2, -1, 1, -2, 3)),
                      make_step(Step::Kind::prelu, channels(random, 2, i % 2 == 0 ? -1 : 0, 1, -2, 0)),
                      make_step(Step::Kind::multiply, channels(random, 2, -1, 1, -1, 1))};
    const Quantiser quantiser = random_quantiser(random, 8);
    const Reference reference{chain, quantiser};
    const Domain domain = random_domain(random, 2);
    LoweringOptions options;
    options.step_bits = i % 3 == 0 ? 27 : 16;
    CodeRuns runs(reference, domain);
    const auto fit = fit_activation(runs, options);
    if (!fit) continue;
    if (!fit->recipe.q3) continue;
    ++fits;
    expect_tally(fit->exactness,
                 brute(reference, domain,
                       [&](std::int64_t q, std::size_t c) {
                         return fit->recipe.q3->apply(fit->recipe.activation->apply(fit->recipe.q1->apply(q, c), c), c);
                       }),
                 i);
  }
  EXPECT_GE(fits, 20);
}

// Quant weights: the same codes as Quantiser::code, ties and saturation included.
TEST(LowerRuns, WeightsAreQuantisedAsActivationsAre) {
  Random random(16);
  for (int i = 0; i < 40; ++i) {
    Graph graph;
    std::vector<float> raw;
    for (int k = 0; k < 4 * 6; ++k) raw.push_back(static_cast<float>(random.between(-600, 600)) / 4);
    graph.constants["w"] = {{4, 6}, raw, "float"};
    Node node;
    node.op = "Quant";
    node.inputs = {"w"};
    node.outputs = {"q"};
    const bool per_channel = random.chance(50);
    std::vector<float> scales;
    for (int o = 0; o < (per_channel ? 4 : 1); ++o) scales.push_back(random.chance(50) ? 0.5F : random.real(0.3F, 4));
    node.attributes["scale"] = Constant{{static_cast<std::int64_t>(scales.size()), 1}, scales, "float"};
    Quantiser q = random_quantiser(random, 7);
    node.attributes["zero_point"] = Constant{{}, std::vector<float>{q.zero_point.at(0)}, "float"};
    node.attributes["lo"] = q.lo;
    node.attributes["hi"] = q.hi;
    node.attributes["saturate_first"] = std::int64_t{q.saturate_first};
    if (i % 4 == 0) q.rounding = RoundMode::floor;
    else q.rounding = RoundMode::half_even;
    node.attributes["rounding"] = std::string(i % 4 == 0 ? "FLOOR" : "ROUND");
    const Producers producers{{"q", &node}};
    const auto weights = integer_weights(graph, producers, "q", 0);
    ASSERT_TRUE(weights);
    for (std::size_t k = 0; k < raw.size(); ++k) {
      const std::size_t c = per_channel ? k / 6 : 0;
      q.scale.values[0] = scales[c];
      EXPECT_EQ(weights->values[k], q.code(raw[k], 0) - static_cast<std::int64_t>(q.zero_point.at(0))) << i;
    }
    if (weights->scale.size() == 4) {
      EXPECT_EQ(weights->scale, scales);
    }
  }
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The normal distribution from + - * / alone. The functions of the host's library differ in the last bit from one
// processor to another, and a study must ask for the same points on all of them.
#pragma once

#include <bit>
#include <cstdint>

namespace blendsim::explore {

// What is believed of a number: a normal distribution. Deviation 0: it is known.
struct Normal {
  double mean = 0, deviation = 0;
};

// e^x, to 1 unit in the last place; 0 below x = -708, e^709 above 709 (FreeBSD's e_exp.c: Remez on [0, 0.34658]).
[[nodiscard]] inline double exponential(double x) {
  if (x < -708.0) return 0;
  if (x > 709.0) x = 709.0;
  const auto power = static_cast<std::int64_t>(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  const double high = x - static_cast<double>(power) * 6.93147180369123816490e-01;
  const double low = static_cast<double>(power) * 1.90821492927058770002e-10;
  const double r = high - low, t = r * r;
  const double c =
      r -
      t * (1.66666666666666019037e-01 +
           t * (-2.77777777770155933842e-03 +
                t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  const double mantissa = 1.0 - ((low - r * c / (2.0 - c)) - high);
  return mantissa * std::bit_cast<double>(static_cast<std::uint64_t>(power + 1023) << 52U);
}

// ln x of a positive x, to 2 units in the last place.
[[nodiscard]] double logarithm(double x);
// Standard normal: the density, and the probability of a value below x, to 1e-14 (1e-6 of itself in the tails).
[[nodiscard]] double normal_density(double x);
[[nodiscard]] double normal_distribution(double x);
// The x below which a standard normal value lies with this probability, 0 < probability < 1.
[[nodiscard]] double normal_quantile(double probability);

// E[max(best - Y, 0)]; as a function of `best` also the integral of P(Y <= y) up to it.
[[nodiscard]] double expected_improvement(const Normal& y, double best);

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include "explore/normal.h"

#include <algorithm>
#include <cmath>

namespace blendsim::explore {

double logarithm(double x) {
  int power = 0;
  double mantissa = std::frexp(x, &power);  // [0.5, 1)
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2;
    --power;
  }
  // ln m = 2 artanh s, |s| < 0.172: the next term of the series is below 2^-60 of it.
  const double s = (mantissa - 1) / (mantissa + 1), square = s * s;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = square * (1.0 / k + series);
  return power * 0.69314718055994531 + 2 * (s + s * series);
}

double normal_density(double x) { return 0.39894228040143268 * exponential(-0.5 * x * x); }

// Hart's rational approximation and, in the tails, a continued fraction, as in G. West, "Better approximations to
// cumulative normal functions", Wilmott Magazine, May 2005.
double normal_distribution(double x) {
  const double a = std::abs(x);
  if (a > 37) return x > 0 ? 1 : 0;
  double tail = exponential(-0.5 * a * a);
  if (a < 7.07106781186547) {
    double above = 3.52624965998911e-02 * a + 0.700383064443688;
    for (const double k : {6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376})
      above = above * a + k;
    double below = 8.83883476483184e-02 * a + 1.75566716318264;
    for (const double k :
         {16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752})
      below = below * a + k;
    tail *= above / below;
  } else {
    double fraction = a + 0.65;
    for (const double k : {4.0, 3.0, 2.0, 1.0}) fraction = a + k / fraction;
    tail *= 0.39894228040143268 / fraction;
  }
  return x > 0 ? 1 - tail : tail;
}

double normal_quantile(double probability) {
  double low = -38, high = 38;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (normal_distribution(middle) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double expected_improvement(const Normal& y, double best) {
  const double gap = best - y.mean;
  if (!(y.deviation > 0)) return std::max(gap, 0.0);
  const double z = gap / y.deviation;
  if (z < -30) return 0;
  return std::max(gap * normal_distribution(z) + y.deviation * normal_density(z), 0.0);
}

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include "explore/gaussian.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "explore/candidates.h"
#include "explore/surrogate.h"
#include "unit/explore/spaces.h"

namespace blendsim::explore {
namespace {

using Matrix = std::vector<std::vector<double>>;

// Two ordered dimensions of 9 and 5 values, one of 3 without an order, one of a single value.
Space mixed_space() {
  Space space = test::cube({9, 5, 3, 1});
  space.dimensions[2].ordered = false;
  return space;
}

double wave(const Point& point) { return 3 + std::sin(point[0] * 0.7) + 0.2 * point[1] + (point[2] == 1 ? 0.5 : 0.0); }

GaussianProcess::Hyper some_hyper() {
  GaussianProcess::Hyper hyper;
  hyper.lengths = Eigen::Vector3d(-0.8, 0.4, 0.3);
  hyper.signal = 0.5;
  hyper.noise = -5;
  return hyper;
}

// Written from the definition, by the C library's exp.
double matern(const Space& space, const GaussianProcess::Hyper& hyper, const Point& a, const Point& b) {
  double squared = 0;
  for (Eigen::Index d = 0; d < 3; ++d) {
    const auto i = static_cast<std::size_t>(d);
    const Dimension& dimension = space.dimensions[i];
    const double step = dimension.ordered ? (a[i] - b[i]) / (static_cast<double>(dimension.values.size()) - 1)
                                          : static_cast<double>(a[i] != b[i]);
    squared += std::pow(step / std::exp(hyper.lengths[d]), 2);
  }
  const double r = std::sqrt(5 * squared);
  return std::exp(hyper.signal) * (1 + r + r * r / 3) * std::exp(-r);
}

// Gauss-Jordan; the logarithm of the determinant comes along.
Matrix inverse(Matrix a, double& log_determinant) {
  const std::size_t n = a.size();
  Matrix out(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) out[i][i] = 1;
  log_determinant = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = a[k][k];
    log_determinant += std::log(pivot);
    for (std::size_t j = 0; j < n; ++j) {
      a[k][j] /= pivot;
      out[k][j] /= pivot;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double factor = i == k ? 0 : a[i][k];
      for (std::size_t j = 0; j < n; ++j) {
        a[i][j] -= factor * a[k][j];
        out[i][j] -= factor * out[k][j];
      }
    }
  }
  return out;
}

struct Reference {
  Space space = mixed_space();
  GaussianProcess::Hyper hyper = some_hyper();
  std::vector<Point> points;
  std::vector<double> standardised;
  double centre = 0, scale = 1, log_determinant = 0;
  Matrix inverted;

  explicit Reference(std::vector<Point> told) : points(std::move(told)) {
    const auto n = static_cast<double>(points.size());
    double square = 0;
    for (const Point& point : points) centre += wave(point) / n;
    for (const Point& point : points) square += std::pow(wave(point) - centre, 2) / n;
    scale = std::sqrt(square);
    Matrix covariance(points.size(), std::vector<double>(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i) {
      standardised.push_back((wave(points[i]) - centre) / scale);
      for (std::size_t j = 0; j < points.size(); ++j) covariance[i][j] = matern(space, hyper, points[i], points[j]);
      covariance[i][i] += std::exp(hyper.signal + hyper.noise);
    }
    inverted = inverse(covariance, log_determinant);
  }
  Normal at(const Point& point) const {
    double mean = 0, variance = std::exp(hyper.signal);
    for (std::size_t i = 0; i < points.size(); ++i)
      for (std::size_t j = 0; j < points.size(); ++j) {
        const double weight = matern(space, hyper, point, points[i]) * inverted[i][j];
        mean += weight * standardised[j];
        variance -= weight * matern(space, hyper, point, points[j]);
      }
    return {centre + scale * mean, scale * std::sqrt(variance)};
  }
};

std::vector<Point> drawn_points(std::size_t count, std::uint64_t seed) {
  Draws draws(seed, 0);
  std::vector<Point> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(random_point(mixed_space(), draws));
  return out;
}

GaussianProcess told_process(const Space& space, const std::vector<Point>& points) {
  GaussianProcess process(space);
  for (const Point& point : points) process.add(point, wave(point));
  return process;
}

TEST(GaussianProcess, BelievesWhatTheTextbooksFormulasSay) {
  const Reference reference(drawn_points(12, 1));
  GaussianProcess process = told_process(reference.space, reference.points);
  process.set(reference.hyper);
  const std::vector<Point> places = all_points(reference.space);
  const Posterior posterior(process, places);
  for (std::size_t p = 0; p < places.size(); ++p) {
    const Normal expected = reference.at(places[p]), one = process.at(places[p]), many = posterior.at(p);
    EXPECT_NEAR(one.mean, expected.mean, 1e-9);
    EXPECT_NEAR(one.deviation, expected.deviation, 1e-8);
    EXPECT_NEAR(many.mean, expected.mean, 1e-9);
    EXPECT_NEAR(many.deviation, expected.deviation, 1e-8);
  }
}

TEST(GaussianProcess, WithOneTargetBelievesItEverywhereAndIsSureOnlyThere) {
  const Space space = mixed_space();
  GaussianProcess process(space);
  process.add({4, 2, 0, 0}, 7);
  const GaussianProcess::Hyper hyper = some_hyper();
  process.set(hyper);
  const double signal = std::exp(hyper.signal), noise = std::exp(hyper.noise);
  EXPECT_DOUBLE_EQ(process.at({8, 4, 2, 0}).mean, 7);
  EXPECT_NEAR(process.at({4, 2, 0, 0}).deviation, std::sqrt(signal * noise / (1 + noise)), 1e-12);
  const double across = matern(space, hyper, {4, 2, 0, 0}, {5, 2, 1, 0});
  EXPECT_NEAR(process.at({5, 2, 1, 0}).deviation, std::sqrt(signal - across * across / (signal * (1 + noise))), 1e-12);
}

TEST(GaussianProcess, GrowsByATargetToWhatAFreshFactorSays) {
  const std::vector<Point> points = drawn_points(30, 2);
  GaussianProcess grown(mixed_space());
  for (std::size_t i = 0; i < points.size(); ++i) {
    grown.add(points[i], wave(points[i]));
    if (i == 9) grown.set(some_hyper());
  }
  // The standardisation is that of the first ten: the same data on another scale, up to the mean that is assumed.
  const std::vector<Point> first(points.begin(), points.begin() + 10);
  const Reference ten(first);
  Matrix covariance(30, std::vector<double>(30));
  for (std::size_t i = 0; i < 30; ++i)
    for (std::size_t j = 0; j < 30; ++j)
      covariance[i][j] = matern(ten.space, ten.hyper, points[i], points[j]) +
                         (i == j ? std::exp(ten.hyper.signal + ten.hyper.noise) : 0.0);
  double unused = 0;
  const Matrix inverted = inverse(covariance, unused);
  const Point place = {3, 3, 1, 0};
  double mean = 0, variance = std::exp(ten.hyper.signal);
  for (std::size_t i = 0; i < 30; ++i)
    for (std::size_t j = 0; j < 30; ++j) {
      const double weight = matern(ten.space, ten.hyper, place, points[i]) * inverted[i][j];
      mean += weight * (wave(points[j]) - ten.centre) / ten.scale;
      variance -= weight * matern(ten.space, ten.hyper, place, points[j]);
    }
  EXPECT_NEAR(grown.at(place).mean, ten.centre + ten.scale * mean, 1e-9);
  EXPECT_NEAR(grown.at(place).deviation, ten.scale * std::sqrt(variance), 1e-8);
}

TEST(GaussianProcess, APosteriorFollowsAddedTargets) {
  const std::vector<Point> points = drawn_points(20, 3), places = drawn_points(40, 4);
  GaussianProcess process = told_process(mixed_space(), points);
  process.set(some_hyper());
  Posterior followed(process, places);
  for (const Point& point : drawn_points(15, 5)) {
    process.add(point, wave(point));
    followed.extend(process);
  }
  const Posterior fresh(process, places);
  for (std::size_t p = 0; p < places.size(); ++p) {
    EXPECT_NEAR(followed.at(p).mean, fresh.at(p).mean, 1e-9);
    EXPECT_NEAR(followed.at(p).deviation, fresh.at(p).deviation, 1e-7);
  }
}

TEST(GaussianProcess, AnOutlineHasTheMeansAndNoDeviationThatIsTooSmall) {
  const std::vector<Point> places = drawn_points(60, 6);
  GaussianProcess process = told_process(mixed_space(), drawn_points(25, 7));
  process.set(some_hyper());
  const std::vector<Normal> outline = process.outline(places);
  const Posterior posterior(process, places);
  for (std::size_t p = 0; p < places.size(); ++p) {
    EXPECT_NEAR(outline[p].mean, posterior.at(p).mean, 1e-9);
    EXPECT_GE(outline[p].deviation, posterior.at(p).deviation - 1e-9);
  }
}

TEST(GaussianProcess, LossIsTheLikelihoodAndThePriors) {
  const Reference reference(drawn_points(14, 8));
  GaussianProcess process = told_process(reference.space, reference.points);
  process.set(reference.hyper);
  double expected = 0.5 * reference.log_determinant + 7 * std::log(2 * std::acos(-1.0));
  for (std::size_t i = 0; i < 14; ++i)
    for (std::size_t j = 0; j < 14; ++j)
      expected += 0.5 * reference.standardised[i] * reference.inverted[i][j] * reference.standardised[j];
  for (const double length : {-0.8, 0.4, 0.3}) expected += std::pow(length - std::sqrt(2) - std::log(3) / 2, 2) / 6;
  expected += std::pow(0.5 / 1.5, 2) / 2 + std::pow((-5.0 + 7) / 2, 2) / 2;
  EXPECT_NEAR(process.loss(reference.hyper).value, expected, 1e-9);
}

TEST(GaussianProcess, GradientIsTheDifferenceQuotient) {
  GaussianProcess process = told_process(mixed_space(), drawn_points(40, 9));
  process.set(some_hyper());
  const Eigen::VectorXd at = some_hyper().packed();
  const Eigen::VectorXd gradient = process.loss(some_hyper()).gradient;
  for (Eigen::Index i = 0; i < at.size(); ++i) {
    Eigen::VectorXd up = at, down = at;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    const double quotient = (process.loss(GaussianProcess::Hyper::unpacked(up)).value -
                             process.loss(GaussianProcess::Hyper::unpacked(down)).value) /
                            2e-5;
    EXPECT_NEAR(gradient[i], quotient, 1e-5 * (1 + std::abs(quotient))) << i;
  }
}

TEST(GaussianProcess, AFitLowersTheLossAndFindsWhichDimensionMatters) {
  const Space space = test::cube({16, 16, 16});
  Draws draws(10, 0);
  GaussianProcess process(space);
  for (int i = 0; i < 50; ++i) {
    const Point point = random_point(space, draws);
    process.add(point, std::sin(point[1] * 0.5));
  }
  process.set(process.hyper());
  const double before = process.loss(process.hyper()).value;
  process.fit(2);
  EXPECT_LT(process.loss(process.hyper()).value, before - 10);
  EXPECT_LT(process.hyper().lengths[1], process.hyper().lengths[0] - 1);
  EXPECT_LT(process.hyper().lengths[1], process.hyper().lengths[2] - 1);
  for (std::uint8_t value = 0; value < 16; ++value)
    EXPECT_NEAR(process.at({3, value, 11}).mean, std::sin(value * 0.5), 0.05);
}

TEST(GaussianProcess, StandsTheSameTargetTwiceAndTargetsThatAreAllEqual) {
  const Space space = test::cube({4});
  GaussianProcess process(space);
  for (int i = 0; i < 6; ++i) process.add({2}, 5);
  process.fit(2);
  EXPECT_NEAR(process.at({2}).mean, 5, 1e-9);
  EXPECT_TRUE(std::isfinite(process.at({0}).deviation));
}

TEST(Surrogate, LearnsTheSameWhetherANumberThatIsNotPositiveComesSoonOrLate) {
  const Space space = test::cube({9, 9});
  Surrogate logarithmic(space, Surrogate::Scale::logarithmic);
  EXPECT_NEAR(logarithmic.scaled(10), std::log(10), 1e-15);
  Draws draws(11, 0);
  for (int i = 0; i < 20; ++i) logarithmic.tell(random_point(space, draws), 5 + i);
  EXPECT_TRUE(logarithmic.ready());
  EXPECT_NEAR(logarithmic.process().at({4, 4}).mean, std::log(15), 1);
  logarithmic.tell({0, 0}, 0);
  EXPECT_EQ(logarithmic.scaled(10), 10);
  EXPECT_EQ(logarithmic.process().size(), 21);
  EXPECT_NEAR(logarithmic.process().at({4, 4}).mean, 15, 12);
}

TEST(Surrogate, ProbabilityOfALimitIsTheNormalDistributions) {
  const Space space = test::cube({9});
  const Surrogate logarithmic(space, Surrogate::Scale::logarithmic);
  EXPECT_NEAR(logarithmic.probability({std::log(100), 0.5}, true, 100), 0.5, 1e-12);
  EXPECT_NEAR(logarithmic.probability({std::log(100), 0.5}, true, 100 * std::exp(0.5)), 0.841344746068543, 1e-12);
  EXPECT_NEAR(logarithmic.probability({std::log(100), 0.5}, false, 100 * std::exp(0.5)), 0.158655253931457, 1e-12);
  EXPECT_EQ(logarithmic.probability({0, 1}, true, 0), 0);
  EXPECT_EQ(logarithmic.probability({0, 1}, false, -1), 1);
  EXPECT_EQ(logarithmic.probability({0, 0}, true, 1), 1);
}

}  // namespace
}  // namespace blendsim::explore

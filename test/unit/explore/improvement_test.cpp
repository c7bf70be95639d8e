// SPDX-License-Identifier: Apache-2.0
#include "explore/improvement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace blendsim::explore {
namespace {

TEST(Normal, FunctionsAreTheCLibrarys) {
  for (double x = -700; x < 700; x += 0.37) EXPECT_NEAR(exponential(x) / std::exp(x), 1, 4e-16 * 2) << x;
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(-1000), 0);
  for (double x = 1e-9; x < 1e9; x *= 1.37)
    EXPECT_NEAR(logarithm(x), std::log(x), 5e-16 * (1 + std::abs(std::log(x)))) << x;
  EXPECT_EQ(logarithm(1), 0);
  for (double x = -8; x < 8; x += 0.01) {
    EXPECT_NEAR(normal_distribution(x), 0.5 * std::erfc(-x / std::sqrt(2)), 1e-14) << x;
    EXPECT_NEAR(normal_distribution(x) / (0.5 * std::erfc(-x / std::sqrt(2))), 1, 1e-6) << x;
  }
  for (double p = 0.001; p < 1; p += 0.01) EXPECT_NEAR(normal_distribution(normal_quantile(p)), p, 1e-13);
}

// Draws from the standard library: another implementation than what is judged.
struct MonteCarlo {
  std::mt19937_64 engine{5};
  std::normal_distribution<double> normal;
  double operator()(const Normal& belief) { return belief.mean + belief.deviation * normal(engine); }
};

TEST(ExpectedImprovement, IsTheMeanOfTheGainOverManyDraws) {
  MonteCarlo draw;
  for (const Normal& belief : {Normal{1, 0.5}, Normal{2.5, 1}, Normal{0, 0.1}}) {
    double sum = 0;
    for (int i = 0; i < 200000; ++i) sum += std::max(1.5 - draw(belief), 0.0);
    EXPECT_NEAR(expected_improvement(belief, 1.5), sum / 200000, 0.005);
  }
  EXPECT_EQ(expected_improvement({1, 0}, 1.5), 0.5);
  EXPECT_EQ(expected_improvement({2, 0}, 1.5), 0);
  EXPECT_GE(expected_improvement({9, 0.9}, 1.5), 0);
}

const std::vector<DominatedArea::Pair> steps = {{1, 8}, {2, 5}, {2.5, 5}, {4, 4}, {6, 1}, {11, 0}, {0.5, 12}};

// By counting cells: the definition, without an order of the points.
double counted_area(const std::vector<DominatedArea::Pair>& points, double reference) {
  constexpr int cells = 400;
  const double cell = reference / cells;
  int count = 0;
  for (int i = 0; i < cells; ++i)
    for (int j = 0; j < cells; ++j)
      for (const DominatedArea::Pair& point : points)
        if (point[0] <= (i + 0.5) * cell && point[1] <= (j + 0.5) * cell) {
          ++count;
          break;
        }
  return count * cell * cell;
}

TEST(DominatedArea, IsWhatAnyPointDominates) {
  EXPECT_NEAR(DominatedArea(steps, {10, 10}).area(), counted_area(steps, 10), 1e-9);
  EXPECT_EQ(DominatedArea({}, {10, 10}).area(), 0);
}

TEST(DominatedArea, ExpectedImprovementIsTheMeanGrowthOverManyDraws) {
  const DominatedArea front(steps, {10, 10});
  MonteCarlo draw;
  for (const double first_deviation : {0.0, 1.5})
    for (const double second_deviation : {0.0, 2.0})
      for (const DominatedArea::Pair& mean : {DominatedArea::Pair{3, 3}, {5, 5}, {0.5, 9}, {8, 0.5}, {12, 2}}) {
        const Normal first{mean[0], first_deviation}, second{mean[1], second_deviation};
        double sum = 0;
        constexpr int draws = 40000;
        for (int i = 0; i < draws; ++i) {
          DominatedArea grown = front;
          grown.add({draw(first), draw(second)});
          sum += grown.area() - front.area();
        }
        EXPECT_NEAR(front.expected_improvement(first, second), sum / draws, 0.01 + 0.02 * sum / draws)
            << mean[0] << ' ' << mean[1] << ' ' << first_deviation << ' ' << second_deviation;
      }
}

TEST(Tchebyshev, IsTheLargestWeightedCostAndATwentiethOfTheirSum) {
  const Tchebyshev scalar({0.5, 0.3, 0.2}, {1, 2, 0}, {2, 4, 10});
  const std::vector<double> costs = {3, 4, 5};
  EXPECT_DOUBLE_EQ(scalar(costs), 0.5 + 0.05 * (0.5 + 0.15 + 0.1));
}

TEST(Tchebyshev, ExpectedImprovementIsTheMeanGainOverManyDraws) {
  const Tchebyshev scalar({0.5, 0.3, 0.2}, {0, 0, 0}, {1, 1, 1});
  MonteCarlo draw;
  for (const std::vector<Normal>& beliefs :
       {std::vector<Normal>{{1, 0.4}, {1, 0}, {1, 0}}, {{1, 0.4}, {2, 0.8}, {1, 0}}, {{1, 0.3}, {1, 0.5}, {3, 1}}}) {
    double sum = 0;
    for (int i = 0; i < 100000; ++i) {
      std::vector<double> costs;
      for (const Normal& belief : beliefs) costs.push_back(draw(belief));
      sum += std::max(0.6 - scalar(costs), 0.0);
    }
    EXPECT_NEAR(scalar.expected_improvement(beliefs, 0.6), sum / 100000, 0.08 * sum / 100000);
  }
  const std::vector<Normal> known = {{1, 0}, {1, 0}, {1, 0}};
  EXPECT_DOUBLE_EQ(scalar.expected_improvement(known, 0.6), 0.6 - 0.55);
}

}  // namespace
}  // namespace blendsim::explore

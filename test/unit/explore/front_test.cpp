// SPDX-License-Identifier: Apache-2.0
// Fronts, volumes and ranks against closed forms and against what their definitions say, computed the slow way.
#include "explore/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>

#include "base/diagnostic.h"

namespace blendsim::explore {
namespace {

using testing::ElementsAre;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<std::int64_t> ids(const Front& front) {
  std::vector<std::int64_t> out;
  for (const Front::Member& member : front.members()) out.push_back(member.id);
  return out;
}

// Whole numbers below `below`: sums and products of them are exact, and equal costs are frequent.
std::vector<Costs> random_points(std::mt19937& random, std::size_t count, std::size_t objectives, int below) {
  std::vector<Costs> out(count, Costs(objectives));
  for (Costs& point : out) {
    for (double& cost : point) cost = std::uniform_int_distribution<int>(0, below - 1)(random);
  }
  return out;
}

TEST(Domination, IsNoWorseInAnyAndBetterInOne) {
  EXPECT_TRUE(dominates(Costs{1, 2}, Costs{1, 3}));
  EXPECT_FALSE(dominates(Costs{1, 3}, Costs{1, 2}));
  EXPECT_FALSE(dominates(Costs{1, 2}, Costs{1, 2}));
  EXPECT_FALSE(dominates(Costs{0, 9}, Costs{1, 2}));
}

TEST(Front, KeepsWhatNothingDominatesById) {
  Front front;
  EXPECT_TRUE(front.add(7, {5, 5}));
  EXPECT_TRUE(front.add(3, {9, 1}));
  EXPECT_FALSE(front.add(8, {9, 2}));
  EXPECT_TRUE(front.add(9, {1, 9}));
  EXPECT_THAT(ids(front), ElementsAre(3, 7, 9));
  EXPECT_TRUE(front.add(12, {5, 1}));  // in the place of two
  EXPECT_THAT(ids(front), ElementsAre(9, 12));
  EXPECT_THAT(front.members()[1].costs, ElementsAre(5, 1));
}

TEST(Front, OfEqualCostsTheSmallestIdStays) {
  Front front;
  EXPECT_TRUE(front.add(4, {2, 2}));
  EXPECT_FALSE(front.would_take({2, 2}));
  EXPECT_FALSE(front.add(5, {2, 2}));
  EXPECT_FALSE(front.add(4, {2, 2}));
  EXPECT_THAT(ids(front), ElementsAre(4));
  EXPECT_TRUE(front.add(1, {2, 2}));
  EXPECT_THAT(ids(front), ElementsAre(1));
}

TEST(Front, IsWhatTheDefinitionSaysWhateverTheOrder) {
  std::mt19937 random(1);
  for (std::size_t objectives = 1; objectives <= 5; ++objectives) {
    const std::vector<Costs> points = random_points(random, 120, objectives, 7);
    std::vector<std::int64_t> expected;
    for (std::size_t p = 0; p < points.size(); ++p) {
      bool beaten = false;
      for (std::size_t q = 0; q < points.size(); ++q)
        beaten |= dominates(points[q], points[p]) || (q < p && points[q] == points[p]);
      if (!beaten) expected.push_back(static_cast<std::int64_t>(p));
    }
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int shuffle = 0; shuffle < 5; ++shuffle) {
      Front front;
      for (const std::size_t p : order) {
        const bool would = front.would_take(points[p]);
        const bool did = front.add(static_cast<std::int64_t>(p), points[p]);
        EXPECT_TRUE(did || !would);
      }
      EXPECT_EQ(ids(front), expected) << objectives << " objectives";
      std::shuffle(order.begin(), order.end(), random);
    }
  }
}

TEST(Front, RefusesWhatIsNoCost) {
  Front front;
  EXPECT_THROW(front.add(0, {1, std::nan("")}), InvariantError);
  EXPECT_THROW(front.add(0, {1, infinity}), InvariantError);
  EXPECT_TRUE(front.add(0, {1, 2}));
  EXPECT_THROW(front.add(1, {1, 2, 3}), InvariantError);
}

TEST(Hypervolume, OfBoxesByHand) {
  EXPECT_EQ(hypervolume({}, {1, 1}), 0);
  EXPECT_EQ(hypervolume(std::vector<Costs>{{3}, {2}, {8}}, {5}), 3);
  EXPECT_EQ(hypervolume(std::vector<Costs>{{1, 3}, {2, 2}, {3, 1}}, {4, 4}), 6);
  EXPECT_EQ(hypervolume(std::vector<Costs>{{0, 0, 0}, {1, 1, 1}}, {2, 3, 4}), 24);
  EXPECT_EQ(hypervolume(std::vector<Costs>{{0, 0, 1}, {0, 1, 0}, {1, 0, 0}}, {2, 2, 2}), 7);
  EXPECT_EQ(hypervolume(std::vector<Costs>{{0, 1, 1, 1}, {1, 0, 1, 1}}, {2, 2, 2, 2}), 3);
}

TEST(Hypervolume, OfPointsNotBetterThanTheReferenceIsNothing) {
  for (std::size_t objectives = 2; objectives <= 5; ++objectives) {
    const Costs reference(objectives, 4);
    for (std::size_t o = 0; o < objectives; ++o) {
      Costs on(objectives, 1), beyond(objectives, 1);
      on[o] = 4;
      beyond[o] = 9;
      EXPECT_EQ(hypervolume(std::vector<Costs>{on, beyond}, reference), 0);
      const std::vector<Costs> with = {on, Costs(objectives, 2), beyond};
      EXPECT_EQ(hypervolume(with, reference), std::pow(2, objectives));
    }
  }
}

// All points of whole coordinates with sum `k` dominate the unit cells of a cube of side r whose sum is at least k: all
// but binomial(k - 1 + d, d) of them.
void add_lattice(std::vector<Costs>& out, Costs& point, std::size_t axis, int left) {
  if (axis + 1 == point.size()) {
    point[axis] = left;
    out.push_back(point);
    return;
  }
  for (int c = 0; c <= left; ++c) {
    point[axis] = c;
    add_lattice(out, point, axis + 1, left - c);
  }
}

double binomial(int n, int k) {
  double out = 1;
  for (int i = 1; i <= k; ++i) out = out * (n - k + i) / i;
  return out;
}

TEST(Hypervolume, OfStaircasesInAnyNumberOfObjectives) {
  for (int d = 1; d <= 6; ++d) {
    const int k = d <= 4 ? 7 : 4, r = k + 1;
    std::vector<Costs> points;
    Costs point(d);
    add_lattice(points, point, 0, k);
    ASSERT_EQ(points.size(), binomial(k + d - 1, d - 1));
    EXPECT_EQ(hypervolume(points, Costs(d, r)), std::pow(r, d) - binomial(k - 1 + d, d)) << d << " objectives";
  }
}

TEST(Hypervolume, OfASphereIsWhatTheBallLeavesOfTheCube) {
  using std::numbers::pi;
  const int n = 300;
  std::vector<Costs> circle, sphere;
  for (int i = 0; i <= n; ++i) {
    const double a = pi / 2 * i / n;
    circle.push_back({std::cos(a), std::sin(a)});
    for (int j = 0; j <= n; ++j) {
      const double b = pi / 2 * j / n;
      sphere.push_back({std::cos(a) * std::cos(b), std::sin(a) * std::cos(b), std::sin(b)});
    }
  }
  const double quarter = 1 - pi / 4, eighth = 1 - pi / 6;
  EXPECT_LT(hypervolume(circle, {1, 1}), quarter);
  EXPECT_NEAR(hypervolume(circle, {1, 1}), quarter, 2.0 / n);
  EXPECT_LT(hypervolume(sphere, {1, 1, 1}), eighth);
  EXPECT_NEAR(hypervolume(sphere, {1, 1, 1}), eighth, 3.0 / n);
}

// Over all subsets of the points: the boxes that they share, added and taken away in turn.
double by_inclusion_and_exclusion(const std::vector<Costs>& points, const Costs& reference) {
  double out = 0;
  for (unsigned subset = 1; subset < 1U << points.size(); ++subset) {
    double box = -1;
    for (std::size_t i = 0; i < reference.size(); ++i) {
      double from = -infinity;
      for (std::size_t p = 0; p < points.size(); ++p) {
        if ((subset >> p & 1) != 0) from = std::max(from, points[p][i]);
      }
      box *= std::max(0.0, reference[i] - from);
    }
    for (std::size_t p = 0; p < points.size(); ++p) box *= (subset >> p & 1) != 0 ? -1 : 1;
    out += box;
  }
  return out;
}

TEST(Hypervolume, IsInclusionAndExclusion) {
  std::mt19937 random(2);
  for (std::size_t objectives = 2; objectives <= 5; ++objectives) {
    for (int round = 0; round < 150; ++round) {
      const std::vector<Costs> points = random_points(random, 1 + round % 9, objectives, round % 2 == 0 ? 4 : 30);
      const Costs reference(objectives, round % 2 == 0 ? 3 : 25);  // some points are on it or beyond
      EXPECT_EQ(hypervolume(points, reference), by_inclusion_and_exclusion(points, reference));
    }
  }
}

TEST(Hypervolume, IsTheSameToTheLastBitForAnyOrder) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> cost(0, 1);
  for (std::size_t objectives = 1; objectives <= 5; ++objectives) {
    std::vector<Costs> points(60, Costs(objectives));
    for (Costs& point : points) {
      for (double& c : point) c = cost(random);
    }
    points.push_back(points.front());
    const double first = hypervolume(points, Costs(objectives, 1));
    for (int shuffle = 0; shuffle < 10; ++shuffle) {
      std::shuffle(points.begin(), points.end(), random);
      EXPECT_EQ(hypervolume(points, Costs(objectives, 1)), first);
    }
  }
}

TEST(Hypervolume, RefusesAnotherNumberOfObjectives) {
  EXPECT_THROW((void)hypervolume(std::vector<Costs>{{1, 2}}, {3, 3, 3}), InvariantError);
}

// Fronts peeled off one after the other.
std::vector<int> peeled(const std::vector<Costs>& points) {
  std::vector<int> rank(points.size(), -1);
  for (int r = 0; std::count(rank.begin(), rank.end(), -1) > 0; ++r) {
    const std::vector<int> before = rank;
    for (std::size_t p = 0; p < points.size(); ++p) {
      bool beaten = before[p] >= 0;
      for (std::size_t q = 0; q < points.size(); ++q) beaten |= before[q] < 0 && dominates(points[q], points[p]);
      if (!beaten) rank[p] = r;
    }
  }
  return rank;
}

TEST(Ranking, PeelsFrontAfterFront) {
  std::mt19937 random(4);
  for (std::size_t objectives = 1; objectives <= 5; ++objectives) {
    for (const int below : {3, 10, 1000}) {
      const std::vector<Costs> points = random_points(random, 150, objectives, below);
      EXPECT_EQ(rank_by_domination(points).rank, peeled(points)) << objectives << " objectives below " << below;
    }
  }
  EXPECT_TRUE(rank_by_domination({}).rank.empty());
}

TEST(Ranking, CrowdingIsTheDistanceOfTheNeighboursInTheSpreadOfTheRank) {
  const std::vector<Costs> points = {{4, 2}, {0, 10}, {10, 0}, {1, 6}, {11, 11}, {12, 10}};
  const Ranking ranking = rank_by_domination(points);
  EXPECT_THAT(ranking.rank, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_THAT(ranking.crowding,
              ElementsAre(9.0 / 10 + 6.0 / 10, infinity, infinity, 4.0 / 10 + 8.0 / 10, infinity, infinity));
}

TEST(Ranking, AnObjectiveWithoutSpreadHasNoEnds) {
  const std::vector<Costs> same(4, Costs{3, 3});
  EXPECT_THAT(rank_by_domination(same).crowding, ElementsAre(0, 0, 0, 0));
  const std::vector<Costs> points = {{0, 7, 4}, {1, 7, 3}, {2, 7, 2}, {4, 7, 0}};
  EXPECT_THAT(rank_by_domination(points).crowding, ElementsAre(infinity, 1, 1.5, infinity));
}

}  // namespace
}  // namespace blendsim::explore

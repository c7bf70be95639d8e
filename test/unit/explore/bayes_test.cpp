// SPDX-License-Identifier: Apache-2.0
#include "explore/bayes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "explore/candidates.h"
#include "explore/improvement.h"
#include "unit/explore/spaces.h"

namespace blendsim::explore {
namespace {

using Figures = std::vector<double>;

// A problem whose figures are formulas. `open`: of the run, which no screen knows.
struct Problem {
  Space space;
  std::vector<Objective> objectives;
  std::function<Figures(const Point&)> figures;
  std::vector<bool> open;
  std::function<double(const Point&)> refused = [](const Point&) { return 0.0; };  // by the compiler: how far beyond
  std::function<bool(const Point&)> screened = [](const Point&) { return true; };
  std::vector<FigureLimit> limits = {};

  [[nodiscard]] double place(const Point& point, std::size_t d) const {
    return static_cast<double>(point[d]) / (static_cast<double>(space.dimensions[d].values.size()) - 1);
  }
  [[nodiscard]] Outcome screen(const Point& point) const {
    Outcome out{
        screened(point) ? DesignStage::program : DesignStage::resources, "", "", screened(point) ? 0.0 : 1.0, {}};
    const Figures known = figures(point);
    for (std::size_t f = 0; f < known.size(); ++f)
      out.figures.push_back(open[f] ? std::numeric_limits<double>::quiet_NaN() : known[f]);
    return out;
  }
  [[nodiscard]] Trial evaluate(std::int64_t id, const Point& point) const {
    Trial trial{id, point, screen(point)};
    trial.outcome.violation = refused(point);
    if (trial.outcome.violation > 0) return trial;
    trial.outcome.figures = figures(point);
    trial.outcome.stage = DesignStage::complete;
    for (const FigureLimit& limit : limits) {
      const double over = trial.outcome.figures[limit.figure] - limit.bound;
      if (over > 0) trial.outcome.violation += over / limit.bound, trial.outcome.stage = DesignStage::machine;
    }
    return trial;
  }
  [[nodiscard]] MethodContext context(std::uint64_t seed) const {
    Point base;
    for (const Dimension& dimension : space.dimensions)
      base.push_back(static_cast<std::uint8_t>(dimension.values.size() / 2));
    return {space, objectives, seed, base, [this](const Point& point) { return screen(point); }, limits};
  }
};

std::vector<Trial> evaluate(const Problem& problem, std::int64_t first, const std::vector<Candidate>& candidates) {
  std::vector<Trial> out;
  for (const Candidate& candidate : candidates) out.push_back(problem.evaluate(first++, candidate.point));
  return out;
}

std::vector<Trial> study(const Problem& problem, std::uint64_t seed, std::size_t evaluations, std::size_t batch) {
  const std::unique_ptr<Method> method = make_bayes(problem.context(seed));
  std::vector<Trial> out;
  while (out.size() < evaluations) {
    const auto first = static_cast<std::int64_t>(out.size());
    const std::vector<Trial> told =
        evaluate(problem, first, method->ask(first, std::min(batch, evaluations - out.size())));
    if (told.empty()) break;
    method->tell(told);
    out.insert(out.end(), told.begin(), told.end());
  }
  return out;
}

std::vector<Trial> random_study(const Problem& problem, std::uint64_t seed, std::size_t evaluations) {
  Draws draws(seed, 99);
  std::vector<Trial> out;
  for (std::size_t i = 0; i < evaluations; ++i)
    out.push_back(problem.evaluate(static_cast<std::int64_t>(i), random_point(problem.space, draws)));
  return out;
}

double least(const std::vector<Trial>& trials) {
  double out = std::numeric_limits<double>::infinity();
  for (const Trial& trial : trials)
    if (trial.outcome.complete()) out = std::min(out, trial.outcome.figures[0]);
  return out;
}

double area(const std::vector<Trial>& trials, const DominatedArea::Pair& reference) {
  DominatedArea front({}, reference);
  for (const Trial& trial : trials)
    if (trial.outcome.complete()) front.add({trial.outcome.figures[0], trial.outcome.figures[1]});
  return front.area();
}

double median_of_five(const std::function<double(std::uint64_t)>& measure) {
  std::vector<double> values;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) values.push_back(measure(seed));
  std::sort(values.begin(), values.end());
  return values[2];
}

std::vector<Point> points_of(const std::vector<Trial>& trials) {
  std::vector<Point> out;
  for (const Trial& trial : trials) out.push_back(trial.point);
  return out;
}

bool all_different(const std::vector<Trial>& trials) {
  const std::vector<Point> points = points_of(trials);
  return std::set<Point>(points.begin(), points.end()).size() == points.size();
}

// Least 0.397887 (Dixon, Szego 1978).
Problem branin() {
  Problem out{test::cube({64, 64}), {{"f"}}, {}, {true}};
  out.figures = [space = out.space](const Point& point) -> Figures {
    const double pi = std::acos(-1.0), x = point[0] / 63.0 * 15 - 5, y = point[1] / 63.0 * 15;
    const double bend = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
    return {bend * bend + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10};
  };
  return out;
}

// Least -3.32237 (Hartmann 1973).
Problem hartmann6() {
  Problem out{test::cube({33, 33, 33, 33, 33, 33}), {{"f"}}, {}, {true}};
  out.figures = [](const Point& point) -> Figures {
    constexpr double a[4][6] = {
        {10, 3, 17, 3.5, 1.7, 8}, {.05, 10, 17, .1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, .05, 10, .1, 14}};
    constexpr double p[4][6] = {{.1312, .1696, .5569, .0124, .8283, .5886},
                                {.2329, .4135, .8307, .3736, .1004, .9991},
                                {.2348, .1451, .3522, .2883, .3047, .6650},
                                {.4047, .8828, .8732, .5743, .1091, .0381}};
    constexpr double height[4] = {1, 1.2, 3, 3.2};
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
      double exponent = 0;
      for (std::size_t j = 0; j < 6; ++j) exponent += a[i][j] * std::pow(point[j] / 32.0 - p[i][j], 2);
      sum -= height[i] * std::exp(-exponent);
    }
    return {sum};
  };
  return out;
}

// ZDT1 (Zitzler, Deb, Thiele 2000), 10 dimensions of 32 values; the first cost is known beforehand.
Problem zdt1(bool first_open) {
  Problem out{test::cube(std::vector<int>(10, 32)), {{"f1"}, {"f2"}}, {}, {first_open, true}};
  out.figures = [](const Point& point) -> Figures {
    double g = 1;
    for (std::size_t d = 1; d < point.size(); ++d) g += point[d] / 31.0;
    const double f = point[0] / 31.0;
    return {f, g * (1 - std::sqrt(f / g))};
  };
  return out;
}

constexpr DominatedArea::Pair zdt1_reference = {1.1, 6};

double zdt1_best() {
  DominatedArea front({}, zdt1_reference);
  for (int i = 0; i < 32; ++i) front.add({i / 31.0, 1 - std::sqrt(i / 31.0)});
  return front.area();
}

TEST(Bayes, FindsTheLeastOfBraninInFortyEvaluations) {
  const Problem problem = branin();
  double best = std::numeric_limits<double>::infinity();
  for (const Point& point : all_points(problem.space)) best = std::min(best, problem.figures(point)[0]);
  EXPECT_LT(median_of_five([&](std::uint64_t seed) { return least(study(problem, seed, 40, 2)); }) - best, 0.1);
  EXPECT_GT(median_of_five([&](std::uint64_t seed) { return least(random_study(problem, seed, 40)); }) - best, 0.3);
}

TEST(Bayes, ComesNearTheLeastOfHartmannsSixDimensionsInAHundred) {
  const Problem problem = hartmann6();
  EXPECT_LT(median_of_five([&](std::uint64_t seed) { return least(study(problem, seed, 100, 4)); }), -3.1);
  EXPECT_GT(median_of_five([&](std::uint64_t seed) { return least(random_study(problem, seed, 100)); }), -2.6);
}

TEST(Bayes, DominatesMostOfWhatCanBeInAHundredEvaluationsWhetherACostIsKnownOrNot) {
  for (const bool first_open : {false, true}) {
    const Problem problem = zdt1(first_open);
    const auto share = [&](const std::vector<Trial>& trials) { return area(trials, zdt1_reference) / zdt1_best(); };
    EXPECT_GT(median_of_five([&](std::uint64_t seed) { return share(study(problem, seed, 100, 4)); }), 0.95);
    EXPECT_LT(median_of_five([&](std::uint64_t seed) { return share(random_study(problem, seed, 100)); }), 0.7);
  }
}

TEST(Bayes, LearnsWhatTheCompilerRefuses) {
  Problem problem = zdt1(false);
  problem.refused = [](const Point& point) { return std::max(0.0, 12.5 - point[1]) / 12; };
  const auto refusals = [](const std::vector<Trial>& trials) {
    return std::count_if(trials.begin() + 40, trials.end(), [](const Trial& t) { return !t.outcome.complete(); });
  };
  EXPECT_LT(median_of_five([&](std::uint64_t seed) { return refusals(study(problem, seed, 100, 4)); }), 15);
  EXPECT_GT(median_of_five([&](std::uint64_t seed) { return refusals(random_study(problem, seed, 100)); }), 18);
}

TEST(Bayes, KeepsALimitOnAFigureOfTheRun) {
  Problem problem = hartmann6();  // as small as its second figure, a distance, allows
  problem.objectives = {{"distance"}};
  problem.figures = [f = problem.figures](const Point& point) -> Figures {
    double distance = 1;
    for (const std::uint8_t value : point) distance += value / 32.0;
    return {distance, f(point)[0] + 4};
  };
  problem.open = {false, true};
  problem.limits = {{1, true, 2.0}};
  const auto best = [](const std::vector<Trial>& trials) {
    const double found = least(trials);
    return std::isfinite(found) ? found : 9.0;
  };
  EXPECT_LT(median_of_five([&](std::uint64_t seed) { return best(study(problem, seed, 80, 4)); }),
            median_of_five([&](std::uint64_t seed) { return best(random_study(problem, seed, 80)); }) - 0.3);
}

TEST(Bayes, OfThreeObjectivesFindsTheBestOfEach) {
  Problem problem{test::cube(std::vector<int>(6, 16)), {{"a"}, {"b"}, {"c", true}}, {}, {true, false, true}};
  problem.figures = [](const Point& point) -> Figures {
    double rest = 0;
    for (std::size_t d = 2; d < 6; ++d) rest += point[d] / 15.0;
    return {1 + point[0] / 15.0 + rest, 1 + point[1] / 15.0 + rest, 5 - (30 - point[0] - point[1]) / 15.0 - rest};
  };
  const auto rest = [](const std::vector<Trial>& trials) {  // the least that does no objective any good
    int out = 60;
    for (const Trial& trial : trials)
      out = std::min(out, trial.point[2] + trial.point[3] + trial.point[4] + trial.point[5]);
    return out;
  };
  EXPECT_LE(median_of_five([&](std::uint64_t seed) { return rest(study(problem, seed, 80, 4)); }), 2);
  EXPECT_GE(median_of_five([&](std::uint64_t seed) { return rest(random_study(problem, seed, 80)); }), 6);
}

TEST(Bayes, AStudyThatGoesOnAsksForWhatItWouldHaveAskedFor) {
  Problem problem = zdt1(true);
  problem.refused = [](const Point& point) { return std::max(0.0, 12.5 - point[1]) / 12; };
  const std::vector<Trial> whole = study(problem, 3, 60, 4);
  EXPECT_EQ(points_of(study(problem, 3, 60, 4)), points_of(whole));
  EXPECT_NE(points_of(study(problem, 4, 60, 4)), points_of(whole));
  for (const std::size_t told : {4, 24, 44}) {
    const std::unique_ptr<Method> resumed = make_bayes(problem.context(3));
    resumed->tell(std::span(whole).first(told));  // all at once
    const std::vector<Candidate> asked = resumed->ask(static_cast<std::int64_t>(told), 4);
    ASSERT_EQ(asked.size(), 4);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(asked[i].point, whole[told + i].point) << told << ' ' << i;
  }
}

TEST(Bayes, BeginsWithTheBaseAndPointsThatTheScreenTakes) {
  Problem problem = zdt1(false);
  problem.screened = [](const Point& point) { return point[3] >= 12 && point[4] >= 12; };
  const std::vector<Trial> trials = study(problem, 1, 60, 10);
  EXPECT_EQ(trials[0].point, problem.context(1).base);
  for (const Trial& trial : trials) EXPECT_TRUE(problem.screened(trial.point));
  EXPECT_TRUE(all_different(trials));
}

TEST(Bayes, WhereTheScreenTakesNothingAsksForRepairsOfTheLeastRefused) {
  Problem problem = zdt1(false);
  problem.screened = [](const Point&) { return false; };
  const std::unique_ptr<Method> method = make_bayes(problem.context(1));
  for (const std::int64_t first : {0, 40, 80}) {
    const std::vector<Candidate> asked = method->ask(first, 8);
    ASSERT_EQ(asked.size(), 8);
    for (const Candidate& candidate : asked) EXPECT_TRUE(candidate.repair);
  }
}

TEST(Bayes, GoesOnWhereTheCompilerRefusesEverythingTowardsWhatIsLessRefused) {
  Problem problem = zdt1(false);
  problem.refused = [](const Point& point) { return 10.0 + point[1] + point[2]; };
  const std::vector<Trial> trials = study(problem, 1, 60, 4);
  EXPECT_EQ(trials.size(), 60);
  EXPECT_TRUE(all_different(trials));
  double first = 1e9, last = 1e9;
  for (const Trial& trial : trials)
    (trial.id < 20 ? first : last) = std::min(trial.id < 20 ? first : last, trial.outcome.violation);
  EXPECT_LT(last, first);
}

TEST(Bayes, EndsWithASmallSpace) {
  Problem problem{test::cube({3, 5, 1}), {{"f"}}, {}, {true}};
  problem.figures = [](const Point& point) -> Figures { return {1.0 + point[0] + point[1]}; };
  const std::vector<Trial> trials = study(problem, 1, 100, 4);
  EXPECT_EQ(trials.size(), 15);
  EXPECT_TRUE(all_different(trials));
  Problem one{test::cube({1}), {{"f"}}, problem.figures, {true}};
  one.figures = [](const Point&) -> Figures { return {1.0}; };
  EXPECT_EQ(study(one, 1, 100, 4).size(), 1);
}

TEST(Bayes, StandsTrialsThatItDidNotAskForAndTheSameOneTwice) {
  const Problem problem = zdt1(true);
  const std::vector<Trial> others = random_study(problem, 7, 30);
  const std::unique_ptr<Method> once = make_bayes(problem.context(1)), twice = make_bayes(problem.context(1));
  once->tell(others);
  twice->tell(others);
  twice->tell(others);
  const std::vector<Candidate> asked = once->ask(40, 4), again = twice->ask(40, 4);
  ASSERT_EQ(asked.size(), 4);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(asked[i].point, again[i].point);
}

TEST(Bayes, InFortyDimensionsIsFarBetterThanRandomPoints) {
  Problem problem{test::cube(std::vector<int>(40, 16)), {{"a"}, {"b"}}, {}, {true, false}};
  for (std::size_t d = 30; d < 40; ++d) problem.space.dimensions[d].ordered = false;
  problem.figures = [](const Point& point) -> Figures {
    double time = 1, size = 1;
    for (std::size_t d = 0; d < 30; ++d) {
      time += static_cast<double>(d + 1) * std::pow(point[d] / 15.0 - 0.3, 2);
      size += point[d];
    }
    for (std::size_t d = 30; d < 40; ++d) time += point[d] == 3 ? 0 : 2;
    return {time, size};
  };
  const auto dominated = [](const std::vector<Trial>& trials) { return area(trials, {250, 451}); };
  EXPECT_GT(dominated(study(problem, 1, 100, 4)), 1.3 * dominated(random_study(problem, 1, 100)));
}

TEST(Candidates, SobolsFirstPointsHaveEachValueOfADimensionEquallyOften) {
  const Space space = test::cube(std::vector<int>(40, 8));
  const std::vector<Point> points = sobol_points(space, 5, 64);
  EXPECT_NE(points, sobol_points(space, 6, 64));
  for (std::size_t d = 0; d < 40; ++d)
    for (int value = 0; value < 8; ++value)
      EXPECT_EQ(std::count_if(points.begin(), points.end(), [&](const Point& p) { return p[d] == value; }), 8);
}

TEST(Candidates, NeighboursAreAStepAwayOrAnyOtherValueWithoutAnOrder) {
  Space space = test::cube({4, 3});
  space.dimensions[1].ordered = false;
  EXPECT_THAT(neighbours(space, {0, 2}), testing::UnorderedElementsAre(Point{1, 2}, Point{0, 0}, Point{0, 1}));
  EXPECT_THAT(neighbours(space, {2, 0}),
              testing::UnorderedElementsAre(Point{1, 0}, Point{3, 0}, Point{2, 1}, Point{2, 2}));
  EXPECT_EQ(all_points(space).size(), 12);
}

}  // namespace
}  // namespace blendsim::explore

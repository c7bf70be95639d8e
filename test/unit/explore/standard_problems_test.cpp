// SPDX-License-Identifier: Apache-2.0
// evolve on problems whose answers are known: ZDT1 to 3 (Zitzler, Deb, Thiele, Evolutionary Computation 8(2), 2000),
// DTLZ2 (Deb et al., CEC 2002), and three with constraints (Binh-Korn, Srinivas-Deb, Tanaka) whose fronts are found
// here by trying every point.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "explore/evolve.h"
#include "explore/front.h"

namespace blendsim::explore {
namespace {

struct Formula {
  std::size_t variables = 2, levels = 101, objectives = 2;
  // Of variables in [0, 1]: costs.
  std::function<Costs(const std::vector<double>&)> costs;
  // By how much the constraints are broken.
  std::function<double(const std::vector<double>&)> beyond = [](const std::vector<double>&) { return 0.0; };

  [[nodiscard]] Space space() const {
    Dimension dimension;
    for (std::size_t v = 0; v < levels; ++v) dimension.values.push_back(std::to_string(v));
    Space out;
    for (std::size_t d = 0; d < variables; ++d) {
      dimension.name = "x" + std::to_string(d);
      out.dimensions.push_back(dimension);
    }
    return out;
  }
  [[nodiscard]] std::vector<double> place(const Point& point) const {
    std::vector<double> x;
    for (const std::uint8_t v : point) x.push_back(v / static_cast<double>(levels - 1));
    return x;
  }
  [[nodiscard]] Trial evaluate(std::int64_t id, const Point& point) const {
    const std::vector<double> x = place(point);
    Trial trial{id, point, {}};
    trial.outcome.figures = costs(x);
    trial.outcome.violation = beyond(x);
    trial.outcome.stage = trial.outcome.violation > 0 ? DesignStage::machine : DesignStage::complete;
    return trial;
  }
};

std::vector<Costs> front_of(const Formula& formula, std::uint64_t seed, std::int64_t evaluations) {
  const Space space = formula.space();
  const std::vector<Objective> objectives(formula.objectives);
  MethodContext context{
      space, objectives, seed, Point(formula.variables, static_cast<std::uint8_t>(formula.levels / 2)), {}};
  const std::unique_ptr<Method> method = make_evolve(context);
  Front front;
  for (std::int64_t id = 0; id < evaluations;) {
    std::vector<Trial> told;
    for (const Candidate& candidate : method->ask(id, 20)) {
      told.push_back(formula.evaluate(id++, candidate.point));
      if (told.back().outcome.complete()) front.add(told.back().id, told.back().outcome.figures);
    }
    method->tell(told);
  }
  std::vector<Costs> out;
  for (const Front::Member& member : front.members()) out.push_back(member.costs);
  return out;
}

double tail_of(const std::vector<double>& x) {
  return 1 + 9 * std::accumulate(x.begin() + 1, x.end(), 0.0) / static_cast<double>(x.size() - 1);
}
double zdt(int number, double f, double g) {
  const double r = f / g;
  if (number == 1) return g * (1 - std::sqrt(r));
  if (number == 2) return g * (1 - r * r);
  return g * (1 - std::sqrt(r) - r * std::sin(10 * std::numbers::pi * f));
}

// Mean distance to the nearest of 500 evenly spread points of the true front: the measure and the marks of Deb et al.,
// IEEE Trans. Evolutionary Computation 6(2), 2002, tables II: NSGA-II, real-coded, 25,000 evaluations.
TEST(StandardProblems, ZdtFrontsAreNearerThanThePublishedOnes) {
  const double marks[] = {0.033482, 0.072391, 0.114500};
  for (int number = 1; number <= 3; ++number) {
    Formula formula{.variables = 30, .levels = 201};
    formula.costs = [number](const std::vector<double>& x) { return Costs{x[0], zdt(number, x[0], tail_of(x))}; };
    Front truth;
    for (int n = 0; n < 500; ++n) {
      const double f = n / 499.0;
      truth.add(n, {f, zdt(number, f, 1)});
    }
    std::vector<double> distances;
    for (const std::uint64_t seed : {1, 2, 3}) {
      const std::vector<Costs> found = front_of(formula, seed, 25'000);
      double sum = 0;
      for (const Costs& point : found) {
        double nearest = 1e9;
        for (const Front::Member& member : truth.members())
          nearest = std::min(nearest, std::hypot(point[0] - member.costs[0], point[1] - member.costs[1]));
        sum += nearest;
      }
      distances.push_back(sum / static_cast<double>(found.size()));
    }
    std::sort(distances.begin(), distances.end());
    EXPECT_LE(distances[1], marks[number - 1]) << "ZDT" << number;
    RecordProperty("zdt" + std::to_string(number), std::to_string(distances[1]));
  }
}

TEST(StandardProblems, Dtlz2FrontLiesOnTheSphere) {
  Formula formula{.variables = 12, .levels = 101, .objectives = 3};
  formula.costs = [](const std::vector<double>& x) {
    double g = 0;
    for (std::size_t i = 2; i < x.size(); ++i) g += (x[i] - 0.5) * (x[i] - 0.5);
    const double a = x[0] * std::numbers::pi / 2, b = x[1] * std::numbers::pi / 2;
    return Costs{(1 + g) * std::cos(a) * std::cos(b), (1 + g) * std::cos(a) * std::sin(b), (1 + g) * std::sin(a)};
  };
  const std::vector<Costs> found = front_of(formula, 1, 10'000);
  // Under (1.1, 1.1, 1.1) the sphere's octant leaves 1.331 - pi / 6.
  EXPECT_GE(hypervolume(found, {1.1, 1.1, 1.1}), 0.97 * (1.331 - std::numbers::pi / 6));
}

double at_least_zero(double value) { return std::max(0.0, value); }

TEST(StandardProblems, ConstrainedFrontsAreThoseOfAllPoints) {
  std::vector<std::pair<std::string, Formula>> problems;
  Formula binh{.levels = 201};  // x in [0, 5], y in [0, 3]
  binh.costs = [](const std::vector<double>& v) {
    const double x = 5 * v[0], y = 3 * v[1];
    return Costs{4 * x * x + 4 * y * y, (x - 5) * (x - 5) + (y - 5) * (y - 5)};
  };
  binh.beyond = [](const std::vector<double>& v) {
    const double x = 5 * v[0], y = 3 * v[1];
    return at_least_zero((x - 5) * (x - 5) + y * y - 25) + at_least_zero(7.7 - (x - 8) * (x - 8) - (y + 3) * (y + 3));
  };
  problems.emplace_back("Binh-Korn", binh);
  Formula srinivas{.levels = 201};  // both in [-20, 20]
  srinivas.costs = [](const std::vector<double>& v) {
    const double x = 40 * v[0] - 20, y = 40 * v[1] - 20;
    return Costs{2 + (x - 2) * (x - 2) + (y - 1) * (y - 1), 9 * x - (y - 1) * (y - 1)};
  };
  srinivas.beyond = [](const std::vector<double>& v) {
    const double x = 40 * v[0] - 20, y = 40 * v[1] - 20;
    return at_least_zero(x * x + y * y - 225) + at_least_zero(x - 3 * y + 10);
  };
  problems.emplace_back("Srinivas-Deb", srinivas);
  Formula tanaka{.levels = 201};  // both in (0, pi]
  tanaka.costs = [](const std::vector<double>& v) {
    return Costs{1e-9 + std::numbers::pi * v[0], 1e-9 + std::numbers::pi * v[1]};
  };
  tanaka.beyond = [](const std::vector<double>& v) {
    const double x = 1e-9 + std::numbers::pi * v[0], y = 1e-9 + std::numbers::pi * v[1];
    return at_least_zero(1 + 0.1 * std::cos(16 * std::atan2(x, y)) - x * x - y * y) +
           at_least_zero((x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5) - 0.5);
  };
  problems.emplace_back("Tanaka", tanaka);
  for (const auto& [name, formula] : problems) {
    Front truth;
    Costs worst(2, -1e300);
    std::int64_t id = 0;
    for (std::size_t x = 0; x < formula.levels; ++x) {
      for (std::size_t y = 0; y < formula.levels; ++y) {
        const Trial trial = formula.evaluate(id++, {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y)});
        if (trial.outcome.complete()) truth.add(trial.id, trial.outcome.figures);
      }
    }
    std::vector<Costs> all;
    for (const Front::Member& member : truth.members()) {
      all.push_back(member.costs);
      for (std::size_t o = 0; o < 2; ++o) worst[o] = std::max(worst[o], member.costs[o]);
    }
    const std::vector<Costs> found = front_of(formula, 1, 4'000);                  // a tenth of the points
    EXPECT_GE(hypervolume(found, worst), 0.98 * hypervolume(all, worst)) << name;  // Tanaka: points that stand alone
    EXPECT_LE(hypervolume(found, worst), hypervolume(all, worst) * (1 + 1e-12)) << name;
  }
}

}  // namespace
}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
// Methods and the run of a study, on functions of which everything is known.
#include "explore/exploration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "explore/explain.h"
#include "explore/repair.h"
#include "explore/steps.h"
#include "journal_fixture.h"

namespace blendsim::explore::test {
namespace {

// Two objectives on a grid (ZDT1 of Zitzler, Deb, Thiele, Evolutionary Computation 8(2), 2000, discretised), of which a
// third of the points is refused by a compiler and a third beyond a device.
Study zdt_study(std::size_t dimensions, std::size_t values) {
  Study study;
  for (std::size_t d = 0; d < dimensions; ++d) {
    Dimension dimension{"k" + std::to_string(d), {}, true};
    for (std::size_t v = 0; v < values; ++v) dimension.values.push_back(std::to_string(v));
    study.space.dimensions.push_back(dimension);
  }
  study.objectives = {{"f1"}, {"f2"}};
  study.figure_names = {"f1", "f2"};
  study.batch = 32;
  study.identity = {"zdt", {{"a", "b"}}, {"f1", "f2"}, "0"};
  return study;
}

Outcome zdt(const Study& study, const Point& point, Effort effort) {
  const auto x = [&](std::size_t d) {
    return static_cast<double>(point[d]) / static_cast<double>(study.space.dimensions[d].values.size() - 1);
  };
  double g = 0;
  for (std::size_t d = 1; d < point.size(); ++d) g += x(d);
  g = 1 + 9 * g / static_cast<double>(point.size() - 1);
  Outcome out;
  if (point[0] % 3 == 2 && point.back() > 0)
    return {DesignStage::resources, "device-too-small", "lut", x(0) + g, {NAN, NAN}};
  if (point[1] % 5 == 4) return {DesignStage::program, "does-not-fit", "act_fixed", 1, {NAN, NAN}};
  const double penalty = effort == Effort::first_order ? 0.01 : 0;  // all orders are a little better
  out.stage = DesignStage::complete;
  out.figures = {x(0), g * (1 - std::sqrt(x(0) / g)) + penalty};
  return out;
}

Work work(const Study& study) {
  return [&study](const Job& job) {
    const Screen screen = [&](const Point& p) { return zdt(study, p, Effort::all_orders); };
    Trial trial{job.id,
                job.repair ? repaired(job.point, study.space, screen, study.seed, job.id) : job.point,
                {},
                job.effort == Effort::all_orders};
    trial.outcome = zdt(study, trial.point, job.effort);
    return trial;
  };
}

std::unique_ptr<Method> method(const Study& study, const std::string& name) {
  const auto entries = methods();
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const MethodEntry& m) { return m.name == name; });
  return entry->make({study.space, study.objectives, study.seed, Point(study.space.dimensions.size(), 0),
                      [&study](const Point& p) { return zdt(study, p, Effort::all_orders); }});
}

Findings run(Study& study, const std::string& name, const std::string& file, Pool& pool, std::int64_t budget,
             std::function<bool()> stop = {}) {
  study.budget.evaluations = budget;
  Journal journal(file, study.identity, Journal::Access::write);
  const auto m = method(study, name);
  Findings findings(study.objectives);
  const std::vector<Trial> trials = journal.trials();
  for (const BatchRecord& batch : journal.batches()) {
    std::vector<Trial> own;
    for (const Trial& t : trials) {
      if (t.id >= batch.first && t.id <= batch.last) own.push_back(t);
    }
    m->tell(own);
    findings.add(batch, own);
  }
  explore(study, findings, journal, *m, pool, {std::move(stop), {}});
  return findings;
}

std::string front_text(const Findings& findings) {
  std::string out;
  for (const Front::Member& m : findings.front().members())
    out += fmt::format("{}:{},{} ", m.id, m.costs[0], m.costs[1]);
  return out;
}

TEST(Grid, AsksForEveryPointOnceAndEnds) {
  Study study = zdt_study(3, 4);
  const auto m = method(study, "grid");
  std::set<Point> seen;
  for (std::int64_t id = 0; id < 64; id += 10) {
    for (const Candidate& c : m->ask(id, 10)) EXPECT_TRUE(seen.insert(c.point).second);
  }
  EXPECT_EQ(seen.size(), 64u);
  EXPECT_TRUE(m->ask(64, 10).empty());
}

TEST(RandomAndSobol, AreFunctionsOfTheIdAndFillTheSpace) {
  Study study = zdt_study(5, 8);
  for (const std::string name : {"random", "sobol"}) {
    const auto m = method(study, name), other = method(study, name);
    const auto first = m->ask(0, 256);
    EXPECT_EQ(other->ask(200, 10)[3].point, first[203].point) << name;
    std::vector<std::vector<int>> counts(5, std::vector<int>(8));
    for (const Candidate& c : first) {
      for (std::size_t d = 0; d < 5; ++d) ++counts[d][c.point[d]];
    }
    for (const auto& of_dimension : counts) {
      for (const int count : of_dimension) {
        if (name == "sobol") EXPECT_NEAR(count, 32, 2);  // 256 points in 8 equal parts
        else EXPECT_NEAR(count, 32, 24);
      }
    }
    study.seed = 2;
    EXPECT_NE(method(study, name)->ask(0, 1)[0].point, first[0].point);
    study.seed = 1;
  }
}

TEST(Neighbours, DifferByOneStepOrByAnyUnorderedValue) {
  Space space{{{"a", {"1", "2", "3", "4"}, true}, {"b", {"x", "y", "z"}, false}, {"c", {"1"}, true}}};
  EXPECT_THAT(neighbours({1, 0, 0}, space),
              testing::UnorderedElementsAre(Point{0, 0, 0}, Point{2, 0, 0}, Point{1, 1, 0}, Point{1, 2, 0}));
  RandomStream random(1, 2);
  for (int n = 0; n < 100; ++n) {
    Point point = {1, 0, 0};
    change_one(point, space, random);
    EXPECT_EQ(point[2], 0);
    EXPECT_LE((point[0] != 1) + (point[1] != 0), 1);
  }
}

TEST(Repair, EndsAtAPointThatNothingSpeaksAgainst) {
  Study study = zdt_study(4, 12);
  const Screen screen = [&](const Point& p) { return zdt(study, p, Effort::all_orders); };
  RandomStream random(3, 0);
  int mended = 0;
  for (int n = 0; n < 200; ++n) {
    const Point point = random_point(study.space, random);
    const Point near = repaired(point, study.space, screen, 1, n);
    EXPECT_GE(screen(near).stage, DesignStage::program);
    EXPECT_EQ(near, repaired(point, study.space, screen, 1, n));
    if (screen(point).stage >= DesignStage::program) EXPECT_EQ(near, point);
    else ++mended;
  }
  EXPECT_GT(mended, 30);
}

class Exploration : public testing::Test {
 protected:
  // Of the whole space.
  static double best_hypervolume(const Study& study, const Costs& reference) {
    std::vector<Costs> all;
    std::int64_t id = 0;
    for (const auto m = method(study, "grid");;) {
      const auto candidates = m->ask(id, 1000);
      for (const Candidate& c : candidates) {
        const Outcome out = zdt(study, c.point, Effort::all_orders);
        if (out.complete()) all.push_back(out.figures);
      }
      if (candidates.empty()) return hypervolume(all, reference);
      id += static_cast<std::int64_t>(candidates.size());
    }
  }
  static double share(const Study& study, const Findings& findings) {
    const Costs reference = {1.1, 11};
    std::vector<Costs> points;
    for (const Front::Member& m : findings.front().members()) points.push_back(m.costs);
    return hypervolume(points, reference) / best_hypervolume(study, reference);
  }
  Folder folder;
};

TEST_F(Exploration, ByEvolutionFindsTheFrontThatRandomPointsDoNot) {
  std::vector<double> evolved, random;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Study study = zdt_study(5, 12);  // 248,832 points
    study.seed = seed;
    const auto pool = local_pool(work(study));
    evolved.push_back(share(study, run(study, "evolve", folder / (fmt::format("e{}.db", seed)), *pool, 1000)));
    random.push_back(share(study, run(study, "random", folder / (fmt::format("r{}.db", seed)), *pool, 1000)));
  }
  std::sort(evolved.begin(), evolved.end());
  std::sort(random.begin(), random.end());
  EXPECT_GT(evolved[2], 0.99);
  EXPECT_GT(evolved[0], random[4]);
}

TEST_F(Exploration, IsTheSameForAnyNumberOfWorkersAndAfterAnyStop) {
  for (const std::string name : {"random", "sobol", "evolve", "bayes", "auto"}) {
    Study study = zdt_study(4, 10);
    const int budget = name == "bayes" ? 80 : 600;
    if (name == "bayes") study.batch = 8;
    const auto local = local_pool(work(study));
    const std::string whole = front_text(run(study, name, folder / (name + "1.db"), *local, budget));
    const auto forked = fork_pool(3, work(study));
    EXPECT_EQ(front_text(run(study, name, folder / (name + "2.db"), *forked, budget)), whole) << name;
    for (int stops = 0; stops < 4; ++stops) {  // ends after one more batch each time
      int batches = 0;
      (void)run(study, name, folder / (name + "3.db"), *local, budget, [&] { return batches++ >= 1 + stops; });
    }
    EXPECT_EQ(front_text(run(study, name, folder / (name + "3.db"), *local, budget)), whole) << name;
  }
}

TEST_F(Exploration, HasOnItsFrontOnlyWhatWasVerified) {
  Study study = zdt_study(4, 10);
  const auto pool = local_pool(work(study));
  const Findings findings = run(study, "evolve", folder / "v.db", *pool, 500);
  ASSERT_GT(findings.front().members().size(), 5u);
  for (const Front::Member& m : findings.front().members()) {
    const Trial& trial = *findings.find(m.id);
    EXPECT_TRUE(trial.verified);
    EXPECT_EQ(m.costs, zdt(study, trial.point, Effort::all_orders).figures);
  }
  std::set<Point> points;
  for (const Trial& trial : findings.trials()) EXPECT_TRUE(points.insert(trial.point).second) << "evaluated twice";
  EXPECT_EQ(findings.evaluated(), static_cast<std::int64_t>(points.size()));
}

TEST_F(Exploration, EndsWhereASpaceIsExhaustedOrHasNothingToCompile) {
  Study study = zdt_study(2, 6);
  const auto pool = local_pool(work(study));
  EXPECT_LE(run(study, "evolve", folder / "a.db", *pool, 100'000).evaluated(), 36);
  EXPECT_LE(run(study, "grid", folder / "b.db", *pool, 100'000).evaluated(), 36);
  const auto none = local_pool([](const Job& job) {
    return Trial{job.id, job.point, {DesignStage::resources, "device-too-small", "lut", 1, {NAN, NAN}}, false};
  });
  const Findings nothing = run(study, "random", folder / "c.db", *none, 100);
  EXPECT_EQ(nothing.evaluated(), 0);
  EXPECT_TRUE(nothing.front().members().empty());
}

TEST_F(Exploration, SaysWhatMovesAnObjective) {
  Study study = zdt_study(4, 10);
  const auto pool = local_pool(work(study));
  const Findings findings = run(study, "random", folder / "i.db", *pool, 2000);
  const auto moved = influences(study, findings);
  ASSERT_EQ(moved.size(), 2u);
  ASSERT_FALSE(moved[0].empty());
  EXPECT_EQ(moved[0][0].dimension, 0u);  // f1 is x0 and nothing else
  EXPECT_NEAR(moved[0][0].share, 1, 1e-9);
  double sum = 0;
  for (const Influence& i : moved[1]) sum += i.share;
  EXPECT_TRUE(std::is_sorted(moved[1].begin(), moved[1].end(),
                             [](const Influence& a, const Influence& b) { return a.share > b.share; }));
  EXPECT_LE(sum, 1 + 1e-9);
  EXPECT_GT(sum, 0.8);
}

}  // namespace
}  // namespace blendsim::explore::test

// SPDX-License-Identifier: Apache-2.0
#include "explore/evolve.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "explore/front.h"
#include "explore/steps.h"

namespace blendsim::explore {

namespace {

// Measured (scripts/explore_methods.py): on 17 to 33 keys a small population and mostly crossover come furthest in 500
// evaluations, and no less far in 5,000.
constexpr std::size_t population_size = 40;
constexpr double crossover_share = 0.9;  // of what is asked; the rest are steps from the front

class Evolve final : public Method {
 public:
  explicit Evolve(const MethodContext& context)
      : space_(context.space), objectives_(context.objectives), seed_(context.seed), base_(context.base) {}

  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override {
    std::vector<Candidate> out;
    std::set<Point> asked;
    for (std::size_t n = 0; n < count; ++n) {
      RandomStream random(seed_, static_cast<std::uint64_t>(first) + n);
      out.push_back({first == 0 && n == 0 ? base_ : fresh(random, asked), true});
      asked.insert(out.back().point);
    }
    return out;
  }

  void tell(std::span<const Trial> trials) override {
    for (const Trial& trial : trials) {
      known_.insert(trial.point);
      population_.push_back(
          {trial.point, trial.outcome, trial.outcome.complete() ? costs(trial, objectives_) : Costs()});
      if (trial.outcome.complete()) front_.add(trial.id, population_.back().costs);
      if (trial.outcome.complete()) complete_points_[trial.id] = trial.point;
    }
    select();
  }

 private:
  struct Member {
    Point point;
    Outcome outcome;
    Costs costs;  // of a complete one
    int rank = 0;
    double crowding = 0;
  };

  // A point that nobody has asked for: bred, else beside the front, as far as a few tries find one.
  Point fresh(RandomStream& random, const std::set<Point>& asked) {
    constexpr int tries = 20;
    const auto is_new = [&](const Point& point) { return known_.count(point) == 0 && asked.count(point) == 0; };
    Point point;
    for (int t = 0; t < tries; ++t) {
      point = population_.empty()              ? random_point(space_, random)
              : random.chance(crossover_share) ? child(random)
                                               : step(random);
      if (is_new(point)) return point;
    }
    for (int t = 0; t < tries && !front_.members().empty(); ++t) {
      std::vector<Point> near = neighbours(member_of_front(random), space_);
      if (near.empty()) break;
      if (t >= tries / 2) near = neighbours(near[random.below(near.size())], space_);
      std::erase_if(near, [&](const Point& p) { return !is_new(p); });
      if (!near.empty()) return near[random.below(near.size())];
    }
    return random.chance(0.5) ? random_point(space_, random) : point;
  }

  [[nodiscard]] const Point& member_of_front(RandomStream& random) const {
    return complete_points_.at(front_.members()[random.below(front_.members().size())].id);
  }

  // Uniform crossover of two parents, then about one change.
  Point child(RandomStream& random) {
    Point point = parent(random);
    const Point& other = parent(random);
    if (random.chance(0.9)) {
      for (std::size_t d = 0; d < point.size(); ++d) {
        if (random.chance(0.5)) point[d] = other[d];
      }
    }
    const double rate = 1 / static_cast<double>(std::max<std::size_t>(1, point.size()));
    for (std::size_t d = 0; d < point.size(); ++d) {
      if (random.chance(rate)) change(point, d, space_, random);
    }
    return point;
  }

  // One or two changes from a member of the front.
  Point step(RandomStream& random) {
    if (front_.members().empty()) return child(random);
    Point point = member_of_front(random);
    change_one(point, space_, random);
    if (random.chance(0.3)) change_one(point, space_, random);
    return point;
  }

  // The better of two.
  const Point& parent(RandomStream& random) const {
    const Member& a = population_[random.below(population_.size())];
    const Member& b = population_[random.below(population_.size())];
    if (a.rank != b.rank) return a.rank < b.rank ? a.point : b.point;
    return a.crowding >= b.crowding ? a.point : b.point;
  }

  // Complete points by domination, behind them the others by how far they came and how little they are beyond.
  void select() {
    const auto complete_end = std::stable_partition(population_.begin(), population_.end(),
                                                    [](const Member& m) { return m.outcome.complete(); });
    std::vector<Costs> points;
    for (auto member = population_.begin(); member != complete_end; ++member) points.push_back(member->costs);
    const Ranking ranking = rank_by_domination(points);
    int last = 0;
    for (std::size_t n = 0; n < points.size(); ++n) {
      population_[n].rank = ranking.rank[n];
      population_[n].crowding = ranking.crowding[n];
      last = std::max(last, ranking.rank[n] + 1);
    }
    const auto beyond = [](const Member& m) {
      return std::pair(-static_cast<int>(m.outcome.stage), m.outcome.violation);
    };
    std::stable_sort(complete_end, population_.end(),
                     [&](const Member& a, const Member& b) { return beyond(a) < beyond(b); });
    for (auto member = complete_end; member != population_.end(); ++member) {
      member->rank = last++;
      member->crowding = 0;
    }
    std::stable_sort(population_.begin(), population_.end(), [](const Member& a, const Member& b) {
      return a.rank != b.rank ? a.rank < b.rank : a.crowding > b.crowding;
    });
    if (population_.size() > population_size) population_.resize(population_size);
  }

  const Space& space_;
  const std::vector<Objective>& objectives_;
  std::uint64_t seed_;
  Point base_;
  std::vector<Member> population_;  // the best of all that was told, best first
  Front front_;
  std::map<std::int64_t, Point> complete_points_;
  std::set<Point> known_;
};

}  // namespace

std::unique_ptr<Method> make_evolve(const MethodContext& context) { return std::make_unique<Evolve>(context); }

}  // namespace blendsim::explore

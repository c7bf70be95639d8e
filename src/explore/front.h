// SPDX-License-Identifier: Apache-2.0
// The trials that no other beats in every objective, and how much of the space of objectives they beat.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace blendsim::explore {

// Costs of one trial, all to be made small.
using Costs = std::vector<double>;

// `a` is no worse in any and better in one.
[[nodiscard]] bool dominates(std::span<const double> a, std::span<const double> b);

// Mutually non-dominated costs with the ids of their trials. Of trials with equal costs the first id stays.
class Front {
 public:
  struct Member {
    std::int64_t id = 0;
    Costs costs;
  };
  // Whether it became a member; those that it dominates leave.
  bool add(std::int64_t id, const Costs& costs);
  // Whether add() would make it one.
  [[nodiscard]] bool would_take(const Costs& costs) const;
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }  // by id

 private:
  std::vector<Member> members_;
};

// Volume that the points dominate within the box below `reference` (points beyond it count with what is inside), in
// the product of the objectives' units. Any number of objectives: sweeps for two and three, WFG beyond (While,
// Bradstreet, Barone, IEEE Trans. Evolutionary Computation 16(1), 2012).
[[nodiscard]] double hypervolume(std::span<const Costs> points, const Costs& reference);

// Ranks of fast non-dominated sorting (0: the front) and crowding distances within each rank (Deb et al., IEEE Trans.
// Evolutionary Computation 6(2), 2002).
struct Ranking {
  std::vector<int> rank;
  std::vector<double> crowding;
};
[[nodiscard]] Ranking rank_by_domination(std::span<const Costs> points);

}  // namespace blendsim::explore

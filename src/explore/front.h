// SPDX-License-Identifier: Apache-2.0
// The trials that no other beats in every objective, and how much of the space of objectives they beat.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace blendsim::explore {

// Costs of one trial, all to be made small, all finite.
using Costs = std::vector<double>;

// `a` is no worse in any and better in one.
[[nodiscard]] bool dominates(std::span<const double> a, std::span<const double> b);

// Mutually non-dominated costs with the ids of their trials. Of trials with equal costs the smallest id stays, so a
// front is a function of its trials, whatever their order.
class Front {
 public:
  struct Member {
    std::int64_t id = 0;
    Costs costs;
  };
  // Whether it became a member; those that it dominates leave. Throws InvariantError when a cost is not finite or there
  // are not as many as the members have.
  bool add(std::int64_t id, const Costs& costs);
  // Whether add() would make a trial with an id beyond all members' one.
  [[nodiscard]] bool would_take(const Costs& costs) const;
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }  // by id

 private:
  std::vector<Member> members_;
};

// Volume of what the points dominate and the reference is dominated by, in the product of the objectives' units. A
// point that is not better than the reference in every objective adds nothing. The same to the last bit for any order
// of the points. Any number of objectives: sweeps for two and three, WFG beyond (While, Bradstreet, Barone, IEEE Trans.
// Evolutionary Computation 16(1), 2012). Throws InvariantError when a point has another number of costs.
[[nodiscard]] double hypervolume(std::span<const Costs> points, const Costs& reference);

// Ranks of non-dominated sorting (0: the front), and crowding distances within each rank: the sum over the objectives
// of the distance between a point's two neighbours, relative to the rank's spread; infinite at the ends (Deb et al.,
// IEEE Trans. Evolutionary Computation 6(2), 2002). An objective without spread adds nothing and has no ends; in a rank
// of one or two points all are ends.
struct Ranking {
  std::vector<int> rank;
  std::vector<double> crowding;
};
// In O(M N log N) for one and two objectives, at most O(M N^2) beyond, in O(N) of memory (Zhang et al., IEEE Trans.
// Evolutionary Computation 19(2), 2015).
[[nodiscard]] Ranking rank_by_domination(std::span<const Costs> points);

}  // namespace blendsim::explore

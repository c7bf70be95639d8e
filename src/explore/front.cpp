// SPDX-License-Identifier: Apache-2.0
#include "explore/front.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/diagnostic.h"

namespace blendsim::explore {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Whether `a` is no worse than `b` in any objective: it dominates or equals it.
bool covers(std::span<const double> a, std::span<const double> b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
  }
  return true;
}

}  // namespace

bool dominates(std::span<const double> a, std::span<const double> b) { return covers(a, b) && !covers(b, a); }

bool Front::add(std::int64_t id, const Costs& costs) {
  for (const double cost : costs) {
    if (!std::isfinite(cost)) throw InvariantError("front", "a cost is not finite");
  }
  if (!members_.empty() && members_.front().costs.size() != costs.size())
    throw InvariantError("front", "trials differ in their number of objectives");
  for (Member& member : members_) {
    if (!covers(member.costs, costs)) continue;
    if (member.id <= id || member.costs != costs) return false;
    break;  // its equal came earlier with a later id, and leaves below
  }
  std::erase_if(members_, [&](const Member& member) { return covers(costs, member.costs); });
  const auto place =
      std::upper_bound(members_.begin(), members_.end(), id, [](std::int64_t a, const Member& b) { return a < b.id; });
  members_.insert(place, {id, costs});
  return true;
}

bool Front::would_take(const Costs& costs) const {
  return std::none_of(members_.begin(), members_.end(), [&](const Member& m) { return covers(m.costs, costs); });
}

namespace {

// Those of the points that no other covers, without duplicates, by descending last cost.
void keep_non_dominated(std::vector<Costs>& points) {
  // Nothing comes before what covers it.
  std::sort(points.begin(), points.end(), [](const Costs& a, const Costs& b) {
    return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  });
  std::vector<Costs> kept;
  for (Costs& point : points) {
    if (std::none_of(kept.rbegin(), kept.rend(), [&](const Costs& k) { return covers(k, point); }))
      kept.push_back(std::move(point));
  }
  std::reverse(kept.begin(), kept.end());
  points = std::move(kept);
}

double plane_volume(std::vector<Costs>& points, std::span<const double> reference) {
  std::sort(points.begin(), points.end());
  double area = 0, lowest = reference[1];
  for (const Costs& point : points) {
    if (point[1] >= lowest) continue;
    area += (reference[0] - point[0]) * (lowest - point[1]);
    lowest = point[1];
  }
  return area;
}

// What the points of a plane dominate, one point after the other.
class Staircase {
 public:
  explicit Staircase(std::span<const double> reference)
      : steps_{{-infinity, reference[1]}, {reference[0], -infinity}} {}

  [[nodiscard]] double area() const { return area_; }
  void add(double x, double y) {
    auto step = std::prev(steps_.upper_bound(x));
    if (step->second <= y) return;
    double from = x, height = step->second;
    for (++step; step->second >= y; step = steps_.erase(step)) {
      area_ += (step->first - from) * (height - y);
      from = step->first;
      height = step->second;
    }
    area_ += (step->first - from) * (height - y);
    steps_[x] = y;
  }

 private:
  std::map<double, double> steps_;  // from x on, what is above y is dominated
  double area_ = 0;
};

double space_volume(std::vector<Costs>& points, std::span<const double> reference) {
  std::sort(points.begin(), points.end(),
            [](const Costs& a, const Costs& b) { return std::tie(a[2], a[0], a[1]) < std::tie(b[2], b[0], b[1]); });
  Staircase stairs(reference);
  double volume = 0;
  for (std::size_t p = 0; p < points.size(); ++p) {
    stairs.add(points[p][0], points[p][1]);
    const double next = p + 1 < points.size() ? points[p + 1][2] : reference[2];
    if (next > points[p][2]) volume += stairs.area() * (next - points[p][2]);
  }
  return volume;
}

// All points are better than the reference in every objective. Changes `points`.
double volume_of(std::vector<Costs>& points, std::span<const double> reference) {
  const std::size_t last = reference.size() - 1;
  if (points.empty()) return 0;
  if (last == 0) return reference[0] - (*std::min_element(points.begin(), points.end()))[0];
  if (last == 1) return plane_volume(points, reference);
  if (last == 2) return space_volume(points, reference);
  // WFG: each point's volume without what the points after it have of it. These are better in the last objective, so
  // what they have of it is as deep there as the point's own volume, and one objective less says the rest.
  keep_non_dominated(points);
  double volume = 0;
  for (std::size_t p = 0; p < points.size(); ++p) {
    double own = 1;
    for (std::size_t i = 0; i < last; ++i) own *= reference[i] - points[p][i];
    std::vector<Costs> others;
    for (std::size_t q = p + 1; q < points.size(); ++q) {
      Costs& limited = others.emplace_back(points[q].begin(), points[q].end() - 1);
      for (std::size_t i = 0; i < last; ++i) limited[i] = std::max(limited[i], points[p][i]);
    }
    volume += (reference[last] - points[p][last]) * (own - volume_of(others, reference.first(last)));
  }
  return volume;
}

}  // namespace

double hypervolume(std::span<const Costs> points, const Costs& reference) {
  std::vector<Costs> inside;
  for (const Costs& point : points) {
    if (point.size() != reference.size())
      throw InvariantError("hypervolume", "a point and the reference differ in their number of objectives");
    const bool better = std::equal(point.begin(), point.end(), reference.begin(), std::less<>());
    if (better) inside.push_back(point);
  }
  if (reference.empty()) return 0;
  return volume_of(inside, reference);
}

namespace {

// Adds to `crowding` what each member's neighbours say; `members` are of one rank.
void add_crowding(std::span<const Costs> points, std::vector<std::size_t> members, std::vector<double>& crowding) {
  if (members.size() <= 2) {
    for (const std::size_t member : members) crowding[member] = infinity;
    return;
  }
  for (std::size_t objective = 0; objective < points[members[0]].size(); ++objective) {
    const auto cost = [&](std::size_t place) { return points[members[place]][objective]; };
    std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return points[a][objective] != points[b][objective] ? points[a][objective] < points[b][objective] : a < b;
    });
    const std::size_t last = members.size() - 1;
    const double spread = cost(last) - cost(0);
    if (!(spread > 0)) continue;
    crowding[members[0]] = crowding[members[last]] = infinity;
    for (std::size_t m = 1; m < last; ++m) crowding[members[m]] += (cost(m + 1) - cost(m - 1)) / spread;
  }
}

}  // namespace

Ranking rank_by_domination(std::span<const Costs> points) {
  Ranking out{std::vector<int>(points.size()), std::vector<double>(points.size())};
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Nothing comes before what dominates it.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return points[a] < points[b]; });
  std::vector<std::vector<std::size_t>> ranks;
  for (const std::size_t p : order) {
    // Of two objectives the rank's last member has the least second one: it dominates if any does.
    const auto dominated = [&](const std::vector<std::size_t>& members) {
      const std::size_t asked = points[p].size() <= 2 ? 1 : members.size();
      return std::any_of(members.rbegin(), members.rbegin() + asked,
                         [&](std::size_t member) { return dominates(points[member], points[p]); });
    };
    // What a rank dominates, all ranks before it dominate.
    const auto rank = std::partition_point(ranks.begin(), ranks.end(), dominated);
    out.rank[p] = static_cast<int>(rank - ranks.begin());
    if (rank == ranks.end()) ranks.push_back({p});
    else rank->push_back(p);
  }
  for (std::vector<std::size_t>& members : ranks) add_crowding(points, std::move(members), out.crowding);
  return out;
}

}  // namespace blendsim::explore

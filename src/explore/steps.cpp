// SPDX-License-Identifier: Apache-2.0
#include "explore/steps.h"

namespace blendsim::explore {

void change(Point& point, std::size_t d, const Space& space, RandomStream& random) {
  const std::size_t count = space.dimensions[d].values.size();
  if (count < 2) return;
  std::size_t value = point[d];
  if (space.dimensions[d].ordered && random.chance(0.5)) {
    const bool up = value == 0 || (value + 1 < count && random.chance(0.5));
    value = up ? value + 1 : value - 1;
  } else {
    value = (value + 1 + random.below(count - 1)) % count;  // any but its own
  }
  point[d] = static_cast<std::uint8_t>(value);
}

void change_one(Point& point, const Space& space, RandomStream& random) {
  if (!point.empty()) change(point, random.below(point.size()), space, random);
}

Point random_point(const Space& space, RandomStream& random) {
  Point point;
  for (const Dimension& dimension : space.dimensions)
    point.push_back(static_cast<std::uint8_t>(random.below(dimension.values.size())));
  return point;
}

std::vector<Point> neighbours(const Point& point, const Space& space) {
  std::vector<Point> out;
  for (std::size_t d = 0; d < point.size(); ++d) {
    const Dimension& dimension = space.dimensions[d];
    for (std::size_t v = 0; v < dimension.values.size(); ++v) {
      const bool is_step = v + 1 == point[d] || v == point[d] + std::size_t{1};
      if (v == point[d] || (dimension.ordered && !is_step)) continue;
      out.push_back(point);
      out.back()[d] = static_cast<std::uint8_t>(v);
    }
  }
  return out;
}

}  // namespace blendsim::explore

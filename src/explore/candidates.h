// SPDX-License-Identifier: Apache-2.0
// Points to consider: spread over the space, or near others.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "explore/space.h"

namespace blendsim::explore {

// Integers and reals drawn alike on every host: a stream for each pair of seed and number.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t stream);
  [[nodiscard]] std::size_t below(std::size_t count);  // uniform, count > 0
  [[nodiscard]] double unit();                         // uniform in (0, 1)

 private:
  std::mt19937_64 engine_;
};

template <typename T>
void shuffle(std::vector<T>& items, Draws& draws) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[draws.below(i)]);
}

// The first `count` points of Sobol's sequence (Joe, Kuo 2008), shifted digit by digit by the seed; a small space has
// fewer points than that, and they repeat.
[[nodiscard]] std::vector<Point> sobol_points(const Space& space, std::uint64_t seed, std::size_t count);
// Every point of the space, the last dimension fastest.
[[nodiscard]] std::vector<Point> all_points(const Space& space);
[[nodiscard]] Point random_point(const Space& space, Draws& draws);
// Those that differ in one dimension: by a step in an ordered one, by any value in another.
[[nodiscard]] std::vector<Point> neighbours(const Space& space, const Point& point);
// With one dimension moved to a neighbour.
[[nodiscard]] Point stepped(const Space& space, Point point, Draws& draws);
// Each dimension of one of the two; some, 1.5 on average, drawn anew.
[[nodiscard]] Point crossed(const Space& space, const Point& a, const Point& b, Draws& draws);

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
// Moves in a space.
#pragma once

#include <optional>
#include <vector>

#include "explore/random_stream.h"
#include "explore/space.h"

namespace blendsim::explore {

// One dimension of more than one value: half of the time a step to a neighbour, else another value.
void change_one(Point& point, const Space& space, RandomStream& random);
// The dimension `d` likewise; nothing happens where it has one value.
void change(Point& point, std::size_t d, const Space& space, RandomStream& random);

[[nodiscard]] Point random_point(const Space& space, RandomStream& random);

// All points that differ in one dimension: by one step where it is ordered, else by any value.
[[nodiscard]] std::vector<Point> neighbours(const Point& point, const Space& space);

}  // namespace blendsim::explore

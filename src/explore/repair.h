// SPDX-License-Identifier: Apache-2.0
// From a point to a machine near it that its board holds.
#pragma once

#include <functional>

#include "explore/space.h"
#include "explore/trial.h"

namespace blendsim::explore {

using Screen = std::function<Outcome(const Point&)>;

// Changes one key after another, by a step or at random, and keeps a change that brings the point further or not less
// far beyond the limits, until nothing speaks against compiling it or `steps` were tried: most points of a space of
// machines contradict themselves or exceed the device, and their neighbours do not. A function of its arguments;
// `place` tells one candidate from another.
[[nodiscard]] Point repaired(Point point, const Space& space, const Screen& screen, std::uint64_t seed,
                             std::int64_t place, int steps = 200);

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include "explore/repair.h"

#include "explore/random_stream.h"
#include "explore/steps.h"

namespace blendsim::explore {

Point repaired(Point point, const Space& space, const Screen& screen, std::uint64_t seed, std::int64_t place,
               int steps) {
  Outcome outcome = screen(point);
  RandomStream random(seed ^ 0x5245504149525F5FU, static_cast<std::uint64_t>(place));
  for (int step = 0; step < steps && outcome.stage < DesignStage::program; ++step) {
    Point near = point;
    change_one(near, space, random);
    Outcome next = screen(near);
    const bool further = next.stage > outcome.stage;
    if (!further && (next.stage < outcome.stage || next.violation > outcome.violation)) continue;
    point = std::move(near);
    outcome = std::move(next);
  }
  return point;
}

}  // namespace blendsim::explore

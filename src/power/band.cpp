// SPDX-License-Identifier: Apache-2.0
#include "power/band.h"

#include <algorithm>
#include <cmath>

namespace blendsim {

Band band(double value, const std::vector<Spread>& spreads) {
  struct Group {
    std::string_view name;
    double down, up;
  };
  std::vector<Group> groups;
  for (const Spread& s : spreads) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.name == s.group; });
    if (group == groups.end()) group = groups.insert(group, {s.group, 0, 0});
    group->down += s.down;
    group->up += s.up;
  }
  double down = 0, up = 0;
  for (const Group& g : groups) {
    down += g.down * g.down;
    up += g.up * g.up;
  }
  return {std::max(0.0, value - std::sqrt(down)), value + std::sqrt(up)};
}

std::vector<Spread> largest(std::vector<Spread> spreads, std::size_t count) {
  std::stable_sort(spreads.begin(), spreads.end(),
                   [](const Spread& a, const Spread& b) { return a.down + a.up > b.down + b.up; });
  spreads.resize(std::min(spreads.size(), count));
  while (!spreads.empty() && spreads.back().down + spreads.back().up <= 0) spreads.pop_back();
  return spreads;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// How far an estimate may be off: constants of one group move together, groups are independent of each other, so that
// the band is the quadratic sum over groups.
#pragma once

#include <string_view>
#include <vector>

namespace blendsim {

// What one constant moves an estimate by, at its least and at its most.
struct Spread {
  std::string_view constant, group;
  double down = 0, up = 0;  // in the estimate's unit, both at least 0
};

struct Band {
  double low = 0, high = 0;
};

// `low` is never below 0.
[[nodiscard]] Band band(double value, const std::vector<Spread>& spreads);

// The `count` constants that make most of the band, the largest first.
[[nodiscard]] std::vector<Spread> largest(std::vector<Spread> spreads, std::size_t count);

}  // namespace blendsim

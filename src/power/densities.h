// SPDX-License-Identifier: Apache-2.0
// How densely the bits of successive words differ: what of a word's bits toggles from one to the next.
#pragma once

#include <array>

#include "units/distances.h"

namespace blendsim {

// By the port of a unit, each in [0, 1]; 0.5: data without any order.
struct Densities {
  std::array<double, distance_count> of{};
  [[nodiscard]] double operator[](Distance d) const { return of[static_cast<std::size_t>(d)]; }
  [[nodiscard]] double& operator[](Distance d) { return of[static_cast<std::size_t>(d)]; }
  bool operator==(const Densities&) const = default;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Spaces for tests.
#pragma once

#include <string>
#include <vector>

#include "explore/space.h"

namespace blendsim::explore::test {

// Ordered dimensions of so many values.
inline Space cube(const std::vector<int>& counts) {
  Space space;
  for (const int count : counts) {
    Dimension dimension{"x" + std::to_string(space.dimensions.size()), {}, true};
    for (int value = 0; value < count; ++value) dimension.values.push_back(std::to_string(value));
    space.dimensions.push_back(dimension);
  }
  return space;
}

}  // namespace blendsim::explore::test

// SPDX-License-Identifier: Apache-2.0
// What a study varies: a finite list of values for each of its keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace blendsim::explore {

struct Dimension {
  std::string name;                 // "xnor_array.rows"
  std::vector<std::string> values;  // as they are written, in the order in which a step goes; at most 255
  bool ordered = true;              // false: of values without an order ("bram", "uram") none is nearer than another
};

// The index of each dimension's value.
using Point = std::vector<std::uint8_t>;

struct Space {
  std::vector<Dimension> dimensions;
  // Points; of a space with more than 2^53 of them rounded.
  [[nodiscard]] double size() const;
};

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct PostUnitParameters {
  std::int64_t lanes = 16;
  std::int64_t multiplier = 24;
  std::int64_t comparators = 3;
  std::int64_t depth = 24;
  bool operator==(const PostUnitParameters&) const = default;
};

inline constexpr std::array post_unit_parameters = {
    Parameter<PostUnitParameters>{"lanes", &PostUnitParameters::lanes, 16, 256, Unit::none, "channels processed in parallel", {}, true, 16},
    Parameter<PostUnitParameters>{"multiplier", &PostUnitParameters::multiplier, 8, 27, Unit::bit, "widest signed factor M; a limit only: the lowered network fixes the numbers"},
    Parameter<PostUnitParameters>{"comparators", &PostUnitParameters::comparators, 1, 15, Unit::none, "thresholds compared each cycle and lane"},
    Parameter<PostUnitParameters>{"depth", &PostUnitParameters::depth, 16, 255, Unit::cycle, "loop to the result written; an element waits for its record in it"},
};

}  // namespace blendsim

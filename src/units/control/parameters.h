// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct ControlParameters {
  std::int64_t doorbell = 12;
  bool operator==(const ControlParameters&) const = default;
};

inline constexpr std::array control_parameters = {
    Parameter<ControlParameters>{"doorbell", &ControlParameters::doorbell, 1, 1000, Unit::cycle,
                                 "accepted doorbell write to the dispatcher's first fetch"},
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct PoolUnitParameters {
  std::int64_t lanes = 16;
  std::int64_t depth = 8;
  bool operator==(const PoolUnitParameters&) const = default;
};

inline constexpr std::array pool_unit_parameters = {
    Parameter<PoolUnitParameters>{
        "lanes", &PoolUnitParameters::lanes, 16, 256, Unit::none, "channels processed in parallel", {}, false, 16},
    Parameter<PoolUnitParameters>{"depth", &PoolUnitParameters::depth, 4, 64, Unit::cycle,
                                  "first read address to the result written"},
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct DispatcherParameters {
  std::int64_t decode = 2;
  std::int64_t queue_depth = 16;
  std::int64_t token_latency = 1;
  std::int64_t token_bits = 8;
  std::int64_t prefetch = 64;
  bool operator==(const DispatcherParameters&) const = default;
};

inline constexpr std::array dispatcher_parameters = {
    Parameter<DispatcherParameters>{"decode", &DispatcherParameters::decode, 1, 16, Unit::cycle,
                                    "instruction word read to queue entry written"},
    Parameter<DispatcherParameters>{"queue_depth", &DispatcherParameters::queue_depth, 1, 1024, Unit::none,
                                    "instructions that a unit's queue holds"},
    Parameter<DispatcherParameters>{"token_latency", &DispatcherParameters::token_latency, 1, 16, Unit::cycle,
                                    "posting of a token to its visibility"},
    Parameter<DispatcherParameters>{"token_bits", &DispatcherParameters::token_bits, 1, 16, Unit::bit,
                                    "width of a token counter"},
    Parameter<DispatcherParameters>{"prefetch", &DispatcherParameters::prefetch, 16, 4096, Unit::word,
                                    "instruction words the prefetch FIFO holds when a program is not resident"},
};

}  // namespace blendsim

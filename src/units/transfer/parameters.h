// SPDX-License-Identifier: Apache-2.0
// load and store: strided 3-D copies between DRAM and buffers, in bursts.
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct TransferParameters {
  std::int64_t outstanding = 8;
  std::int64_t burst = 16;
  bool operator==(const TransferParameters&) const = default;
};

inline constexpr std::array transfer_parameters = {
    Parameter<TransferParameters>{"outstanding", &TransferParameters::outstanding, 1, 64, Unit::none,
                                  "bursts in flight"},
    Parameter<TransferParameters>{"burst", &TransferParameters::burst, 1, 256, Unit::beat, "longest burst"},
};

}  // namespace blendsim

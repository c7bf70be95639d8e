// SPDX-License-Identifier: Apache-2.0
// Copies of maps: wider, negated or mirrored, so that a pool or a sum reads integers of one sense and width.
#pragma once

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

// The narrowest of INT8, UINT8, INT16, INT32 with at least `least_bits` that holds the domain.
[[nodiscard]] Format storage_format(const Domain& domain, int least_bits);

// Signs are one a channel, 1 or -1; whether one of them is -1.
[[nodiscard]] bool turns(const std::vector<std::int32_t>& signs);

// A map of the same channels, size and domain, by another name.
[[nodiscard]] std::shared_ptr<Map> shaped_like(const Map& from, std::string name);

// mirror - q where a sign is -1, q elsewhere.
[[nodiscard]] Domain turned(const Domain& from, const std::vector<std::int32_t>& signs, std::int64_t mirror);

}  // namespace blendsim::lowering

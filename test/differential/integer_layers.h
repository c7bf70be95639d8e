// SPDX-License-Identifier: Apache-2.0
// One layer of the integer contract (docs/numerics.md), from its definition: plain loops over 64-bit integers, nothing
// shared with src/.
#pragma once

#include <vector>

#include "network/integer_network.h"

namespace blendsim::differential {

// Fills the layer's outputs in `values` (by TensorId) from its inputs there.
void compute_layer(const IntegerNetwork& network, const Layer& layer, TensorValues& values);

}  // namespace blendsim::differential

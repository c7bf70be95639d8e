// SPDX-License-Identifier: Apache-2.0
// What every compilation of a network asks of its values, found once: the weights are walked here and in the pass emit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/index.h"
#include "network/integer_network.h"

namespace blendsim::compiler {

using LayerId = Index<Layer>;  // of the network
[[nodiscard]] inline const Layer& layer_of(const IntegerNetwork& network, LayerId id) {
  return network.layers[position_of(id)];
}
[[nodiscard]] inline KeyRange<LayerId> layers_of(const IntegerNetwork& network) {
  return {LayerId(0), LayerId(network.layers.size())};
}

// Width of two's complement that holds [lo, hi]; at least 2.
[[nodiscard]] int signed_bits_for(std::int64_t lo, std::int64_t hi);

// What a layer asks of post_unit's widths (units/post_unit/parameters.h).
struct PostNeeds {
  int operand = 0;  // bits of accumulators, map values and thresholds
  int value = 0;    // bits of what its steps yield, and of what joins or is activated without one
  bool table = false;
  int product = 0;              // bits of a join's second factor; 0: no join multiplies
  std::int64_t shift_step = 4;  // the largest whose scaling of M and B leaves every sum within 47 bits
};

struct LayerFacts {
  std::int64_t weight_lo = 0, weight_hi = 0;  // convolutions
  int multiplier_bits = 0;                    // post-processing: of the widest factor M
  PostNeeds post;
  std::int64_t macs = 0;
  bool binary = false;  // both operands bipolar
};

struct NetworkFacts {
  Table<LayerId, LayerFacts> layers;
  Table<TensorId, bool> is_accumulator;  // a convolution writes it
  std::string digest;
  explicit NetworkFacts(const IntegerNetwork& network);
};

}  // namespace blendsim::compiler

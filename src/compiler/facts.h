// SPDX-License-Identifier: Apache-2.0
// What every compilation of a network asks of its values, found once: the weights are walked here and in the pass emit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/integer_network.h"

namespace blendsim::compiler {

// Width of two's complement that holds [lo, hi]; at least 2.
[[nodiscard]] int signed_bits_for(std::int64_t lo, std::int64_t hi);

struct LayerFacts {
  std::int64_t weight_lo = 0, weight_hi = 0;  // convolutions
  int multiplier_bits = 0;                    // post-processing: of the widest factor M
  std::int64_t macs = 0;
  bool binary = false;  // both operands bipolar
};

struct NetworkFacts {
  std::vector<LayerFacts> layers;
  std::vector<bool> is_accumulator;  // by tensor: a convolution writes it
  std::string digest;
  explicit NetworkFacts(const IntegerNetwork& network);
};

}  // namespace blendsim::compiler

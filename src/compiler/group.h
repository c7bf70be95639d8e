// SPDX-License-Identifier: Apache-2.0
// Which layers make a node together, and in which order the nodes come. Part of the pass place.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "compiler/plan.h"

namespace blendsim::compiler {

struct Groups {
  // Topological order; each with its layers in the network's. Only stages have more than one.
  std::vector<std::vector<LayerId>> members;
  std::set<std::pair<LayerId, TensorId>> unfused;  // post-processing, and accumulators that it reads from a map
};

// Joins convolutions with the post-processing that reads their accumulators, as long as the groups stay without cycles;
// accumulators that something reads from a map are added to the needs. `producer`: the layer that writes each tensor.
[[nodiscard]] Groups group_layers(const IntegerNetwork& network, const Table<TensorId, LayerId>& producer,
                                  Assignment& assignment);

}  // namespace blendsim::compiler

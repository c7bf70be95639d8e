// SPDX-License-Identifier: Apache-2.0
// Internal to network: a convolution's constant weights, and the same convolution with others.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/normalise/passes.h"

namespace blendsim {

// The weights' floats in the file, [out, in / groups, kernel_h, kernel_w], and the quantiser of them.
struct ConvWeights {
  const Constant* constant = nullptr;
  const Node* quantiser = nullptr;  // nullptr: they are as they stand
};

// Absent: they are computed, or have scales along another dimension than the outputs.
[[nodiscard]] std::optional<ConvWeights> conv_weights(const Node& conv, const Graph& graph, const Producers& producers);
// The convolution with other weights of as many outputs, and in front of it their quantiser where there was one. Names
// end with `suffix`.
[[nodiscard]] std::vector<Node> with_weights(Node conv, const ConvWeights& w, Constant weights,
                                             const std::string& suffix, Graph& graph);

}  // namespace blendsim

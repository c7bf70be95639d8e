// SPDX-License-Identifier: Apache-2.0
// Weights of a convolution or dense layer as integers and scales.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "network/graph.h"
#include "tensor/format.h"

namespace blendsim::lowering {

// The largest integer of a weight, less its zero point: what two parts of 8 bits, or three, make (wide_weights.cpp).
inline constexpr std::int64_t widest_weight = 510;

// real weight of output channel o = values * scale[o].
struct IntegerWeights {
  Shape shape;                       // as in the graph
  std::vector<std::int16_t> values;  // zero point taken off
  std::vector<float> scale;          // one, or one an output channel
  Format format;
};

// The graph's nodes by output tensor.
using Producers = std::map<std::string, const Node*>;

// The float value of a tensor computed from constants by Quant, Bipolar, Sign and Transpose; absent: not constant.
[[nodiscard]] std::optional<FloatArray> constant_value(const Graph& graph, const Producers& producers,
                                                       const std::string& tensor);

// `out_axis`: the axis of output channels (Conv 0, MatMul 1). Throws std::invalid_argument with a sentence: weights
// that have no integer form with one scale an output channel; std::out_of_range: beyond widest_weight. Absent: not
// constant.
[[nodiscard]] std::optional<IntegerWeights> integer_weights(const Graph& graph, const Producers& producers,
                                                            const std::string& tensor, std::size_t out_axis);

}  // namespace blendsim::lowering

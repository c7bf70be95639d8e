// SPDX-License-Identifier: Apache-2.0
// Internal to network: what picks or moves channels and pixels, as convolutions whose weights are 0 and one 1. The one
// in front of another convolution vanishes in its weights (normalise/moves.cpp).
#pragma once

#include "network/operators/operator.h"

namespace blendsim::operators {

// Weights of 0 and 1 beyond this many are refused: a file of some bytes can ask for any number.
inline constexpr std::int64_t largest_move = std::int64_t{1} << 24;

// Along one dimension: first, first + step, ... `count` indices.
struct Stretch {
  std::int64_t first = 0, step = 1, count = 0;
};

// Emits Reshape (value: the shape) or Transpose (value: the permutation) of x; returns its output: `output`, or where
// that is empty a tensor named after the node's.
std::string emit_move(const Node& node, const char* op, const std::string& x, std::vector<std::int64_t> value,
                      const std::string& suffix, const std::string& output, Rewriter& out);
// Emits what gives `output` = the channels `sources` of x ([N, C], [N, C, L] or [N, C, H, W]); -1 is a channel of
// zeros.
void emit_channels(const Node& node, const std::string& x, const std::vector<std::int64_t>& sources,
                   const std::string& output, Rewriter& out);
// Emits what gives `output` = these stretches of x, one a dimension, the first dimension whole. Throws Refusal.
void emit_stretches(const Node& node, const std::string& x, const std::vector<Stretch>& stretches,
                    const std::string& output, Rewriter& out);

}  // namespace blendsim::operators

// SPDX-License-Identifier: Apache-2.0
// Internal to network: the window of a convolution or pooling over the last two of four dimensions.
#pragma once

#include "network/operators/operator.h"

namespace blendsim::operators {

struct Geometry {
  std::int64_t in_h = 0, in_w = 0, out_h = 0, out_w = 0;
  std::vector<std::int64_t> kernel, strides, dilations;  // height, width
  std::vector<std::int64_t> pads;                        // top, left, bottom, right
  bool ceil_mode = false;

  void write(Node& node) const;  // the canonical attributes kernel_shape, strides, dilations, pads
};

// Reads strides, dilations, pads, auto_pad and ceil_mode. x has four dimensions. Throws Refusal.
[[nodiscard]] Geometry parse_window(const Node& node, const Shape& x, const std::vector<std::int64_t>& kernel);

}  // namespace blendsim::operators

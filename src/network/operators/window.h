// SPDX-License-Identifier: Apache-2.0
// Internal to network: the window of a convolution or pooling over the last two of four dimensions.
#pragma once

#include "network/operators/operator.h"

namespace blendsim::operators {

struct Geometry {
  std::int64_t in_h = 0, in_w = 0, out_h = 0, out_w = 0;
  std::vector<std::int64_t> kernel, strides, dilations;  // height, width
  std::vector<std::int64_t> pads;                        // top, left, bottom, right; negative: auto_pad SAME crops
  bool ceil_mode = false;

  void write(Node& node) const;  // the canonical attributes kernel_shape, strides, dilations, pads
};

// A depthwise convolution that moves pixels and computes nothing: zeros around the map (pads >= 0), and the first
// `crop` rows and columns dropped (both >= 0). Emits it in front of `node` and returns its output tensor, of which
// ONNX's own operators then need no padding that BlendSim's windows lack.
[[nodiscard]] std::string emit_pixel_move(const Node& node, const std::string& x, const std::vector<std::int64_t>& pads,
                                          const std::vector<std::int64_t>& crop, Rewriter& out);

// Where auto padding for a stride beyond the kernel is negative, emit_pixel_move drops the rows and columns in front
// (behind the last window none need be). Takes them out of g and returns the tensor to read.
[[nodiscard]] std::string emit_crop(const Node& node, Geometry& g, Rewriter& out);

// Windows along one dimension, of [N, C, L]: the attributes of the same window over one row, [N, C, 1, L].
[[nodiscard]] Node with_row_window(const Node& node);
// The same operator on such rows: emits the reshapes of its first input and, where there are weights of three
// dimensions, of those, and returns the node, whose output is a new tensor. emit_from_row takes that back to `node`'s.
[[nodiscard]] Node emit_as_row(const Node& node, Rewriter& out);
void emit_from_row(const Node& node, const Node& row, Rewriter& out);

// What auto_pad SAME means where the stride passes the kernel and ONNX's formula is negative. ONNX Runtime (1.30) drops
// pixels in front of a Conv and of an AveragePool from opset 19 on, or with ceil_mode and count_include_pad, not as
// many of either; it refuses other pools, for which TensorFlow's 0 is taken.
enum class SameBeyondKernel : std::uint8_t { pads_nothing, drops_as_conv, drops_as_average };

// Reads strides, dilations, pads, auto_pad and ceil_mode. x has four dimensions. Throws Refusal.
[[nodiscard]] Geometry parse_window(const Node& node, const Shape& x, const std::vector<std::int64_t>& kernel,
                                    SameBeyondKernel beyond = SameBeyondKernel::pads_nothing);

}  // namespace blendsim::operators

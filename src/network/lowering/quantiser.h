// SPDX-License-Identifier: Apache-2.0
// A quantiser of the file: float32 in, integer code out, and what the code stands for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/graph.h"
#include "network/lowering/chain.h"
#include "tensor/format.h"

namespace blendsim::lowering {

enum class RoundMode : std::uint8_t { half_even, ceil, floor, up, down, half_up, half_down };
[[nodiscard]] RoundMode parse_round_mode(const std::string& name);  // throws std::invalid_argument
[[nodiscard]] float round_float(float value, RoundMode mode);       // equals round_as of numerics/host_op.h

// code = as the kind says; real = (code - out_zero_point) * out_scale + out_offset, in float32.
struct Quantiser {
  enum class Kind : std::uint8_t { quant, bipolar, sign, thresholds, trunc };
  Kind kind = Kind::quant;
  PerChannel scale, zero_point;  // quant, trunc: of the quantiser's input grid
  std::int64_t lo = -1, hi = 1;  // codes
  RoundMode rounding = RoundMode::half_even;
  std::string rounding_name = "ROUND";
  bool saturate_first = true;
  bool declared = false;          // of the network's input: integers (less zero_point) already
  float divisor = 1;              // trunc
  bool trunc_clips = false;       // trunc: clip before the last rounding (version 2)
  std::size_t levels = 0;         // thresholds
  std::vector<float> thresholds;  // [1 or C, levels]
  PerChannel out_scale{{1.0F}};
  int out_zero_point = 0;
  float out_offset = 0;  // thresholds: added behind out_scale where it is no multiple of it
  Format format;
  std::string node, output;  // output: the tensor's name
  std::vector<std::string> origin;

  [[nodiscard]] std::int64_t code(float x, std::size_t c) const;
  // 0 .. levels: the place of a code among all codes in order.
  [[nodiscard]] std::int64_t rank(std::int64_t code_value) const {
    return format.is_bipolar() ? (code_value + 1) / 2 : code_value - lo;
  }
  [[nodiscard]] std::int64_t rank_count() const { return format.is_bipolar() ? 2 : hi - lo + 1; }
  // A count whose offset the chain carries is not the file's tensor: (q - zero_point) * scale leaves the offset out.
  [[nodiscard]] std::string tensor_name() const { return out_offset == 0 ? output : output + ":count"; }
  // Steps from a code to the file's float.
  [[nodiscard]] Chain dequantise() const;
};

// Where a constant's values lie along the channel axis (axis 1) of a tensor of shape `shape`: one value, or one a
// channel. Throws std::invalid_argument when it varies along another axis.
[[nodiscard]] PerChannel per_channel(const Constant& constant, const Shape& shape);

[[nodiscard]] bool is_quantiser(const std::string& op);
// Throws std::invalid_argument with a sentence when the quantiser has no integer form.
[[nodiscard]] Quantiser read_quantiser(const Node& node, const Shape& shape);

// A rounding to int16 at 2^-fraction_bits that the file does not have (join operands without a quantiser).
[[nodiscard]] Quantiser grid_quantiser(float scale, int bits, std::string node, std::string output);

}  // namespace blendsim::lowering

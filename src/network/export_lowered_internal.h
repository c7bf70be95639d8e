// SPDX-License-Identifier: Apache-2.0
// Shared by the files of export_lowered: writing one layer in nodes whose exactness is proven before they are written.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "network/integer_network.h"
#include "network/onnx_writer.h"

namespace blendsim {

// Integers of magnitude below these are exact in float32 and float64, in any order of summation.
inline constexpr double float_bound = 16777216.0;           // 2^24
inline constexpr double double_bound = 9007199254740992.0;  // 2^53

struct LayerWriter {
  const IntegerNetwork& network;
  const Layer& layer;
  OnnxWriter& onnx;
  Diagnostics& diagnostics;

  [[nodiscard]] const IntTensor& tensor(TensorId id) const { return network.tensor(id); }
  [[nodiscard]] const std::string& name_of(TensorId id) const { return network.tensor(id).name; }

  // A node of this layer. Without `output` the result's name is made from layer and operator.
  std::string node(const std::string& op, std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes = {},
                   const std::string& output = {}) const {
    const std::string stem = layer.name + ":" + op;
    const std::string result = output.empty() ? onnx.fresh(stem) : output;
    const std::string node_name = output.empty() ? result : onnx.fresh(stem);
    return onnx.node({op, std::move(inputs), result, std::move(attributes), node_name});
  }
  std::string cast(const std::string& input, OnnxType type, const std::string& output = {}) const {
    return node("Cast", {input}, {{"to", static_cast<std::int64_t>(type)}}, output);
  }
  template <class T>
  std::string constant(const std::string& what, const Shape& shape, const std::vector<T>& values) const {
    return onnx.constant(onnx.fresh(layer.name + ":" + what), shape, values);
  }
  template <class T>
  std::string scalar(const std::string& what, T value) const {
    return onnx.scalar(onnx.fresh(layer.name + ":" + what), value);
  }
  // The layer cannot be written: why, and what would help.
  void refuse(const std::string& message, const std::string& hint) const {
    diagnostics.error("export-bound", {.node = layer.name}, message, hint);
  }
};

// Each writes all of its layer's nodes, or refuses.
void write_layer(const LayerWriter& out, const Convolution& work);
void write_layer(const LayerWriter& out, const PostProcessing& work);
void write_layer(const LayerWriter& out, const Pooling& work);
void write_layer(const LayerWriter& out, const Concatenation& work);
void write_layer(const LayerWriter& out, const Transposition& work);

// A sum of products over windows, in float32 parts that stay below 2^24, as int32 named `output` (empty: made up).
// Also pooling sums: depthwise, weights of one. Returns the name, empty when refused.
std::string write_window_sum(const LayerWriter& out, const Convolution& work, const std::string& output);

// Padding at the end of an axis such that the floor formula gives exactly `out` positions of the window.
[[nodiscard]] int end_padding(int in, int out, int kernel, int stride, int dilation, int begin, int end);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The network as lowered: closed (five kinds of layer), integers only, no platform in sight.
//
// Every tensor is a map [channels, height, width] of integers of one Format; a dense layer is a convolution whose
// kernel covers the map. The reference executor below defines what the machine must compute, bit for bit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "numerics/host_op.h"
#include "numerics/post_formula.h"
#include "tensor/format.h"

namespace blendsim {

using TensorId = int;
inline constexpr TensorId no_tensor = -1;

struct IntTensor {
  std::string name;  // of the ONNX tensor it stands for (suffixed where one stands for several); unique
  int channels = 0, height = 0, width = 0;
  Format format;                // every value satisfies format.contains
  std::int64_t lo = 0, hi = 0;  // proven range, at most the format's
  int zero_point = 0;           // the integer that stands for real 0: what zero padding inserts
  float scale = 1;              // real = (integer - zero_point) * scale; for reports (accumulators: 1)

  [[nodiscard]] std::int64_t size() const { return std::int64_t{channels} * height * width; }
  bool operator==(const IntTensor&) const = default;
};

struct Window {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool operator==(const Window&) const = default;
};

// output[o, y, x] = sum over taps inside the map and input channels of w[o, i, ky, kx] * (x[...] - zero_point).
// Taps outside the map contribute 0. The output is an accumulator: signed 32 bits with the proven range in its tensor.
struct Convolution {
  TensorId input = no_tensor;
  TensorId output = no_tensor;
  Window window;
  int groups = 1;
  Format weight_format;               // bipolar, intN or uintN with N <= 8
  std::vector<std::int16_t> weights;  // [out channels, in channels / groups, kernel_h, kernel_w]
  bool operator==(const Convolution&) const = default;
};

// u = q3(activation?(q1(a)) + q2(b)), q3(activation?(q1(a) + q2(b))) or q3(q1(a) * q2(b)), absent steps skipped, per
// element; b may be one pixel, which meets all of a's;
// outputs: u itself (`fixed`), and/or a code of u (`code`): by a table or by thresholds, or without either its sign,
// u >= 0 ? +1 : -1.
struct PostProcessing {
  enum class ActivationPlace : std::uint8_t { none, after_q1, after_join };
  TensorId a = no_tensor;
  TensorId b = no_tensor;  // absent: no join
  bool product = false;    // the join multiplies; then there is no activation
  std::optional<Affine> q1, q2, q3;
  ActivationPlace activation_place = ActivationPlace::none;
  std::optional<Activation> activation;
  TensorId fixed = no_tensor;  // int or uint, 8, 16 or 32 bits of storage
  TensorId code = no_tensor;   // bipolar, or n-bit: with thresholds n <= 4, with a table n <= 8
  std::optional<Thresholds> thresholds;
  std::optional<CodeTable> table;  // not beside thresholds
  bool operator==(const PostProcessing&) const = default;
};

// max: the largest value in the window, taps outside ignored (bipolar: +1 if any is).
// sum: the sum of value - zero_point over the taps inside, times common_divisor / (number of taps inside) where
// common_divisor > 0 (the least common multiple of all counts: average pooling that excludes its padding).
struct Pooling {
  enum class Kind : std::uint8_t { max, sum };
  Kind kind = Kind::max;
  TensorId input = no_tensor;
  TensorId output = no_tensor;  // max: the input's format; sum: signed 32 bits
  Window window;                // output size may exceed the floor formula (ceil_mode): taps beyond are outside
  int common_divisor = 0;
  bool operator==(const Pooling&) const = default;
};

// Channels of the inputs one after the other. All inputs and the output have one format.
struct Concatenation {
  std::vector<TensorId> inputs;
  TensorId output = no_tensor;
  bool operator==(const Concatenation&) const = default;
};

// Pixels and channels change places: channel p of output pixel o is channel o of input pixel p; pixels are numbered row
// by row. The input has height * width = channels of the output, and as many channels as the output has pixels. Both
// have one format of at most 8 bits, not bipolar.
struct Transposition {
  TensorId input = no_tensor;
  TensorId output = no_tensor;
  bool operator==(const Transposition&) const = default;
};

// How a layer's integers relate to the original's float formula on the same inputs.
struct Exactness {
  bool exact = true;           // proven over the whole domain
  std::int64_t checked = 0;    // domain values compared (all of them when exact)
  std::int64_t differing = 0;  // ... that gave another output
  std::int64_t ambiguous = 0;  // ... that two computations decide differently: the two usual orders of batch
                               // normalisation; float32 functions of different libraries (then no layer is exact)
  std::int64_t max_error = 0;  // in output LSB; from -1 to +1 is one
  std::string note;            // "three-valued Sign: 0 is reachable in 3 channels", ...
  bool operator==(const Exactness&) const = default;
};

struct Layer {
  std::string name;                // unique; the principal node's name
  std::string op;                  // "Conv", "MatMul", "Post", "MaxPool", "AveragePool", "Concat", "Transpose"
  std::vector<std::string> nodes;  // the file's nodes it stands for
  std::variant<Convolution, PostProcessing, Pooling, Concatenation, Transposition> work;
  Exactness exactness;
  bool operator==(const Layer&) const = default;
};

struct LoweringOptions {
  int join_fraction_bits = 10;  // grid of unquantised join operands: int16 at 2^-join_fraction_bits
  // Signed widths of M by the operand's width: at most 18 bits, wider.
  int multiplier_bits_binary = 24, multiplier_bits_fixed = 18;
  // Of what a layer's steps hand to each other (before an activation, before a second rounding): int16 like a join's
  // operands. More, up to 27, is exact for more slopes that are not dyadic, and asks for a wider post_unit.value.
  int step_bits = 16;
  // Whether requantisers are searched and compared with the file's formula. Where nobody asks for values the nearest
  // line will do: it takes the machine as long.
  bool prove = true;
  bool operator==(const LoweringOptions&) const = default;
};

struct IntegerNetwork {
  std::string name;
  std::vector<IntTensor> tensors;
  std::vector<Layer> layers;  // topological order: program order of the reference
  HostInput input;
  TensorId input_tensor = no_tensor;
  std::vector<HostOutput> outputs;
  std::vector<TensorId> output_tensors;  // parallel to outputs
  LoweringOptions options;
  std::vector<std::string> notes;  // of the whole network: how it was quantised, where its file did not
  bool assumed = false;            // ... on an assumption: its values are nobody's
  // How far its outputs are from the float network's on the images that it was quantised with: root mean square of the
  // difference over that of the outputs.
  std::optional<double> noise;

  [[nodiscard]] const IntTensor& tensor(TensorId id) const { return tensors[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::string digest() const;
};

[[nodiscard]] std::vector<TensorId> layer_inputs(const Layer& layer);
[[nodiscard]] std::vector<TensorId> layer_outputs(const Layer& layer);
// Useful multiply-accumulates of a layer (0 for everything but convolutions), and whether both operands are bipolar.
[[nodiscard]] std::int64_t layer_macs(const IntegerNetwork& network, const Layer& layer);
[[nodiscard]] bool layer_is_binary(const IntegerNetwork& network, const Layer& layer);
// Whether the second operand is one pixel and the first is not.
[[nodiscard]] bool has_one_pixel(const IntegerNetwork& network, const PostProcessing& post);

// Checks every rule stated above (shapes, formats, ranges, bounds, order). Throws InvariantError: lowering is ours.
void check(const IntegerNetwork& network);

// The reference executor: every tensor's values [channels, height, width], indexed by TensorId.
using TensorValues = std::vector<std::vector<std::int32_t>>;
[[nodiscard]] TensorValues execute(const IntegerNetwork& network, const std::vector<std::int32_t>& input);

// Graph -> IntegerNetwork (lower.cpp; docs/numerics.md). Throws DiagnosticError naming the node.
struct Graph;
[[nodiscard]] IntegerNetwork lower(const Graph& graph, const LoweringOptions& options = {});

// Imports, normalises and lowers a file.
struct ImportOptions;
[[nodiscard]] IntegerNetwork load_network(const std::string& onnx_path, const LoweringOptions& options = {});
[[nodiscard]] IntegerNetwork load_network(const std::string& onnx_path, const LoweringOptions& options,
                                          const ImportOptions& import);

// Writes the lowered network as standard ONNX (opset 17, IR 8, default domain): every layer's integer tensors and the
// network's outputs are graph outputs named as IntTensor::name. Throws DiagnosticError: export-bound, file-unwritable.
void export_lowered(const IntegerNetwork& network, const std::string& path);

}  // namespace blendsim

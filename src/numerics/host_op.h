// SPDX-License-Identifier: Apache-2.0
// What runs on the host, before the accelerator's input and after its output: IEEE float32, element by element, in the
// file's order, never contracted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/array.h"
#include "tensor/format.h"

namespace blendsim {

struct HostOp {
  enum class Kind : std::uint8_t {
    add,
    subtract,
    multiply,
    divide,
    power,  // y = x op operand, operand broadcast as ONNX does
    reverse_subtract,
    reverse_divide,  // y = operand op x
    relu,
    leaky_relu,
    clip,                 // clip: operand = {lo, hi}; leaky_relu: operand = slope, broadcast
    function,             // y = a row of numerics/functions.h of x; operand = its two arguments
    lookup,               // y = operand[x - lo], x an integer
    batch_normalization,  // operand [5, channels], rows: gamma, beta, mean, variance, epsilon
    quantize,             // y = round(clip(x / scale + zero_point)): integers; see below
    bipolar,              // y = x >= 0 ? 1 : -1
    sign,                 // y = x > 0 ? 1 : x < 0 ? -1 : 0
    thresholds,           // y = #{ k : x >= operand[c, k] }
    softmax,
    argmax,
    top_k,  // along `axis`; top_k: `count` largest; output chosen by `output`
    reshape,
    transpose,
    identity,
  };
  Kind kind = Kind::identity;
  std::string node;    // name of the node it stands for
  FloatArray operand;  // see kind
  int axis = 1;
  Shape shape;  // reshape: the new shape; transpose: the permutation
  // lookup: the integer of the first value in `lo`
  // quantize: y = x / scale + zero_point; clipped to [lo, hi] and rounded, clip first as QONNX does
  float scale = 1;
  float zero_point = 0;
  std::int64_t lo = 0;
  std::int64_t hi = 0;
  std::string rounding = "ROUND";  // QONNX's names, upper case
  std::string function;            // function: its row's name
  bool saturate_first = true;      // false: round(x / scale) + zero_point, then clipped, as QuantizeLinear does
  std::int64_t count = 1;          // top_k
  int output = 0;                  // top_k: 0 values, 1 indices; argmax: unused
  bool keep_dimensions = true;     // argmax

  bool operator==(const HostOp&) const = default;
};

// One step. x keeps its leading batch dimension of 1.
// Throws DiagnosticError: input-value (NaN into quantize; an infinity saturates, as ONNX has it).
[[nodiscard]] FloatArray apply(const HostOp& op, const FloatArray& x);

// "Softmax on the host (node 'Softmax_9')", for reports.
[[nodiscard]] std::string describe(const HostOp& op);

// QONNX rounding modes: ROUND (= HALF_EVEN), CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN. Throws std::invalid_argument.
[[nodiscard]] float round_as(float value, const std::string& mode);

// What stands between the network's float input and the accelerator's integer input.
struct HostInput {
  std::string name;                         // ONNX graph input
  Shape shape;                              // as in the file, batch dimension 1
  std::vector<HostOp> ops;                  // the last yields integers
  Format format;                            // of the integers
  int channels = 0, height = 0, width = 0;  // the accelerator's view [channels, height, width]
  int batch = 1;                            // images that the file takes at once: 1 to 4096

  bool operator==(const HostInput&) const = default;
};

// What stands between an accelerator's integer output and the network's float output.
struct HostOutput {
  std::string name;         // ONNX graph output
  Shape shape;              // as in the file
  std::vector<HostOp> ops;  // applied to the integers as floats, shaped [1, channels, height, width]
  int channels = 0, height = 0, width = 0;

  bool operator==(const HostOutput&) const = default;
};

// NumPy's name of the output's elements: of the narrowest integer type that holds the codes of a quantiser in the last
// place, else "float32".
[[nodiscard]] std::string element_type(const HostOutput& output);

// Runs all of a HostInput's ops; returns integers [channels, height, width].
[[nodiscard]] std::vector<std::int32_t> quantize_input(const HostInput& input, const FloatArray& x);

// Runs all of a HostOutput's ops on integers [channels, height, width].
[[nodiscard]] FloatArray finish_output(const HostOutput& output, const std::vector<std::int32_t>& values);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The network as imported: open (any operator name), float32, close to the file. Passes take and return a Graph.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tensor/array.h"

namespace blendsim {

// A constant of the file. Integers are kept as int64, everything else as float.
struct Constant {
  Shape shape;
  std::variant<std::vector<float>, std::vector<std::int64_t>> values;
  std::string onnx_type;  // "float", "int64", "int8", ...

  [[nodiscard]] bool is_integer() const { return values.index() == 1; }
  [[nodiscard]] std::vector<float> as_float() const;           // integers widened; exact below 2^24
  [[nodiscard]] std::vector<std::int64_t> as_integer() const;  // throws std::invalid_argument for fractions
};

using Attribute =
    std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>, Constant>;

struct Node {
  std::string op;  // ONNX op_type; after normalisation one of the canonical operators (normalise.h)
  std::string domain;
  std::string name;                 // never empty after import: "Conv_3" is made up from operator and position
  std::vector<std::string> inputs;  // tensor names; empty = optional input left out
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;
  std::vector<std::string> origin;  // names of the file's nodes that this one stands for

  [[nodiscard]] std::int64_t attribute_int(const std::string& key, std::int64_t fallback) const;
  [[nodiscard]] float attribute_float(const std::string& key, float fallback) const;
  [[nodiscard]] std::string attribute_string(const std::string& key, const std::string& fallback) const;
  [[nodiscard]] std::vector<std::int64_t> attribute_ints(const std::string& key,
                                                         std::vector<std::int64_t> fallback) const;
};

struct GraphInput {
  std::string name;
  Shape shape;
  std::string type = "float";  // of its elements in the file; "uint8", "int8": float32 here, whole numbers
  int batch = 1;               // images that the file takes at once; `shape` is of one
};

// A tensor of integers in the file: float32 here.
struct IntegerTensor {
  std::string type;      // "uint8", "int32", ...
  float zero_point = 0;  // taken off
  bool raw = false;      // nothing taken off, not yet on the machine: the network's input, moved at most
  std::string codes{};   // raw: the tensor of its codes, once something reads them
};

// A quantiser of the input that the file leaves out: y = (clip(round(x / scale) + zero_point, lo, hi) - zero_point) *
// scale, or of bipolar ones y = x >= 0 ? scale : -scale.
struct InputQuantiser {
  bool bipolar = false;
  std::int64_t lo = -128, hi = 127;
  float scale = 1, zero_point = 0;
};

struct Graph {
  std::string name;
  std::string file;  // where it came from, for diagnostics
  int ir_version = 0;
  std::map<std::string, std::int64_t> opsets;  // domain -> version; a missing import reads as the newest known
  std::vector<Node> nodes;                     // topologically sorted after import
  std::map<std::string, Constant> constants;   // initializers and folded tensors
  std::vector<GraphInput> inputs;              // without the initializers that are listed as inputs
  std::vector<std::string> outputs;
  std::map<std::string, Shape> shapes;            // of every tensor, after shape inference
  std::map<std::string, IntegerTensor> integers;  // tensors of integers in the file
  bool requantises = false;                       // computes on integers from its input on (RequantShift)
  std::optional<InputQuantiser> input_quantiser;  // asked for by whoever imports it
  std::map<std::string, std::string> datatypes;   // QONNX's quantization_annotation: tensor -> finn_datatype

  [[nodiscard]] const Constant* constant(const std::string& tensor) const;  // nullptr: computed
};

struct ImportOptions {
  Shape input_shape{};                              // where the file leaves sizes of its input open; empty: it must not
  std::optional<InputQuantiser> input_quantiser{};  // behind its input; absent: what the file has
};

// Parses an ONNX file's bytes. A file of a batch becomes one of an image.
// Throws DiagnosticError: file-damaged, bad-graph, dynamic-shape, unsupported-attribute, ...
[[nodiscard]] Graph import_onnx(const std::string& path, const ImportOptions& options = {});

// Runs a Graph (as imported or normalised) in float32, operation by operation, in order: the reference that lowering
// bisects and agreement is judged against. Returns every tensor by name. x has the input's shape.
[[nodiscard]] std::map<std::string, FloatArray> evaluate(const Graph& graph, const FloatArray& x);

}  // namespace blendsim

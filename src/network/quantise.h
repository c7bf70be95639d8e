// SPDX-License-Identifier: Apache-2.0
// Quantisers for a network that has none, or fewer bits for one that has: what a float32 file lacks to run on integers
// (docs/quantisation.md). Takes and returns a normalised Graph.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "network/graph.h"

namespace blendsim {

// How a range follows from the values in it.
enum class RangeRule : std::uint8_t {
  least_error,  // of clipping and rounding together, squared
  largest,      // no value is clipped
  percentile    // this share of the values is not clipped
};

// Bits a layer: 1 to 8. Of weights 1 is +-1 times a scale an output channel; of activations 1 is +-1, or 0 and 1 where
// none is negative.
struct PrecisionPlan {
  struct Row {
    std::string pattern;  // of the names of Conv, MatMul and Gemm nodes: * and ?
    std::optional<int> weights, activations;
    Place place;
  };
  // Of every layer. None: the file's, where it quantises, else 8.
  std::optional<int> weights, activations;
  RangeRule rule = RangeRule::least_error;
  double percentile = 99.99;  // 50 < percentile <= 100
  std::vector<Row> layers;    // the last row that names a layer and has the number counts
};

// Where the ranges of activations come from: the values that these images of the input's shape give rise to, or the
// network's own quantisers where there are no images.
struct QuantiseInput {
  PrecisionPlan plan;
  int bits = 8;  // where neither plan nor file say
  std::vector<FloatArray> images;
};

struct QuantisedLayer {
  std::string name;
  int weights = 0, activations = 0;  // 0: the file's own quantiser was left as it is
  std::int64_t parameters = 0;       // weights
};

// The network with quantisers against the one without, on the images.
struct QuantisationLoss {
  std::int64_t images = 0;
  std::int64_t top1_equal = 0;  // images whose largest output is the same, in all outputs
  double sqnr_db = 0;           // of all outputs: signal over difference, squared; infinite: equal
};

struct Quantised {
  Graph graph;
  std::vector<QuantisedLayer> layers;  // all Conv and MatMul, in order
  bool changed = false;                // a quantiser was added or replaced
};

// Quantises weights (one scale an output channel, symmetric) and what Conv, MatMul, Add, AveragePool and Concat read
// (one scale a tensor), where the file does not, and again where the plan says other bits. Operands of an addition and
// of pools get 8 bits. Throws DiagnosticError: unknown-name (a row that names no layer), not-quantised (a range is
// needed and there are neither images nor quantisers), input-shape, input-value (a value in the network is infinite or
// NaN).
[[nodiscard]] Quantised quantise(const Graph& graph, const QuantiseInput& input);

// Runs both in float32.
[[nodiscard]] QuantisationLoss quantisation_loss(const Graph& original, const Graph& quantised,
                                                 const std::vector<FloatArray>& images);

// Values of a standard normal distribution, clipped to +-4: inputs of a network of which none are known.
[[nodiscard]] FloatArray made_up_image(const Shape& shape, std::uint64_t seed);

// Writes a normalised graph as standard ONNX (opset 17, IR 8; 20 and 9 where a Gelu or Mish asks for them): Quant as
// QuantizeLinear, Clip where the codes are fewer than the type's, DequantizeLinear. Throws DiagnosticError
// file-unwritable.
void write_network(const Graph& graph, const std::string& path);

}  // namespace blendsim

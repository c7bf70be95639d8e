// SPDX-License-Identifier: Apache-2.0
// Built-in networks, generated with seeded weights and calibrated batch normalisation (docs/zoo.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blendsim {

struct ZooEntry {
  std::string name;  // "neuroblend20"
  std::string summary;
};

struct ZooOptions {
  std::uint64_t seed = 1;
  // "onnx": QuantizeLinear/DequantizeLinear, compare and select; "qonnx": Quant, BipolarQuant
  std::string dialect = "onnx";
  // "block": one 1x1 skip convolution per basic block; "convolution": one per convolution; empty: the network's own
  std::string skip = {};
  // Of a binary network, what mends the accuracy that binarisation costs: a row of zoo_repairs(); empty: nothing.
  std::string repair = {};
  bool float_batch_norm = false;  // ordinary float statistics instead of exactly representable ones
  // None: the network's own.
  std::optional<int> width = {};   // channels of the first stage; of a token
  std::optional<int> blocks = {};  // basic blocks per stage; of mixing
  std::optional<int> size = {};    // rows and columns of the image
};

// What a network takes, by arithmetic. Weights alone: no biases, no batch normalisation.
struct ZooSize {
  std::int64_t binary_macs = 0, other_macs = 0;
  std::int64_t weights = 0, weight_bits = 0;
  std::int64_t float_bits = 0;  // of its full-precision twin: 32 a weight, no fixed-point path beside a binary one
};

[[nodiscard]] std::vector<ZooEntry> zoo_entries();
// Throws DiagnosticError: unknown-network, out-of-range.
[[nodiscard]] ZooSize zoo_size(const std::string& name, const ZooOptions& options = {});
// What --repair of the binary ResNets takes, each with a sentence.
[[nodiscard]] std::vector<ZooEntry> zoo_repairs();
// Writes the ONNX file. Throws DiagnosticError: unknown-network, out-of-range, file-unwritable.
void write_zoo_network(const std::string& name, const ZooOptions& options, const std::string& path);

}  // namespace blendsim

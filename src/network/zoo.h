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
  std::string skip = "block";  // "block": one 1x1 skip convolution per basic block; "convolution": one per convolution
  bool float_batch_norm = false;  // ordinary float statistics instead of exactly representable ones
  // None: the network's own.
  std::optional<int> width = {};   // channels of the first stage
  std::optional<int> blocks = {};  // basic blocks per stage
  std::optional<int> size = {};    // rows and columns of the image
};

[[nodiscard]] std::vector<ZooEntry> zoo_entries();
// Writes the ONNX file. Throws DiagnosticError: unknown-network, out-of-range, file-unwritable.
void write_zoo_network(const std::string& name, const ZooOptions& options, const std::string& path);

}  // namespace blendsim

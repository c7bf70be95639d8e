// SPDX-License-Identifier: Apache-2.0
// Networks as the commands read them: of a given size; quantised by the file, by images, by a plan, or on an
// assumption.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "network/integer_network.h"
#include "network/quantise.h"

namespace blendsim::cli {

struct NetworkArguments {
  Shape shape;                              // --input-shape
  std::optional<InputQuantiser> quantiser;  // --input-quant
  std::string quantiser_text;               // ... as it was written
  std::vector<std::string> images;          // --calibrate
  std::optional<InputScale> scale;          // --calibrate-scale
  std::string plan;                         // --bits
  std::optional<int> assumed;               // --assume

  [[nodiscard]] bool quantises() const { return !images.empty() || !plan.empty() || assumed.has_value(); }
  [[nodiscard]] bool any() const { return quantises() || !shape.empty() || quantiser.has_value(); }
  [[nodiscard]] ImportOptions import() const { return {shape, quantiser}; }
};

// Declare --input-shape and --input-quant, in the group "Network", --calibrate, --calibrate-scale and --bits, and
// --assume besides, in the group "Quantisation". `arguments` must live as long as the command.
void add_calibration_options(CLI::App& command, NetworkArguments& arguments);
void add_network_options(CLI::App& command, NetworkArguments& arguments);

struct QuantisedNetwork {
  Graph original;  // normalised
  Quantised quantised;
  std::optional<QuantisationLoss> loss;  // on the images
  std::string account;                   // a sentence: what was quantised, and from what
};

// Normalises and quantises a file. Throws DiagnosticError: those of the file, of the images and of quantise().
[[nodiscard]] QuantisedNetwork quantise_file(const std::string& file, const NetworkArguments& arguments);

// The network of an ONNX file, lowered; quantised before where `arguments` ask for it, which its notes then say.
[[nodiscard]] IntegerNetwork read_network(const std::string& file, const NetworkArguments& arguments);

}  // namespace blendsim::cli

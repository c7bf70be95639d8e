// SPDX-License-Identifier: Apache-2.0
// The inputs of a run: files or a seeded made-up image, scaled, shaped and quantised for the accelerator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "numerics/host_op.h"
#include "tensor/array.h"

namespace blendsim::cli {

// --input-scale: x = value * numerator / denominator in float32, left to right; a factor of 1 is left out. So "1/255"
// divides by 255 and "0.25" multiplies by 0.25.
struct InputScale {
  float numerator = 1, denominator = 1;
};
// Throws DiagnosticError input-scale.
[[nodiscard]] InputScale parse_scale(const std::string& text, const std::string& option = "--input-scale");

struct Inputs {
  std::vector<FloatArray> images;                    // each of the network's input shape
  std::vector<std::vector<std::int32_t>> quantised;  // what the accelerator gets: [channels, height, width], of one
                                                     // image, or of as many as a program computes, one after the other
  std::string source;                                // "file" or "random"
  std::uint64_t seed = 0;
  std::string digest;
  std::vector<std::string> warnings;  // of files: values that the network's input quantiser cannot hold
};

// Files in the order given, each array's values times the scale; a file may hold several images along a leading
// dimension. `name` and `shape` are the network's input. Throws DiagnosticError: those of read_input, input-shape,
// input-value.
[[nodiscard]] std::vector<FloatArray> read_images(const std::vector<std::string>& files,
                                                  const std::optional<InputScale>& scale, const std::string& name,
                                                  const Shape& shape);

// The same, quantised.
// `scale`: absent where none was given, which is a factor of 1 and one more thing to point out where values are
// clipped.
[[nodiscard]] Inputs read_inputs(const std::vector<std::string>& files, const std::optional<InputScale>& scale,
                                 const HostInput& input);

// How to turn an array of [height, width, channels], as most tools hold a picture, into `wanted`, [n, channels, height,
// width]; empty where it is none.
[[nodiscard]] std::string channels_last_hint(const Shape& array, const Shape& wanted);

// Of `image`, how many values the operators in front of the accelerator move by more than one step because they lie
// outside their range (a quantiser's, thresholds', a clip's): of the operator that clips most.
[[nodiscard]] std::int64_t clipped_values(const HostInput& input, const FloatArray& image);

// Images whose integers are drawn uniformly from the input's range, `count` > 0 of them.
[[nodiscard]] Inputs random_input(std::uint64_t seed, const HostInput& input, int count = 1);

}  // namespace blendsim::cli

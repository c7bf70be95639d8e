// SPDX-License-Identifier: Apache-2.0
// The inputs of a run: files or a seeded made-up image, scaled, shaped and quantised for the accelerator.
#pragma once

#include <cstdint>
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
[[nodiscard]] InputScale parse_scale(const std::string& text);

struct Inputs {
  std::vector<FloatArray> images;                    // each of the network's input shape
  std::vector<std::vector<std::int32_t>> quantised;  // what the accelerator gets: [channels, height, width]
  std::string source;                                // "file" or "random"
  std::uint64_t seed = 0;
  std::string digest;
};

// Files in the order given; a file may hold several images along a leading dimension.
// Throws DiagnosticError: those of read_input, input-shape, input-value.
[[nodiscard]] Inputs read_inputs(const std::vector<std::string>& files, const InputScale& scale,
                                 const HostInput& input);

// One image whose integers are drawn uniformly from the input's range.
[[nodiscard]] Inputs random_input(std::uint64_t seed, const HostInput& input);

}  // namespace blendsim::cli

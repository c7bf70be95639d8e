// SPDX-License-Identifier: Apache-2.0
// A zoo network's tensors as its generator computed them, by integer kernels of its own: tests compare ONNX Runtime and
// the lowered network with them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/zoo.h"
#include "tensor/array.h"

namespace blendsim {

// A float tensor of the file on the calibration images: real = value * 2^-exponent[channel], exactly.
struct ZooTensor {
  std::string name;
  int channels = 0, height = 0, width = 0;
  std::vector<int> exponent;         // [channels]
  std::vector<std::int32_t> values;  // [images, channels, height, width]
};

// Writes the file as write_zoo_network does and returns every tensor on the first `images` calibration images
// (1 to 32), in the file's order; the first is the network's input. Not with float_batch_norm (out-of-range).
[[nodiscard]] std::vector<ZooTensor> trace_zoo_network(const std::string& name, const ZooOptions& options,
                                                       const std::string& path, int images);

}  // namespace blendsim

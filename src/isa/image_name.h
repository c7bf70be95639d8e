// SPDX-License-Identifier: Apache-2.0
// Names in a program that computes several images: each image has layers, tensors and outputs of its own.
#pragma once

#include <string>

namespace blendsim {

// The first image's bear the network's names, those of image k > 0 the same with "@k" behind it.
[[nodiscard]] inline std::string image_name(const std::string& name, int image) {
  return image == 0 ? name : name + "@" + std::to_string(image);
}

}  // namespace blendsim

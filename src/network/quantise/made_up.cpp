// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include "network/quantise.h"

namespace blendsim {

FloatArray made_up_image(const Shape& shape, std::uint64_t seed) {
  FloatArray image{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
  std::mt19937_64 generator(seed);  // its sequence is part of the C++ standard; distributions are not
  for (float& value : image.values) {
    double sum = -6;  // of twelve uniform ones: near enough to normal, and the same with every library
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(generator() >> 11) * 0x1p-53;
    value = static_cast<float>(std::clamp(sum, -4.0, 4.0));
  }
  return image;
}

}  // namespace blendsim

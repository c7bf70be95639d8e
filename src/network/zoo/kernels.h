// SPDX-License-Identifier: Apache-2.0
// Integer kernels on the calibration images. Written apart from the reference executor on purpose: a generated
// network's values are a second opinion on what lowering and execution yield.
#pragma once

#include <cstdint>
#include <vector>

namespace blendsim::zoo {

struct MapShape {
  int channels = 0, height = 0, width = 0;

  [[nodiscard]] int pixels() const { return height * width; }
  [[nodiscard]] int size() const { return channels * height * width; }
};

struct WindowShape {
  int kernel = 1, stride = 1, pad = 0, groups = 1;

  [[nodiscard]] MapShape applied(const MapShape& in, int out_channels) const {
    return {out_channels, (in.height + 2 * pad - kernel) / stride + 1, (in.width + 2 * pad - kernel) / stride + 1};
  }
};

using Values = std::vector<std::int32_t>;  // [images, channels, height, width]

// x and weights [out, in / groups, kernel, kernel]; taps outside the map contribute 0.
[[nodiscard]] Values convolve(const Values& x, const MapShape& in, int out_channels, const WindowShape& window,
                              const std::vector<int>& weights);
// The same for values and weights of +1 and -1 and one group.
[[nodiscard]] Values convolve_bipolar(const Values& x, const MapShape& in, int out_channels, const WindowShape& window,
                                      const std::vector<int>& weights);
[[nodiscard]] Values transpose(const Values& x, const MapShape& in);  // [images, pixels, channels]
[[nodiscard]] Values max_pool(const Values& x, const MapShape& in, const WindowShape& window);
[[nodiscard]] Values sum_pool(const Values& x, const MapShape& in, int size);  // windows side by side

}  // namespace blendsim::zoo

// SPDX-License-Identifier: Apache-2.0
// Parts of tensors, as views name them: ranges of channels, and patches of rows and columns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "isa/program.h"

namespace blendsim {

// Whether row `y` and column `x` of the tensor lie in the view.
[[nodiscard]] inline bool holds_pixel(const TensorView& view, std::int64_t y, std::int64_t x) {
  return view.top <= y && y < view.top + view.height && view.left <= x && x < view.left + view.width;
}

// Copies the values [channels, height, width] of `part` to their place in those of a tensor [.., height, width]: from
// channel `channel0` on, at the part's corner.
template <class Values>
void copy_patch(const TensorView& part, std::int32_t channel0, const Values& values, std::int32_t height,
                std::int32_t width, Values& into) {
  for (std::int32_t c = 0; c < part.channels; ++c) {
    for (std::int32_t y = 0; y < part.height; ++y) {
      const auto from = values.begin() + (std::ptrdiff_t{c} * part.height + y) * part.width;
      const std::ptrdiff_t to = (std::ptrdiff_t{channel0 + c} * height + part.top + y) * width + part.left;
      std::copy(from, from + part.width, into.begin() + to);
    }
  }
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The start words of an output row as the kernels take them: every pixel's by its border class across.
#pragma once

#include <algorithm>
#include <vector>

#include "units/buffer/storage.h"

namespace blendsim {

class RowStarts {
 public:
  RowStarts(const BorderClasses& horizontal, std::uint32_t width, Buffers& buffers)
      : horizontal_(horizontal), width_(width), buffers_(buffers), offsets_(buffers.scratch().start_offsets) {
    const auto lanes = static_cast<std::uint32_t>(buffers.start_word_lanes());
    offsets_.assign(width, horizontal.leading * lanes);
    const auto border = [&](std::uint32_t x) { offsets_[x] = horizontal.index(x, width) * lanes; };
    for (std::uint32_t x = width - std::min(horizontal.trailing, width); x < width; ++x) border(x);
    for (std::uint32_t x = 0; x < std::min(horizontal.leading, width); ++x) border(x);
  }

  // [width]: from a row's first start word to each pixel's.
  [[nodiscard]] const std::uint32_t* offsets() const { return offsets_.data(); }

  // The start words of a row, from the class of its left border on, at `address`.
  [[nodiscard]] const std::int32_t* words(std::uint32_t address) const {
    const Buffers& read = buffers_;
    if (read.checks_unwritten()) {
      for (std::uint32_t x = 0; x < width_; ++x) (void)read.start_word(address + horizontal_.index(x, width_));
    }
    return read.start_words(address, horizontal_.count());
  }

 private:
  BorderClasses horizontal_;
  std::uint32_t width_;
  Buffers& buffers_;
  std::vector<std::uint32_t>& offsets_;
};

}  // namespace blendsim

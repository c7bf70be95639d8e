// SPDX-License-Identifier: Apache-2.0
// Words that lie one after the other in memory, and how far they are from one another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numerics/kernels/distance.h"

namespace blendsim {

class WordSequence {
 public:
  // Words of `bytes` bytes, the next one `stride` bytes behind; of each four bytes the bits of `mask` count.
  WordSequence(const void* first, std::size_t bytes, std::size_t stride, std::uint32_t mask = 0xFFFFFFFF)
      : first_(static_cast<const std::uint8_t*>(first)), bytes_(bytes), stride_(stride), mask_(mask) {}

  // Bits in which words `a` and `b` differ.
  [[nodiscard]] std::int64_t between(std::size_t a, std::size_t b) const {
    return differing_bits(first_ + a * stride_, first_ + b * stride_, bytes_, mask_);
  }
  // Sum of the distances of words [from, from + count), each of the one before.
  [[nodiscard]] std::int64_t successive(std::size_t from, std::size_t count) const {
    return successive_differing_bits(first_ + from * stride_, bytes_, static_cast<std::ptrdiff_t>(stride_), count,
                                     mask_);
  }

 private:
  const std::uint8_t* first_;
  std::size_t bytes_, stride_;
  std::uint32_t mask_;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Timing law of transpose_unit: a word is read and one written a cycle, in blocks of 16 pixels of a slice. Slices go
// one after the other, so that pixels are written in their order; a block that has fewer pixels or channels takes as
// long.
#pragma once

#include "units/buffer/layout.h"
#include "units/transpose_unit/instruction.h"
#include "units/transpose_unit/parameters.h"
#include "units/unit_id.h"

namespace blendsim {

inline constexpr std::uint32_t block_words = 16;  // pixels read, and as many pixels written

[[nodiscard]] constexpr Cycles occupancy(const TransposeInstruction& i, const TransposeUnitParameters&) {
  return slices_of(i.channels) * slices_of(i.pixels) * block_words;
}

// When slice `slice` of pixel `pixel` of the tile is written, in cycles after the start: `depth` after the step in
// which the block's word of the same number is read.
[[nodiscard]] constexpr Cycles write_time(const TransposeInstruction& i, const TransposeUnitParameters& p,
                                          std::uint32_t pixel, std::uint32_t slice) {
  const Cycles block = pixel / block_words * slices_of(i.pixels) + slice;
  return block * block_words + pixel % block_words + p.depth;
}

}  // namespace blendsim

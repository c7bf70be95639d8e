// SPDX-License-Identifier: Apache-2.0
#include "units/transpose_unit/execute.h"

#include <algorithm>
#include <array>

#include "units/transpose_unit/distances.h"
#include "units/transpose_unit/law.h"

namespace blendsim {
namespace {

using Block = std::array<std::array<std::uint8_t, slice_channels>, block_words>;  // [pixel, channel]

Block read_block(const TransposeInstruction& i, std::uint32_t slice, std::uint32_t first_pixel,
                 const Buffers& buffers) {
  Block block{};
  for (std::uint32_t n = 0; n < std::min(block_words, i.pixels - first_pixel); ++n) {
    const auto word = buffers.fixed(i.source + (first_pixel + n) * i.in_slices + slice, 1);
    std::copy(word.begin(), word.end(), block[n].begin());
  }
  return block;
}

void write_block(const TransposeInstruction& i, std::uint32_t slice, std::uint32_t first_pixel, const Block& block,
                 Buffers& buffers) {
  const std::uint32_t first_channel = slice * slice_channels;
  for (std::uint32_t c = 0; c < std::min<std::uint32_t>(slice_channels, i.channels - first_channel); ++c) {
    const auto word =
        buffers.fixed(i.destination + (first_channel + c) * i.out_slices + first_pixel / slice_channels, 1);
    for (std::size_t n = 0; n < block.size(); ++n) word[n] = block[n][c];
  }
}

}  // namespace

void execute(const TransposeInstruction& i, Buffers& buffers, DistanceMeter* meter) {
  for (std::uint32_t slice = 0; slice < slices_of(i.channels); ++slice) {
    for (std::uint32_t pixel = 0; pixel < i.pixels; pixel += block_words)
      write_block(i, slice, pixel, read_block(i, slice, pixel, buffers), buffers);
  }
  if (meter != nullptr) add_distances(i, buffers, *meter);
}

}  // namespace blendsim

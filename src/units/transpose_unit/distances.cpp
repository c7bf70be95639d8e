// SPDX-License-Identifier: Apache-2.0
#include "units/transpose_unit/distances.h"

#include <algorithm>

#include "units/port_words.h"
#include "units/transpose_unit/law.h"

namespace blendsim {
namespace {

void add_transposed_words_read(const TransposeInstruction& i, const Buffers& buffers, DistanceMeter& meter) {
  const auto slices = static_cast<std::uint32_t>(slices_of(i.channels));
  PortTrace words(port_word_bytes, std::size_t{slices} * i.pixels, meter);
  for (std::uint32_t slice = 0; slice < slices; ++slice) {
    for (std::uint32_t pixel = 0; pixel < i.pixels; ++pixel)
      words.append(buffers.fixed_bytes(i.source + pixel * i.in_slices + slice, 1), port_word_bytes);
  }
  words.add_to(Distance::transpose_operand);
}

void add_transposed_words_written(const TransposeInstruction& i, const Buffers& buffers, DistanceMeter& meter) {
  const auto slices = static_cast<std::uint32_t>(slices_of(i.pixels));
  PortTrace words(port_word_bytes, std::size_t{slices} * i.channels, meter);
  for (std::uint32_t first = 0; first < i.channels; first += block_words) {
    for (std::uint32_t slice = 0; slice < slices; ++slice) {
      for (std::uint32_t pixel = first; pixel < std::min(first + block_words, i.channels); ++pixel)
        words.append(buffers.fixed_bytes(i.destination + pixel * i.out_slices + slice, 1), port_word_bytes);
    }
  }
  words.add_to(Distance::transpose_result);
}

}  // namespace

void add_distances(const TransposeInstruction& i, const Buffers& buffers, DistanceMeter& meter) {
  add_transposed_words_read(i, buffers, meter);
  add_transposed_words_written(i, buffers, meter);
}

}  // namespace blendsim

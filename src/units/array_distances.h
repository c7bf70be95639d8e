// SPDX-License-Identifier: Apache-2.0
// Distances of words that both arrays have in common.
#pragma once

#include "units/buffer/storage.h"
#include "units/convolution.h"
#include "units/distance_meter.h"
#include "units/word_sequence.h"

namespace blendsim {

// Weight words as an array takes them: for each pixel, for each row group, the words of the group `passes` times.
struct WeightPasses {
  std::size_t pixels = 1, groups = 1, passes = 1, words = 1;
};
[[nodiscard]] inline std::int64_t weight_distance(const WordSequence& words, const WeightPasses& of) {
  std::int64_t pixel = 0;
  for (std::size_t g = 0; g < of.groups; ++g) {
    const std::size_t first = g * of.words, last = first + of.words - 1;
    const auto passes = static_cast<std::int64_t>(of.passes);
    pixel += passes * words.successive(first, of.words) + (passes - 1) * words.between(last, first);
    if (g + 1 < of.groups) pixel += words.between(last, last + 1);
  }
  const auto pixels = static_cast<std::int64_t>(of.pixels);
  return pixels * pixel + (pixels - 1) * words.between(of.groups * of.words - 1, 0);
}

// The accumulator words that an instruction has written, in the order of their addresses.
template <class I>
void add_accumulator_distances(const I& i, std::int64_t array_rows, const Buffers& buffers, Distance distance,
                               DistanceMeter& meter) {
  const auto count = static_cast<std::uint32_t>(accumulator_words(i));
  const std::int32_t* first = buffers.accumulators(i.destination, count).data();
  const WordSequence words(first, static_cast<std::size_t>(array_rows) * sizeof *first,
                           static_cast<std::size_t>(buffers.accumulator_lanes()) * sizeof *first);
  meter.add(distance, words.successive(0, count), std::int64_t{count} - 1, array_rows * accumulator_bits);
}

}  // namespace blendsim

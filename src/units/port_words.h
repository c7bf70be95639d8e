// SPDX-License-Identifier: Apache-2.0
// Words that pass a port one after the other.
#pragma once

#include <cstdint>
#include <cstring>

#include "units/distance_meter.h"
#include "units/word_sequence.h"

namespace blendsim {

inline constexpr std::size_t port_word_bytes = 16;  // of act_fixed

// visit(slice, word of its value) for what passes place `place` of `at_once` when a pixel's slices [first, first +
// at_once) of a fixed-point map are moved: their words are numbered slice by slice, `bytes` of each, and go `at_once` a
// cycle. Slices from `slices` on are not there.
template <class Visitor>
void each_port_word(std::uint32_t at_once, std::uint32_t bytes, std::uint32_t place, std::uint32_t first,
                    std::uint32_t slices, Visitor&& visit) {
  for (std::uint32_t number = place; number < at_once * bytes; number += at_once) {
    const std::uint32_t slice = first + number / bytes;
    if (slice < slices) visit(slice, number % bytes);
  }
}

// The words laid one after the other in the meter's room, which one trace has at a time.
class PortTrace {
 public:
  PortTrace(std::size_t word_bytes, std::size_t most_words, DistanceMeter& meter)
      : word_bytes_(word_bytes), meter_(meter), begin_(meter.room(word_bytes * most_words)), end_(begin_) {}

  // The next `bytes` bytes, to be written.
  [[nodiscard]] std::uint8_t* next(std::size_t bytes) {
    std::uint8_t* const at = end_;
    end_ += bytes;
    return at;
  }
  void append(const void* from, std::size_t bytes) { std::memcpy(next(bytes), from, bytes); }
  void append_zeros(std::size_t bytes) { std::memset(next(bytes), 0, bytes); }
  // `width`: bits of a word that are compared, in each four bytes those of `mask`.
  void add_to(Distance distance, std::size_t width, std::uint32_t mask = 0xFFFFFFFF) const {
    const std::size_t count = static_cast<std::size_t>(end_ - begin_) / word_bytes_;
    const WordSequence words(begin_, word_bytes_, word_bytes_, mask);
    meter_.add(distance, words.successive(0, count), static_cast<std::int64_t>(count) - 1,
               static_cast<std::int64_t>(width));
  }

 private:
  std::size_t word_bytes_;
  DistanceMeter& meter_;
  std::uint8_t *begin_, *end_;
};

}  // namespace blendsim

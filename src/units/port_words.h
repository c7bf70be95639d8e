// SPDX-License-Identifier: Apache-2.0
// Words that pass a port one after the other.
#pragma once

#include <cstdint>
#include <cstring>

#include "numerics/kernels/distance.h"
#include "units/distance_meter.h"

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

// The words of a port where they lie, run by run.
class PortWords {
 public:
  // Of each four bytes of a word the bits of `mask` count.
  explicit PortWords(std::size_t word_bytes, std::uint32_t mask = 0xFFFFFFFF) : word_bytes_(word_bytes), mask_(mask) {}

  // `count` words from `first` on, the next one `stride` bytes behind. They stay where they are until the next run.
  void run(const void* first, std::ptrdiff_t stride, std::size_t count) {
    const auto* const word = static_cast<const std::uint8_t*>(first);
    if (last_ != nullptr) bits_ += differing_bits(last_, word, word_bytes_, mask_);
    bits_ += successive_differing_bits(word, word_bytes_, stride, count, mask_);
    last_ = word + static_cast<std::ptrdiff_t>(count - 1) * stride;
    words_ += count;
  }
  // `width`: bits of a word that count.
  void add_to(DistanceMeter& meter, Distance distance, std::size_t width) const {
    meter.add(distance, bits_, static_cast<std::int64_t>(words_) - 1, static_cast<std::int64_t>(width));
  }

 private:
  std::size_t word_bytes_, words_ = 0;
  std::uint32_t mask_;
  const std::uint8_t* last_ = nullptr;
  std::int64_t bits_ = 0;
};

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
  void add_to(Distance distance) const {
    const std::size_t count = static_cast<std::size_t>(end_ - begin_) / word_bytes_;
    if (count == 0) return;
    PortWords words(word_bytes_);
    words.run(begin_, static_cast<std::ptrdiff_t>(word_bytes_), count);
    words.add_to(meter_, distance, 8 * word_bytes_);
  }

 private:
  std::size_t word_bytes_;
  DistanceMeter& meter_;
  std::uint8_t *begin_, *end_;
};

}  // namespace blendsim

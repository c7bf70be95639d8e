// SPDX-License-Identifier: Apache-2.0
// What the instructions of both arrays have in common.
#pragma once

#include <cstdint>

#include "units/written.h"

namespace blendsim {

// Start words of a row group: one a border class.
template <class I>
[[nodiscard]] constexpr std::int64_t border_classes(const I& i) {
  return std::int64_t{i.class_top + 1 + i.class_bottom} * (i.class_left + 1 + i.class_right);
}

// Accumulator words that an instruction writes.
template <class I>
[[nodiscard]] constexpr std::int64_t accumulator_words(const I& i) {
  return std::int64_t{i.rows} * i.out_width * i.groups;
}

template <class I>
[[nodiscard]] Written written_accumulators(const I& i, std::uint32_t region, std::int64_t array_rows) {
  return {{}, WrittenAccumulators{region, i.out_row, i.rows, i.out_width, i.groups, i.destination, array_rows}};
}

inline constexpr std::int64_t accumulator_bits = 32, fixed_word_bits = 128;

}  // namespace blendsim

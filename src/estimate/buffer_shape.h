// SPDX-License-Identifier: Apache-2.0
// How rtl/machine.sv builds a buffer: the parameters of rtl/buffer.sv, and how many of it stand side by side.
#pragma once

#include <bit>
#include <cstdint>

#include "units/buffer/parameters.h"
#include "units/machine_parameters.h"

namespace blendsim {

[[nodiscard]] constexpr std::int64_t choice_bits(std::int64_t choices) {
  return std::bit_width(static_cast<std::uint64_t>(choices - 1));
}

struct BufferShape {
  std::int64_t banks = 1, readers = 1, writers = 1, words = 1, slices = 1;
  std::int64_t regions = 1, depth = 0, width = 0;  // of a bank
  [[nodiscard]] std::int64_t ways() const { return std::int64_t{1} << choice_bits(words); }
};
[[nodiscard]] BufferShape buffer_shape(BufferId id, const MachineParameters& machine);

}  // namespace blendsim

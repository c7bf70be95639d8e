// SPDX-License-Identifier: Apache-2.0
// A slice's parameter record, decoded (instruction.h lists its bits). What a step leaves unused stays 0.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "units/buffer/layout.h"
#include "units/post_unit/instruction.h"

namespace blendsim {

struct QuantiserRecord {
  std::array<std::int64_t, slice_channels> multiplier{};
  std::array<std::int64_t, slice_channels> offset{};
  std::array<std::int32_t, slice_channels> shift{};
  std::int64_t lo = 0, hi = 0;
};

struct PostRecord {
  std::array<QuantiserRecord, 3> quantisers;          // q1, q2, q3
  QuantiserRecord activation;                         // multiplier = slope, offset unused
  std::array<std::array<std::int64_t, slice_channels>, 15> thresholds{};  // [level][lane]
  std::array<std::uint8_t, slice_channels> direction{};
  std::int64_t base = 0;
};

// `bytes`: record_words words of the parameters buffer.
[[nodiscard]] PostRecord decode_record(const PostInstruction& instruction, std::span<const std::uint8_t> bytes);

}  // namespace blendsim

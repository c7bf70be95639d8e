// SPDX-License-Identifier: Apache-2.0
// transpose_unit: pixels become channels and channels pixels, a corner turn of a fixed-point map of bytes.
//
// Pixel p, channel c of the input is channel p of pixel c of the output; pixels are numbered row by row, so that
// neither map's width matters. Channels of the last slice written beyond `pixels` are 0. A tile is the input's channels
// from a slice on, `source` the first pixel's word of it, and writes whole pixels, `destination` the first word of the
// first.
#pragma once

#include <array>
#include <cstdint>

#include "units/synchronisation.h"

namespace blendsim {

struct TransposeInstruction {
  Synchronisation sync;
  std::uint32_t source = 0;
  std::uint32_t in_slices = 0;  // slices a pixel of the whole input map
  std::uint32_t pixels = 0;     // read: channels written
  std::uint32_t channels = 0;   // read: pixels written
  std::uint32_t destination = 0;
  std::uint32_t out_slices = 0;  // slices a pixel of the whole map written
  bool operator==(const TransposeInstruction&) const = default;
};

inline constexpr std::array transpose_fields = {
    Field<TransposeInstruction>{"source", &TransposeInstruction::source, 17, "address of the first word read"},
    Field<TransposeInstruction>{"in_slices", &TransposeInstruction::in_slices, 9, "slices a pixel of the input map"},
    Field<TransposeInstruction>{"pixels", &TransposeInstruction::pixels, 13, "pixels read, channels written"},
    Field<TransposeInstruction>{"channels", &TransposeInstruction::channels, 13, "channels read, pixels written"},
    Field<TransposeInstruction>{"destination", &TransposeInstruction::destination, 17,
                                "address of the first word written"},
    Field<TransposeInstruction>{"out_slices", &TransposeInstruction::out_slices, 9,
                                "slices a pixel of the map written"},
};

}  // namespace blendsim

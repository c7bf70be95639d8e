// SPDX-License-Identifier: Apache-2.0
// Values of a fixed-point map as wide as the other kernels take them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blendsim {

// 16 little-endian values of `bytes` (1, 2 or 4) bytes a pixel, signed or unsigned, to 32 bits each: [pixels, 16].
// `stride`: bytes from pixel to pixel.
void widen_slices(const std::uint8_t* from, std::ptrdiff_t stride, int pixels, int bytes, bool is_signed,
                  std::int32_t* out);

}  // namespace blendsim

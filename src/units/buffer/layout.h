// SPDX-License-Identifier: Apache-2.0
// Where a map's values lie in a buffer: pure functions that compiler, units, checker and RTL tests share.
//
// The unit of layout is the slice: 16 channels, zero-filled. Buffer addresses run through all regions of a buffer:
// region = address / depth, and no map crosses a region.
#pragma once

#include <cstdint>

namespace blendsim {

inline constexpr int slice_channels = 16;
inline constexpr int binary_banks = 16;
inline constexpr int dsp_word_bits = 48;     // operand bits of one DSP48E2 XNOR word
inline constexpr int cells_per_operand = 9;  // 3x3 window of a cell, or 9 cells of one tap: words = 3 * cell slices

[[nodiscard]] constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
[[nodiscard]] constexpr std::int64_t slices_of(std::int64_t channels) { return ceil_divide(channels, slice_channels); }

// An address of a map is taken modulo what instructions address (field_limits.h says the same): a map of which a band
// of rows alone is held may begin before the buffer, or in another map.
inline constexpr std::uint32_t binary_map_addresses = std::uint32_t{1} << 14;
inline constexpr std::uint32_t fixed_map_addresses = std::uint32_t{1} << 17;

// A binary map: S cells a pixel (a cell is 16m channels; `cells` counts planes too: plane p of C cells is at cell p*C +
// c), `base` in bank addresses.
struct BinaryMap {
  std::uint32_t base = 0;
  std::uint32_t height = 0, width = 0;
  std::uint32_t cells = 0;

  struct Cell {
    std::uint32_t bank;     // 0..15
    std::uint32_t address;  // in the bank
  };
  // Cell (x, y, s): bank ((x+s) mod 4, (y + x/4 + s/4) mod 4), so that a 3x3 window of one cell, 16 pixels of a row and
  // 16 cells of a pixel each come in one cycle. 0 <= x < width, 0 <= y < height, 0 <= s < cells.
  [[nodiscard]] constexpr Cell cell(std::uint32_t x, std::uint32_t y, std::uint32_t s) const {
    const std::uint32_t bank = ((x + s) % 4) + 4 * ((y + x / 4 + s / 4) % 4);
    const std::uint32_t blocks = (width + 3) / 4;
    return {bank, (base + ((y / 4) * blocks + x / 4) * cells + s) % binary_map_addresses};
  }
  // Bank addresses that the map takes.
  [[nodiscard]] constexpr std::uint32_t size() const { return ((height + 3) / 4) * ((width + 3) / 4) * cells; }
};

// A fixed-point map: word (x, y, s) holds one pixel of one slice; `bytes` (1, 2 or 4) per value, so a pixel's slice
// takes `bytes` consecutive words of 16 bytes (lane-major: little-endian values of lanes 0..15 one after the other).
struct FixedMap {
  std::uint32_t base = 0;
  std::uint32_t height = 0, width = 0;
  std::uint32_t slices = 0;  // of the whole map; a view starts at base + slice * bytes
  std::uint32_t bytes = 1;

  [[nodiscard]] constexpr std::uint32_t word(std::uint32_t x, std::uint32_t y, std::uint32_t s) const {
    return (base + ((y * width + x) * slices + s) * bytes) % fixed_map_addresses;
  }
  [[nodiscard]] constexpr std::uint32_t size() const { return height * width * slices * bytes; }
};

// Border classes of a window sliding over a map: output positions whose taps fall outside in the same way share one.
// top = first positions that touch the leading border, bottom = last ones, at most `count` together.
struct BorderClasses {
  std::uint32_t leading = 0, trailing = 0;

  [[nodiscard]] static constexpr BorderClasses of(int size, int output, int kernel, int stride, int dilation, int pad) {
    const int reach = (kernel - 1) * dilation;
    std::uint32_t first = 0, last = 0;
    for (int i = 0; i < output; ++i) {
      const int start = i * stride - pad;
      if (start < 0) ++first;
      else if (start + reach >= size) ++last;
    }
    return {first, last};
  }
  // 0..leading-1, interior = leading, then the trailing ones; position in [0, output).
  [[nodiscard]] constexpr std::uint32_t index(std::uint32_t position, std::uint32_t output) const {
    if (position < leading) return position;
    if (position >= output - trailing) return leading + 1 + (position - (output - trailing));
    return leading;
  }
  [[nodiscard]] constexpr std::uint32_t count() const { return leading + 1 + trailing; }
};

}  // namespace blendsim

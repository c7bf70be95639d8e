// SPDX-License-Identifier: Apache-2.0
// The part of the input map that a tile of mac_array reads, as the kernels take it.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "units/buffer/storage.h"
#include "units/mac_array/instruction.h"
#include "units/mac_array/law.h"

namespace blendsim {

// The part of the input map that a tile reads, in the kernels' unsigned bytes, zero() outside the map: [rows, columns,
// lanes of a tap]. Dense: the lanes of the column groups, each ceil(columns / 4) quads, and zero() in a quad's rest.
// Depthwise: all lanes of the slices. A tap of a pixel is then a place in it.
class MacFlatMap {
 public:
  MacFlatMap(const MacInstruction& i, std::uint32_t columns, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        map_{i.source, i.in_height, i.in_width, i.map_slices, 1},
        slices_(static_cast<std::uint32_t>(slices_of(i.channels))),
        group_columns_(columns),
        side_by_side_(i.depthwise != 0 || (columns % 4 == 0 && slice_channels % columns == 0)),
        zero_(i.activation_signed != 0 ? 0x80 : 0),
        rows_((i.rows - 1) * i.stride_h + (i.kernel_h - 1) * i.dilation_h + 1),
        columns_((i.out_width - 1) * i.stride_w + (i.kernel_w - 1) * i.dilation_w + 1) {
    const std::size_t groups = static_cast<std::size_t>(column_groups(i.channels, columns));
    tap_lanes_ = i.depthwise != 0 ? std::size_t{slices_} * slice_channels : groups * ((columns + 3) / 4 * 4);
    // A slice is written whole, also where the last column groups end before it: the next column overwrites that.
    lanes_.resize(std::max(lanes_.size(), rows_ * row_pitch() + slice_channels));
    if (buffers.checks_unwritten()) require_taps();
    for (std::uint32_t row = 0; row < rows_; ++row) fill(row);
    offsets_.clear();
    for (std::uint32_t ky = 0; ky < i.kernel_h; ++ky) {
      for (std::uint32_t kx = 0; kx < i.kernel_w; ++kx) {
        offsets_.push_back(
            static_cast<std::uint32_t>(ky * i.dilation_h * row_pitch() + kx * i.dilation_w * tap_lanes_));
      }
    }
  }

  [[nodiscard]] std::size_t tap_lanes() const { return tap_lanes_; }
  // Quads of a dense tap in which a channel lies; those behind them add nothing.
  [[nodiscard]] std::size_t quads() const { return side_by_side_ ? (i_.channels + 3U) / 4 : tap_lanes_ / 4; }
  // The byte that stands for 0: signed codes have their highest bit inverted.
  [[nodiscard]] std::uint8_t zero() const { return zero_; }
  [[nodiscard]] std::ptrdiff_t pixel_stride() const { return static_cast<std::ptrdiff_t>(i_.stride_w * tap_lanes_); }
  [[nodiscard]] const std::uint32_t* offsets() const { return offsets_.data(); }
  // Of the first pixel of an output row of the tile.
  [[nodiscard]] const std::uint8_t* row(std::uint32_t row) const { return lanes_.data() + row * row_stride(); }
  [[nodiscard]] std::size_t row_stride() const { return i_.stride_h * row_pitch(); }
  // Lanes from one column group of a tap to the next; behind the group's columns they hold zero().
  [[nodiscard]] std::size_t group_lanes() const { return (group_columns_ + 3) / 4 * 4; }
  // The lanes behind the last channel, which the kernels leave alone: they hold zero() too, as the array takes them.
  void clear_unused_lanes() const {
    const std::size_t used = 4 * quads();
    if (used == tap_lanes_) return;
    for (std::size_t column = 0; column < std::size_t{rows_} * columns_; ++column)
      std::fill(lanes_.data() + column * tap_lanes_ + used, lanes_.data() + (column + 1) * tap_lanes_, zero_);
  }
  // Makes so many lanes readable from the first on.
  void reserve(std::size_t lanes) const { lanes_.resize(std::max(lanes_.size(), lanes)); }

 private:
  [[nodiscard]] std::size_t row_pitch() const { return columns_ * tap_lanes_; }

  void fill(std::uint32_t row) {
    std::uint8_t* out = lanes_.data() + row * row_pitch();
    const std::int64_t y = std::int64_t{i_.out_row} * i_.stride_h + row - i_.pad_top;
    const bool inside = y >= 0 && y < i_.in_height;
    const auto first = std::min<std::uint32_t>(i_.pad_left, columns_);
    const auto end = inside ? std::clamp(i_.in_width + i_.pad_left, first, columns_) : first;
    if (end > first) copy(static_cast<std::uint32_t>(y), end - first, out + first * tap_lanes_);
    zeros(out, first);
    zeros(out + end * tap_lanes_, columns_ - end);
  }

  void zeros(std::uint8_t* out, std::uint32_t columns) const {
    const std::uint32_t quad = zero_ * 0x01010101U;
    for (std::size_t lane = 0; lane < columns * tap_lanes_; lane += sizeof quad)
      std::memcpy(out + lane, &quad, sizeof quad);
  }

  // Columns [0, count) of row y: in one go where the view's lanes are all that lies there.
  void copy(std::uint32_t y, std::uint32_t count, std::uint8_t* out) const {
    const std::size_t pitch = std::size_t{i_.map_slices} * slice_channels;
    const std::uint8_t* bytes = static_cast<const Buffers&>(buffers_).fixed_bytes(
        map_.word(0, y, 0), std::size_t{count - 1} * i_.map_slices + slices_);
    if (side_by_side_ && pitch == tap_lanes_) {
      take(bytes, count * pitch, out);
    } else {
      for (std::uint32_t x = 0; x < count; ++x) {
        if (side_by_side_) take(bytes + x * pitch, std::size_t{slices_} * slice_channels, out + x * tap_lanes_);
        else by_groups(bytes + x * pitch, out + x * tap_lanes_);
      }
    }
    if (side_by_side_ && i_.depthwise == 0 && i_.channels % 4 != 0) mask_last_quad(count, out);
  }

  // zero() behind the last channel, as far as the kernel reads.
  void mask_last_quad(std::uint32_t count, std::uint8_t* out) const {
    const std::uint32_t valid = (1U << (8 * (i_.channels % 4))) - 1, zeros = zero_ * 0x01010101U & ~valid;
    out += i_.channels / 4 * 4;
    for (std::uint32_t x = 0; x < count; ++x, out += tap_lanes_) {
      std::uint32_t quad;
      std::memcpy(&quad, out, sizeof quad);
      quad = (quad & valid) | zeros;
      std::memcpy(out, &quad, sizeof quad);
    }
  }

  void by_groups(const std::uint8_t* bytes, std::uint8_t* out) const {
    const std::uint32_t padded = (group_columns_ + 3) / 4 * 4;
    for (std::uint32_t slice = 0; slice < i_.channels; slice += slice_channels) {
      const std::uint32_t end = std::min<std::uint32_t>(slice + slice_channels, i_.channels);
      for (std::uint32_t lane = slice; lane < end; lane += group_columns_, out += padded) {
        std::fill_n(out, padded, zero_);
        take(bytes + lane, std::min(group_columns_, end - lane), out);
      }
    }
  }

  // By whole slices where there are any: a vector each.
  void take(const std::uint8_t* bytes, std::size_t count, std::uint8_t* out) const {
    const std::uint8_t zero = zero_;
    std::size_t n = 0;
    for (; n + slice_channels <= count; n += slice_channels) {
      for (std::size_t lane = 0; lane < slice_channels; ++lane) out[n + lane] = bytes[n + lane] ^ zero;
    }
    for (; n < count; ++n) out[n] = bytes[n] ^ zero;
  }

  // Every word that a tap reads must have been written; those between strided taps need not.
  void require_taps() const {
    const Buffers& read = buffers_;
    for (std::uint32_t p = 0; p < i_.rows * i_.out_width; ++p) {
      for (std::uint32_t tap = 0; tap < i_.kernel_h * i_.kernel_w; ++tap) {
        const std::int64_t y =
            std::int64_t{i_.out_row + p / i_.out_width} * i_.stride_h + tap / i_.kernel_w * i_.dilation_h - i_.pad_top;
        const std::int64_t x =
            std::int64_t{p % i_.out_width} * i_.stride_w + tap % i_.kernel_w * i_.dilation_w - i_.pad_left;
        if (y < 0 || x < 0 || y >= i_.in_height || x >= i_.in_width) continue;
        (void)read.fixed(map_.word(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0), slices_);
      }
    }
  }

  const MacInstruction& i_;
  Buffers& buffers_;
  FixedMap map_;
  std::uint32_t slices_, group_columns_;
  bool side_by_side_;  // the column groups' lanes follow on one another as the map's do
  std::uint8_t zero_;
  std::uint32_t rows_, columns_;
  std::size_t tap_lanes_ = 0;
  AlignedVector<std::uint8_t>& lanes_ = buffers_.scratch().lanes;
  std::vector<std::uint32_t>& offsets_ = buffers_.scratch().offsets;
};

}  // namespace blendsim

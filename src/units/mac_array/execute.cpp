// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/execute.h"

#include <algorithm>
#include <array>

#include "numerics/kernels/multiply_rows.h"
#include "numerics/kernels/widen.h"
#include "units/buffer/row_starts.h"
#include "units/mac_array/law.h"

namespace blendsim {
namespace {

// The part of the input map that a tile reads, widened, 0 outside the map: [rows, columns, lanes of a tap]. Dense: the
// lanes of the column groups, each ceil(columns / 2) pairs, and 0 behind the last channel. Depthwise: all lanes of the
// slices. A tap of a pixel is then a place in it.
class FlatMap {
 public:
  FlatMap(const MacInstruction& i, std::uint32_t columns, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        map_{i.source, i.in_height, i.in_width, i.map_slices, 1},
        slices_(static_cast<std::uint32_t>(slices_of(i.channels))),
        group_columns_(columns),
        side_by_side_(i.depthwise != 0 || (columns % 2 == 0 && slice_channels % columns == 0)),
        rows_((i.rows - 1) * i.stride_h + (i.kernel_h - 1) * i.dilation_h + 1),
        columns_((i.out_width - 1) * i.stride_w + (i.kernel_w - 1) * i.dilation_w + 1) {
    const std::size_t groups = static_cast<std::size_t>(column_groups(i.channels, columns));
    tap_lanes_ = i.depthwise != 0 ? std::size_t{slices_} * slice_channels : groups * ((columns + 1) / 2 * 2);
    // A slice is written whole, also where the last column groups end before it: the next column overwrites that.
    lanes_.resize(std::max(lanes_.size(), rows_ * row_pitch() + slice_channels));
    if (buffers.checks_unwritten()) require_taps();
    for (std::uint32_t row = 0; row < rows_; ++row) fill(row);
    offsets_.clear();
    for (std::uint32_t ky = 0; ky < i.kernel_h; ++ky) {
      for (std::uint32_t kx = 0; kx < i.kernel_w; ++kx) {
        offsets_.push_back(static_cast<std::uint32_t>(ky * i.dilation_h * row_pitch() + kx * i.dilation_w * tap_lanes_));
      }
    }
  }

  [[nodiscard]] std::size_t tap_lanes() const { return tap_lanes_; }
  [[nodiscard]] std::ptrdiff_t pixel_stride() const { return static_cast<std::ptrdiff_t>(i_.stride_w * tap_lanes_); }
  [[nodiscard]] const std::uint32_t* offsets() const { return offsets_.data(); }
  // Of the first pixel of an output row of the tile.
  [[nodiscard]] const std::int16_t* row(std::uint32_t row) const {
    return lanes_.data() + row * i_.stride_h * row_pitch();
  }

 private:
  [[nodiscard]] std::size_t row_pitch() const { return columns_ * tap_lanes_; }

  void fill(std::uint32_t row) {
    std::int16_t* out = lanes_.data() + row * row_pitch();
    const std::int64_t y = std::int64_t{i_.out_row} * i_.stride_h + row - i_.pad_top;
    const bool inside = y >= 0 && y < i_.in_height;
    const auto first = std::min<std::uint32_t>(i_.pad_left, columns_);
    const auto end = inside ? std::clamp(i_.in_width + i_.pad_left, first, columns_) : first;
    if (end > first) copy(static_cast<std::uint32_t>(y), end - first, out + first * tap_lanes_);
    std::fill(out, out + first * tap_lanes_, std::int16_t{0});
    std::fill(out + end * tap_lanes_, out + columns_ * tap_lanes_, std::int16_t{0});
  }

  // Columns [0, count) of row y: in one go where the view's lanes are all that lies there.
  void copy(std::uint32_t y, std::uint32_t count, std::int16_t* out) const {
    const std::size_t pitch = std::size_t{i_.map_slices} * slice_channels;
    const std::uint8_t* bytes = static_cast<const Buffers&>(buffers_).fixed_bytes(
        map_.word(0, y, 0), std::size_t{count - 1} * i_.map_slices + slices_);
    const bool is_signed = i_.activation_signed != 0, whole = i_.depthwise != 0 || tap_lanes_ == i_.channels;
    if (side_by_side_ && pitch == tap_lanes_) {
      widen(bytes, count * pitch, is_signed, out);
      if (!whole) mask_last_slice(count, out);
      return;
    }
    for (std::uint32_t x = 0; x < count; ++x, bytes += pitch, out += tap_lanes_) {
      if (!side_by_side_) {
        by_groups(bytes, out);
      } else {
        widen(bytes, std::size_t{slices_} * slice_channels, is_signed, out);
        if (!whole) std::fill(out + i_.channels, out + tap_lanes_, std::int16_t{0});
      }
    }
  }

  // 0 behind the last channel.
  void mask_last_slice(std::uint32_t count, std::int16_t* out) const {
    std::array<std::int16_t, slice_channels> mask{};
    std::fill_n(mask.begin(), slice_channels - (tap_lanes_ - i_.channels), std::int16_t{-1});
    out += tap_lanes_ - slice_channels;
    for (std::uint32_t x = 0; x < count; ++x, out += tap_lanes_) {
      for (std::size_t lane = 0; lane < slice_channels; ++lane) out[lane] &= mask[lane];
    }
  }

  void by_groups(const std::uint8_t* bytes, std::int16_t* out) const {
    const std::uint32_t padded = (group_columns_ + 1) / 2 * 2;
    for (std::uint32_t slice = 0; slice < i_.channels; slice += slice_channels) {
      const std::uint32_t end = std::min<std::uint32_t>(slice + slice_channels, i_.channels);
      for (std::uint32_t lane = slice; lane < end; lane += group_columns_, out += padded) {
        std::fill_n(out, padded, std::int16_t{0});
        widen(bytes + lane, std::min(group_columns_, end - lane), i_.activation_signed != 0, out);
      }
    }
  }

  // Every word that a tap reads must have been written; those between strided taps need not.
  void require_taps() const {
    const Buffers& read = buffers_;
    for (std::uint32_t p = 0; p < i_.rows * i_.out_width; ++p) {
      for (std::uint32_t tap = 0; tap < i_.kernel_h * i_.kernel_w; ++tap) {
        const std::int64_t y = std::int64_t{i_.out_row + p / i_.out_width} * i_.stride_h +
                               tap / i_.kernel_w * i_.dilation_h - i_.pad_top;
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
  std::uint32_t rows_, columns_;
  std::size_t tap_lanes_ = 0;
  AlignedVector<std::int16_t>& lanes_ = buffers_.scratch().lanes;
  std::vector<std::uint32_t>& offsets_ = buffers_.scratch().offsets;
};

class Tile {
 public:
  Tile(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        rows_(static_cast<std::uint32_t>(machine.mac_array.rows)),
        word_bytes_(static_cast<std::ptrdiff_t>(machine.mac_array.rows * machine.mac_array.columns)),
        map_(i, static_cast<std::uint32_t>(machine.mac_array.columns), buffers),
        taps_(i.kernel_h * i.kernel_w),
        words_per_tap_(i.depthwise != 0
                           ? 1
                           : static_cast<std::uint32_t>(column_groups(i.channels, machine.mac_array.columns))),
        starts_({i.class_left, i.class_right}, i.out_width, buffers) {}

  void execute() {
    for (std::uint32_t row = 0; row < i_.rows; ++row) {
      const std::uint32_t words = i_.out_width * i_.groups;
      std::int32_t* sums = buffers_.accumulators(i_.destination + row * words, words).data();
      if (i_.depthwise != 0) depthwise(row, sums);
      else dense(row, sums);
    }
  }

 private:
  // What both kernels take alike; every pixel starts from the word of its border class.
  template <class Work>
  [[nodiscard]] Work work(std::uint32_t row) const {
    Work work;
    work.operands = map_.row(row);
    work.offsets = map_.offsets();
    work.start_offsets = starts_.offsets();
    work.pixel_stride = map_.pixel_stride();
    work.sums_stride = static_cast<std::ptrdiff_t>(i_.groups) * buffers_.accumulator_lanes();
    work.pixels = static_cast<int>(i_.out_width);
    work.taps = static_cast<int>(taps_);
    work.rows = static_cast<int>(rows_);
    return work;
  }
  [[nodiscard]] const std::int32_t* starts(std::uint32_t row, std::uint32_t g) const {
    const BorderClasses vertical{i_.class_top, i_.class_bottom};
    const std::uint32_t across = BorderClasses{i_.class_left, i_.class_right}.count();
    return starts_.words(i_.start +
                         (g * vertical.count() + vertical.index(i_.out_row + row, i_.out_height)) * across);
  }

  void dense(std::uint32_t row, std::int32_t* sums) const {
    const std::uint32_t words = taps_ * words_per_tap_;
    auto pixels = work<MultiplyRows>(row);
    pixels.pairs = static_cast<int>(map_.tap_lanes() / 2);
    const std::int16_t* weights = buffers_.fixed_weight_pairs(i_.weights, i_.groups * words);
    for (std::uint32_t g = 0; g < i_.groups; ++g) {
      pixels.starts = starts(row, g);
      pixels.weights = weights + std::size_t{g} * taps_ * map_.tap_lanes() * rows_;
      multiply_rows(pixels, sums + std::ptrdiff_t{g} * buffers_.accumulator_lanes());
    }
  }

  // A group's rows beyond the view's last slice have no lane and keep their start value.
  void depthwise(std::uint32_t row, std::int32_t* sums) const {
    const auto tap_lanes = static_cast<std::uint32_t>(map_.tap_lanes());
    auto pixels = work<MultiplyLanes>(row);
    pixels.weights_stride = word_bytes_;
    const std::int8_t* weights =
        static_cast<const Buffers&>(buffers_).fixed_weights(i_.weights, i_.groups * taps_).data();
    for (std::uint32_t g = 0; g < i_.groups; ++g) {
      pixels.starts = starts(row, g);
      pixels.weights = weights + std::ptrdiff_t{g} * taps_ * word_bytes_;
      const std::uint32_t first_lane = std::min(tap_lanes, g * rows_);
      pixels.operands = map_.row(row) + first_lane;
      pixels.lanes = static_cast<int>(std::min(rows_, tap_lanes - first_lane));
      multiply_lanes(pixels, sums + std::ptrdiff_t{g} * buffers_.accumulator_lanes());
    }
  }

  const MacInstruction& i_;
  Buffers& buffers_;
  std::uint32_t rows_;
  std::ptrdiff_t word_bytes_;
  FlatMap map_;
  std::uint32_t taps_, words_per_tap_;
  RowStarts starts_;
};

}  // namespace

void execute(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers) {
  Tile(i, machine, buffers).execute();
}

}  // namespace blendsim

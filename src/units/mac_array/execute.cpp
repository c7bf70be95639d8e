// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/execute.h"

#include <algorithm>
#include <cstring>

#include "numerics/kernels/multiply_rows.h"
#include "units/buffer/row_starts.h"
#include "units/mac_array/law.h"

namespace blendsim {
namespace {

// The part of the input map that a tile reads, in the kernels' unsigned bytes, zero() outside the map: [rows, columns,
// lanes of a tap]. Dense: the lanes of the column groups, each ceil(columns / 4) quads, and zero() in a quad's rest.
// Depthwise: all lanes of the slices. A tap of a pixel is then a place in it.
class FlatMap {
 public:
  FlatMap(const MacInstruction& i, std::uint32_t columns, Buffers& buffers)
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
  [[nodiscard]] const std::uint8_t* row(std::uint32_t row) const {
    return lanes_.data() + row * i_.stride_h * row_pitch();
  }

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

class Tile {
 public:
  Tile(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        rows_(static_cast<std::uint32_t>(machine.mac_array.rows)),
        word_bytes_(static_cast<std::ptrdiff_t>(machine.mac_array.rows * machine.mac_array.columns)),
        map_(i, static_cast<std::uint32_t>(machine.mac_array.columns), buffers),
        taps_(i.kernel_h * i.kernel_w),
        words_per_tap_(
            i.depthwise != 0 ? 1 : static_cast<std::uint32_t>(column_groups(i.channels, machine.mac_array.columns))),
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
    work.zero = map_.zero();
    return work;
  }
  [[nodiscard]] const std::int32_t* starts(std::uint32_t row, std::uint32_t g) const {
    const BorderClasses vertical{i_.class_top, i_.class_bottom};
    const std::uint32_t across = BorderClasses{i_.class_left, i_.class_right}.count();
    return starts_.words(i_.start + (g * vertical.count() + vertical.index(i_.out_row + row, i_.out_height)) * across);
  }

  void dense(std::uint32_t row, std::int32_t* sums) const {
    const std::uint32_t words = taps_ * words_per_tap_;
    auto pixels = work<MultiplyRows>(row);
    pixels.quads = static_cast<int>(map_.quads());
    pixels.weights_stride = static_cast<std::ptrdiff_t>(map_.tap_lanes() * rows_);
    const std::int8_t* weights = buffers_.fixed_weight_quads(i_.weights, i_.groups * words);
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

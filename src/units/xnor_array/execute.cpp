// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/execute.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "numerics/kernels/popcount_rows.h"
#include "units/buffer/row_starts.h"
#include "units/xnor_array/law.h"

namespace blendsim {
namespace {

constexpr std::uint64_t dsp_mask = (std::uint64_t{1} << dsp_word_bits) - 1;
constexpr int slices_per_word = dsp_word_bits / slice_channels;

// The part of the input map that a tile reads, laid flat in units of 16 bits, zeros outside the map. Windows: [planes,
// rows, cells, columns, m]; taps: [planes, rows, columns, cells, m]. So the three cells of a window's row, or the nine
// of a tap, lie side by side, and an operand word is 64 bits of it under a mask.
class FlatMap {
 public:
  FlatMap(const XnorInstruction& i, Buffers& buffers) : i_(i), buffers_(buffers), windows_(xnor_steps(i).windows) {
    const auto m = static_cast<std::uint32_t>(buffers.cell_slices());
    rows_ = (i.rows - 1) * i.stride_h + (i.kernel_h - 1) * i.dilation_h + 1;
    columns_ = (i.out_width - 1) * i.stride_w + (i.kernel_w - 1) * i.dilation_w + 1;
    column_pitch_ = windows_ ? m : i.cells * m;
    cell_pitch_ = windows_ ? columns_ * m : m;
    row_pitch_ = columns_ * i.cells * m;
    plane_pitch_ = rows_ * row_pitch_;
    units_.resize(std::max(units_.size(), std::size_t{plane_pitch_} * i.activation_bits + slack * m));
    if (buffers.checks_unwritten()) require_taps();
    for (std::uint32_t plane = 0; plane < i.activation_bits; ++plane) {
      for (std::uint32_t row = 0; row < rows_; ++row) {
        for (std::uint32_t c = 0; c < i.cells; ++c) fill(plane, row, c);
      }
    }
    plan();
  }

  // Operand words of a pixel and plane.
  [[nodiscard]] int terms() const { return static_cast<int>(offsets_.size()); }

  // The operands of one output row of the tile: the place of its first pixel's first word in a plane.
  [[nodiscard]] const std::uint16_t* units(std::uint32_t row, std::uint32_t plane) const {
    return units_.data() + std::size_t{plane} * plane_pitch_ + std::size_t{row} * i_.stride_h * row_pitch_;
  }
  [[nodiscard]] std::ptrdiff_t pixel_stride() const { return std::ptrdiff_t{i_.stride_w} * column_pitch_; }
  [[nodiscard]] const std::uint32_t* offsets() const { return offsets_.data(); }
  [[nodiscard]] const std::uint64_t* masks() const { return masks_.data(); }

 private:
  static constexpr std::size_t slack = 16;  // cells behind the last one that a masked word may reach into

  // One row of one cell: the columns inside the map, under the mask of its valid channels.
  void fill(std::uint32_t plane, std::uint32_t row, std::uint32_t c) {
    const auto m = static_cast<std::size_t>(buffers_.cell_slices());
    std::uint16_t* out = units_.data() + std::size_t{plane} * plane_pitch_ + std::size_t{row} * row_pitch_ +
                         std::size_t{c} * cell_pitch_;
    const std::int64_t y = std::int64_t{i_.out_row} * i_.stride_h + row - i_.pad_top;
    const bool inside = y >= 0 && y < i_.in_height;
    const auto first = std::min<std::uint32_t>(i_.pad_left, columns_);
    const auto end = inside ? std::clamp(i_.in_width + i_.pad_left, first, columns_) : first;
    if (inside) {
      const BinaryMap map{i_.source, i_.in_height, i_.in_width, i_.map_cells};
      const Buffers::CellRow cells =
          buffers_.cell_row(map, static_cast<std::uint32_t>(y), i_.first_cell + plane * i_.plane_cells + c);
      copy(cells, end - first, out + first * column_pitch_);
      if (c + 1 == i_.cells) mask_last(out + first * column_pitch_, end - first);
    }
    zeros(out, 0, first, m);
    zeros(out, end, columns_, m);
  }

  void zeros(std::uint16_t* out, std::uint32_t from, std::uint32_t to, std::size_t m) const {
    if (column_pitch_ == m) {
      std::fill(out + from * m, out + to * m, std::uint16_t{0});
    } else {
      for (std::uint32_t x = from; x < to; ++x) std::fill_n(out + x * column_pitch_, m, std::uint16_t{0});
    }
  }

  // Columns [0, count) of the map's row. Single slices side by side go four at a time, the last ones with what lies behind
  // them: whatever follows in this map of ours is filled later.
  void copy(const Buffers::CellRow& cells, std::uint32_t count, std::uint16_t* out) const {
    const auto m = static_cast<std::size_t>(buffers_.cell_slices());
    const std::uint16_t* from = static_cast<const Buffers&>(buffers_).cells();
    if (column_pitch_ == 1) {
      for (std::uint32_t x = 0; x < count; x += 4) {
        std::uint64_t four;
        std::memcpy(&four, from + cells.block(x / 4), sizeof four);
        four = std::rotr(four, static_cast<int>(cells.lane) * slice_channels);
        std::memcpy(out + x, &four, sizeof four);
      }
    } else if (m == 1) {
      for (std::uint32_t x = 0; x < count; ++x) out[x * column_pitch_] = from[cells.at(x)];
    } else {
      for (std::uint32_t x = 0; x < count; ++x) std::copy_n(from + cells.at(x) * m, m, out + x * column_pitch_);
    }
  }

  // The channels behind a view's last one are forced to 0.
  void mask_last(std::uint16_t* out, std::uint32_t columns) const {
    const int m = buffers_.cell_slices(), valid = static_cast<int>(i_.last_cell_channels) + 1;
    if (valid == m * slice_channels) return;
    for (int slice = 0; slice < m; ++slice) {
      const int bits = std::clamp(valid - slice * slice_channels, 0, slice_channels);
      for (std::uint32_t x = 0; x < columns; ++x) {
        out[x * column_pitch_ + static_cast<std::uint32_t>(slice)] &= static_cast<std::uint16_t>((1U << bits) - 1);
      }
    }
  }

  // Where each operand word of a pixel begins, and which of its bits are the operand's.
  void plan() {
    offsets_.clear();
    masks_.clear();
    const std::uint32_t reach = windows_ ? 3 : 1, cells_at_once = windows_ ? 1 : cells_per_operand;
    for (std::uint32_t ky = 0; ky < i_.kernel_h; ky += reach) {
      for (std::uint32_t kx = 0; kx < i_.kernel_w; kx += reach) {
        for (std::uint32_t c = 0; c < i_.cells; c += cells_at_once) {
          if (windows_) {
            const std::uint32_t valid = std::min(i_.kernel_w - kx, reach);
            for (std::uint32_t dy = 0; dy < reach; ++dy) words(ky + dy, kx, c, valid, reach);
          } else {
            words(ky, kx, c, std::min(i_.cells - c, cells_at_once), cells_at_once);
          }
        }
      }
    }
  }

  // The words of `room` cells side by side, of which `valid` are the operand's; none in rows behind the kernel.
  void words(std::uint32_t ky, std::uint32_t kx, std::uint32_t c, std::uint32_t valid, std::uint32_t room) {
    const auto m = static_cast<std::uint32_t>(buffers_.cell_slices());
    const bool inside = ky < i_.kernel_h;
    const std::uint32_t first = inside ? ky * i_.dilation_h * row_pitch_ + kx * i_.dilation_w * column_pitch_ +
                                             c * cell_pitch_
                                       : 0;
    for (std::uint32_t unit = 0; unit < room * m; unit += slices_per_word) {
      const std::uint32_t left = inside && valid * m > unit ? valid * m - unit : 0;
      offsets_.push_back(left > 0 ? first + unit : 0);
      masks_.push_back(left >= slices_per_word ? dsp_mask : (std::uint64_t{1} << (slice_channels * left)) - 1);
    }
  }

  // Every cell that a tap reads must have been written; those between strided taps need not.
  void require_taps() const {
    const BinaryMap map{i_.source, i_.in_height, i_.in_width, i_.map_cells};
    for (std::uint32_t row = 0; row < i_.rows; ++row) {
      for (std::uint32_t x = 0; x < i_.out_width; ++x) {
        for (std::uint32_t tap = 0; tap < i_.kernel_h * i_.kernel_w; ++tap) require_tap(map, i_.out_row + row, x, tap);
      }
    }
  }
  void require_tap(const BinaryMap& map, std::uint32_t out_y, std::uint32_t out_x, std::uint32_t tap) const {
    const std::int64_t y = std::int64_t{out_y} * i_.stride_h + tap / i_.kernel_w * i_.dilation_h - i_.pad_top;
    const std::int64_t x = std::int64_t{out_x} * i_.stride_w + tap % i_.kernel_w * i_.dilation_w - i_.pad_left;
    if (y < 0 || x < 0 || y >= i_.in_height || x >= i_.in_width) return;
    for (std::uint32_t plane = 0; plane < i_.activation_bits; ++plane) {
      for (std::uint32_t c = 0; c < i_.cells; ++c) {
        (void)static_cast<const Buffers&>(buffers_).cell(map, static_cast<std::uint32_t>(x),
                                                         static_cast<std::uint32_t>(y),
                                                         i_.first_cell + plane * i_.plane_cells + c);
      }
    }
  }

  const XnorInstruction& i_;
  Buffers& buffers_;
  bool windows_;
  std::uint32_t rows_, columns_;
  std::uint32_t column_pitch_, cell_pitch_, row_pitch_, plane_pitch_;  // units
  std::vector<std::uint16_t>& units_ = buffers_.scratch().cells;
  std::vector<std::uint32_t>& offsets_ = buffers_.scratch().offsets;
  std::vector<std::uint64_t>& masks_ = buffers_.scratch().masks;
};

// Power of two and sign of a plane pair (instruction.h).
struct PlaneWeight {
  int shift;
  bool negative;
  static PlaneWeight of(const XnorInstruction& i, std::uint32_t activation, std::uint32_t weight) {
    if (i.use_and == 0) {
      const bool single = i.activation_bits == 1 && i.weight_bits == 1;
      return {single ? 1 : static_cast<int>(activation), false};
    }
    const bool activation_sign = i.activation_signed != 0 && activation + 1 == i.activation_bits;
    const bool weight_sign = i.weight_signed != 0 && weight + 1 == i.weight_bits;
    return {static_cast<int>(activation + weight), activation_sign != weight_sign};
  }
  [[nodiscard]] std::int32_t factor() const {
    const std::uint32_t power = std::uint32_t{1} << shift;
    return static_cast<std::int32_t>(negative ? 0 - power : power);
  }
};

}  // namespace

void execute(const XnorInstruction& i, const MachineParameters& machine, Buffers& buffers) {
  const Buffers& read = buffers;
  const FlatMap map(i, buffers);
  const int terms = map.terms();
  const auto steps = static_cast<std::uint32_t>(terms / machine.xnor_array.words);
  const BorderClasses vertical{i.class_top, i.class_bottom}, horizontal{i.class_left, i.class_right};
  const std::uint32_t classes = vertical.count() * horizontal.count();
  const std::ptrdiff_t lanes = buffers.accumulator_lanes();
  const RowStarts starts(horizontal, i.out_width, buffers);

  PopcountRows work;
  work.offsets = map.offsets();
  work.masks = map.masks();
  work.pixel_stride = map.pixel_stride();
  work.sums_stride = static_cast<std::ptrdiff_t>(i.groups) * lanes;
  work.pixels = static_cast<int>(i.out_width);
  work.terms = terms;
  work.rows = static_cast<int>(machine.xnor_array.rows);
  work.use_and = i.use_and != 0;
  // What exceeds an accumulator's bits wraps around, as in rtl/xnor_row.sv. Compiled networks stay inside.
  work.bits = static_cast<int>(machine.xnor_array.accumulator);
  const std::uint64_t* weights = read.binary_weight_lanes(i.weights, i.groups * i.weight_bits * steps);
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    const std::uint32_t first_class = vertical.index(i.out_row + row, i.out_height) * horizontal.count();
    const std::uint32_t row_sums = i.out_width * i.groups;
    std::int32_t* sums = buffers.accumulators(i.destination + row * row_sums, row_sums).data();
    for (std::uint32_t g = 0; g < i.groups; ++g) {
      // Every pixel starts from the word of its border class; the plane pairs behind the first add to that.
      work.starts = starts.words(i.start + g * classes + first_class);
      work.start_offsets = starts.offsets();
      for (std::uint32_t a = 0; a < i.activation_bits; ++a) {
        work.units = map.units(row, a);
        for (std::uint32_t w = 0; w < i.weight_bits; ++w) {
          work.weights = weights + std::ptrdiff_t{g * i.weight_bits + w} * terms * work.rows;
          const std::int32_t factor = PlaneWeight::of(i, a, w).factor();
          // XNOR counts the bits that differ: popcount(~(x ^ w)) = bits - popcount(x ^ w), as both fit the words.
          const auto bits = static_cast<std::uint32_t>(terms * dsp_word_bits);
          work.scale = work.use_and ? factor : -factor;
          work.bias = work.use_and ? 0 : static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * bits);
          popcount_rows(work, sums + std::ptrdiff_t{g} * lanes);
          work.start_offsets = nullptr;
        }
      }
    }
  }
}

}  // namespace blendsim

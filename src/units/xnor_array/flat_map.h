// SPDX-License-Identifier: Apache-2.0
// The part of the input map that a tile of xnor_array reads, as the kernels take it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "units/buffer/storage.h"
#include "units/xnor_array/instruction.h"

namespace blendsim {
namespace xnor_flat_map_detail {

// Eight units in a register: compilers make one instruction of each interleaving.
using EightUnits = std::uint16_t __attribute__((vector_size(16)));

inline EightUnits low_half(std::uint64_t word) {
  using Words = std::uint64_t __attribute__((vector_size(16)));
  return std::bit_cast<EightUnits>(Words{word, 0});
}
inline EightUnits interleave_low(EightUnits a, EightUnits b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
inline EightUnits interleave_high(EightUnits a, EightUnits b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// Four cells' words of four columns each become four columns of four cells each.
inline std::array<EightUnits, 2> transpose(const std::array<std::uint64_t, 4>& words) {
  const EightUnits even = interleave_low(low_half(words[0]), low_half(words[2]));
  const EightUnits odd = interleave_low(low_half(words[1]), low_half(words[3]));
  return {interleave_low(even, odd), interleave_high(even, odd)};
}

}  // namespace xnor_flat_map_detail

// The part of the input map that a tile reads, laid flat in units of 16 bits, zeros outside the map: [planes, rows,
// columns, cells, m]. So all that a pixel reads of a row lies side by side (plan.h). A tile of one row whose pixels are
// single units has its kernel rows interleaved, [planes, columns, kernel_h]: a pixel's whole window lies side by side.
class XnorFlatMap {
 public:
  XnorFlatMap(const XnorInstruction& i, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        slices_(static_cast<std::uint32_t>(buffers.cell_slices())),
        interleaved_(i.rows == 1 && i.cells == 1 && slices_ == 1 && i.dilation_w == 1 && i.kernel_h > 1 &&
                     i.kernel_h <= 4),
        rows_((i.rows - 1) * i.stride_h + (i.kernel_h - 1) * i.dilation_h + 1),
        columns_((i.out_width - 1) * i.stride_w + (i.kernel_w - 1) * i.dilation_w + 1),
        column_pitch_(interleaved_ ? i.kernel_h : i.cells * slices_),
        plane_pitch_(columns_ * column_pitch_ * (interleaved_ ? 1 : rows_)) {
    const std::size_t slack =
        4 * column_pitch_ + 4;  // what is copied by four columns and four units reaches behind the last
    units_.resize(std::max(units_.size(), std::size_t{plane_pitch_} * i.activation_bits + slack));
    if (buffers.checks_unwritten()) require_taps();
    for (std::uint32_t plane = 0; plane < i.activation_bits; ++plane) {
      if (interleaved_) interleave(plane);
      else
        for (std::uint32_t row = 0; row < rows_; ++row) fill(plane, row);
    }
  }

  // The operands of one output row of the tile: the place of its first pixel's first word in a plane.
  [[nodiscard]] const std::uint16_t* units(std::uint32_t row, std::uint32_t plane) const {
    return units_.data() + std::size_t{plane} * plane_pitch_ + std::size_t{row} * i_.stride_h * row_pitch();
  }
  // 0: the rows are interleaved.
  [[nodiscard]] std::uint32_t row_pitch() const { return interleaved_ ? 0 : columns_ * column_pitch_; }
  [[nodiscard]] std::ptrdiff_t pixel_stride() const { return std::ptrdiff_t{i_.stride_w} * column_pitch_; }
  [[nodiscard]] std::size_t row_stride() const { return std::size_t{i_.stride_h} * row_pitch(); }
  // From a pixel's place in plane 0 to slice k of cell c of its tap (ky, kx).
  [[nodiscard]] std::size_t offset(std::uint32_t plane, std::uint32_t ky, std::uint32_t kx, std::uint32_t c,
                                   std::uint32_t k) const {
    const std::size_t from = std::size_t{plane} * plane_pitch_;
    if (interleaved_) return from + std::size_t{kx} * column_pitch_ + ky;
    return from + std::size_t{ky} * i_.dilation_h * row_pitch() + std::size_t{kx} * i_.dilation_w * column_pitch_ +
           std::size_t{c} * slices_ + k;
  }
  // Makes so many units readable from the first on.
  void reserve(std::size_t units) const { units_.resize(std::max(units_.size(), units)); }

 private:
  // Columns [first, end) lie in the map.
  struct Inside {
    std::uint32_t first, end;
  };
  [[nodiscard]] Inside inside() const {
    const auto first = std::min<std::uint32_t>(i_.pad_left, columns_);
    return {first, std::clamp(i_.in_width + i_.pad_left, first, columns_)};
  }

  // One row. What is written beyond a part of it is overwritten by the next part, or by the next row.
  void fill(std::uint32_t plane, std::uint32_t row) {
    std::uint16_t* out = units_.data() + std::size_t{plane} * plane_pitch_ + std::size_t{row} * row_pitch();
    const std::int64_t y = std::int64_t{i_.out_row} * i_.stride_h + row - i_.pad_top;
    if (y < 0 || y >= i_.in_height) return zeros(out, columns_);
    const auto [first, end] = inside();
    std::uint16_t* in_map = out + std::size_t{first} * column_pitch_;
    zeros(out, first);
    copy(plane, static_cast<std::uint32_t>(y), end - first, in_map);
    mask_last(in_map, end - first);
    zeros(out + std::size_t{end} * column_pitch_, columns_ - end);
  }

  // The kernel's rows at once, as copy_columns takes cells.
  void interleave(std::uint32_t plane) {
    std::uint16_t* out = units_.data() + std::size_t{plane} * plane_pitch_;
    const BinaryMap map{i_.source, i_.in_height, i_.in_width, i_.map_cells};
    const std::uint32_t cell = i_.first_cell + plane * i_.plane_cells;
    const std::uint64_t valid = ((std::uint64_t{2} << i_.last_cell_channels) - 1) * 0x0001000100010001;
    std::array<Buffers::CellRow, 4> rows{};
    std::array<std::uint64_t, 4> masks{};
    for (std::uint32_t ky = 0; ky < i_.kernel_h; ++ky) {
      const std::int64_t y = std::int64_t{i_.out_row} * i_.stride_h + ky * i_.dilation_h - i_.pad_top;
      const bool in_map = y >= 0 && y < i_.in_height;
      const std::int64_t nearest = std::clamp<std::int64_t>(y, 0, std::int64_t{i_.in_height} - 1);
      rows[ky] = buffers_.cell_row(map, static_cast<std::uint32_t>(nearest), cell);
      masks[ky] = in_map ? valid : 0;
    }
    const auto [first, end] = inside();
    std::uint16_t* in_map = out + std::size_t{first} * column_pitch_;
    zeros(out, first);
    if (i_.kernel_h == 2) copy_columns<2>(rows, masks, end - first, in_map);
    else if (i_.kernel_h == 3) copy_columns<3>(rows, masks, end - first, in_map);
    else copy_columns<4>(rows, masks, end - first, in_map);
    zeros(out + std::size_t{end} * column_pitch_, columns_ - end);
  }

  void zeros(std::uint16_t* out, std::uint32_t columns) const {
    constexpr std::uint64_t zero = 0;
    for (std::size_t unit = 0; unit < std::size_t{columns} * column_pitch_; unit += 4) {
      std::memcpy(out + unit, &zero, sizeof zero);
    }
  }

  // Columns [0, count) of row y: single slices by four columns, which lie side by side in their banks, others one by
  // one.
  void copy(std::uint32_t plane, std::uint32_t y, std::uint32_t count, std::uint16_t* out) const {
    const BinaryMap map{i_.source, i_.in_height, i_.in_width, i_.map_cells};
    const std::uint32_t first = i_.first_cell + plane * i_.plane_cells;
    constexpr std::uint64_t all = ~std::uint64_t{0};
    constexpr std::array<std::uint64_t, 4> whole = {all, all, all, all};
    for (std::uint32_t c = 0; c < i_.cells; c += slices_ == 1 ? 4 : 1) {
      std::array<Buffers::CellRow, 4> cells;
      const std::uint32_t together = slices_ == 1 ? std::min(i_.cells - c, 4U) : 1;
      for (std::uint32_t k = 0; k < together; ++k) cells[k] = buffers_.cell_row(map, y, first + c + k);
      if (slices_ > 1) copy_cell(cells[0], count, out + std::size_t{c} * slices_);
      else if (i_.cells == 1) copy_columns<1>(cells, whole, count, out);
      else if (i_.cells == 2) copy_columns<2>(cells, whole, count, out);
      else if (together == 4) copy_columns<4>(cells, whole, count, out + c);
      else
        for (std::uint32_t k = 0; k < together; ++k) copy_cell(cells[k], count, out + c + k);
    }
  }

  // By value, and with a pitch of its own: `out` may alias whatever is reached through a pointer. A column's last store
  // may reach into the next one, which overwrites it.
  template <std::size_t together>  // cells of all those in a column where less than 4
  void copy_columns(const std::array<Buffers::CellRow, 4> cells, const std::array<std::uint64_t, 4> masks,
                    std::uint32_t count, std::uint16_t* out) const {
    using namespace xnor_flat_map_detail;
    const std::uint16_t* from = static_cast<const Buffers&>(buffers_).cells();
    const std::size_t pitch = column_pitch_;
    for (std::uint32_t block = 0; 4 * block < count; ++block, out += 4 * pitch) {
      std::array<std::uint64_t, 4> words{};
      for (std::size_t k = 0; k < together; ++k) {
        std::memcpy(&words[k], from + cells[k].block(block), sizeof words[k]);
        words[k] = std::rotr(words[k], static_cast<int>(cells[k].lane) * slice_channels) & masks[k];
      }
      if constexpr (together == 1) {
        std::memcpy(out, &words[0], sizeof words[0]);
      } else if constexpr (together == 2) {
        const EightUnits columns = interleave_low(low_half(words[0]), low_half(words[1]));
        std::memcpy(out, &columns, sizeof columns);
      } else {
        const std::array<EightUnits, 2> columns = transpose(words);
        constexpr std::size_t column_bytes = 4 * sizeof *out;
        for (std::size_t n = 0; n < 4; ++n) {
          std::memcpy(out + n * pitch, reinterpret_cast<const char*>(columns.data()) + n * column_bytes, column_bytes);
        }
      }
    }
  }

  void copy_cell(const Buffers::CellRow& cells, std::uint32_t count, std::uint16_t* out) const {
    const std::uint16_t* from = static_cast<const Buffers&>(buffers_).cells();
    for (std::uint32_t x = 0; x < count; ++x) {
      for (std::size_t k = 0; k < slices_; ++k)
        out[x * std::size_t{column_pitch_} + k] = from[cells.at(x) * slices_ + k];
    }
  }

  // The channels behind a view's last one are forced to 0.
  void mask_last(std::uint16_t* out, std::uint32_t columns) const {
    const auto valid = static_cast<int>(i_.last_cell_channels) + 1;
    if (valid == static_cast<int>(slices_) * slice_channels) return;
    out += std::size_t{i_.cells - 1} * slices_;
    for (std::uint32_t slice = 0; slice < slices_; ++slice) {
      const int bits = std::clamp(valid - static_cast<int>(slice) * slice_channels, 0, slice_channels);
      for (std::uint32_t x = 0; x < columns; ++x) {
        out[x * std::size_t{column_pitch_} + slice] &= static_cast<std::uint16_t>((1U << bits) - 1);
      }
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
  std::uint32_t slices_;
  bool interleaved_;
  std::uint32_t rows_, columns_;
  std::uint32_t column_pitch_, plane_pitch_;  // units
  AlignedVector<std::uint16_t>& units_ = buffers_.scratch().cells;
};

}  // namespace blendsim

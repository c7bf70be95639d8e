// SPDX-License-Identifier: Apache-2.0
#include "units/pool_unit/distances.h"

#include "units/pool_unit/law.h"
#include "units/port_words.h"

namespace blendsim {
namespace {

// visit(row of the tile, column) of every result, in their order.
template <class Visitor>
void each_result(const PoolInstruction& i, Visitor&& visit) {
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x) visit(row, x);
  }
}

// Where tap (ky, kx) of a result lies.
class PoolTap {
 public:
  PoolTap(const PoolInstruction& i, std::uint32_t row, std::uint32_t column, std::uint32_t ky, std::uint32_t kx)
      : column_(std::int64_t{column} * i.stride_w - i.pad_left + std::int64_t{kx} * i.dilation_w),
        row_((std::int64_t{i.out_row} + row) * i.stride_h - i.pad_top + std::int64_t{ky} * i.dilation_h),
        inside_(column_ >= 0 && row_ >= 0 && column_ < i.in_width && row_ < i.in_height) {}

  [[nodiscard]] bool inside() const { return inside_; }  // the map: only then it is at
  [[nodiscard]] std::uint32_t column() const { return static_cast<std::uint32_t>(column_); }
  [[nodiscard]] std::uint32_t row() const { return static_cast<std::uint32_t>(row_); }

 private:
  std::int64_t column_, row_;
  bool inside_;
};

std::size_t results_of(const PoolInstruction& i) { return std::size_t{i.rows} * i.out_width * i.slices; }
std::size_t taps_of(const PoolInstruction& i) { return std::size_t{i.kernel_h} * i.kernel_w; }

// A tap outside the map is not read: the port stays as it was.
void add_words_read(const PoolInstruction& i, std::uint32_t at_once, const Buffers& buffers, DistanceMeter& meter) {
  const std::uint32_t bytes = 1U << i.in_bytes_log2;
  const FixedMap map{i.source, i.in_height, i.in_width, i.in_slices, bytes};
  for (std::uint32_t place = 0; place < at_once; ++place) {
    PortTrace words(port_word_bytes, results_of(i) * taps_of(i) * bytes, meter);
    for (std::uint32_t first = 0; first < i.slices; first += at_once) {
      each_result(i, [&](std::uint32_t row, std::uint32_t column) {
        for (std::uint32_t n = 0; n < taps_of(i); ++n) {
          const PoolTap tap(i, row, column, n / i.kernel_w, n % i.kernel_w);
          if (!tap.inside()) continue;
          each_port_word(at_once, bytes, place, first, i.slices, [&](std::uint32_t s, std::uint32_t word) {
            words.append(buffers.fixed_bytes(map.word(tap.column(), tap.row(), s) + word, 1), port_word_bytes);
          });
        }
      });
    }
    words.add_to(Distance::pool_operand);
  }
}

void add_words_written(const PoolInstruction& i, std::uint32_t at_once, const Buffers& buffers, DistanceMeter& meter) {
  const std::uint32_t bytes = 1U << i.out_bytes_log2;
  const FixedMap map{i.destination, i.rows, i.out_width, i.out_slices, bytes};
  for (std::uint32_t place = 0; place < at_once; ++place) {
    PortTrace words(port_word_bytes, results_of(i) * bytes, meter);
    for (std::uint32_t first = 0; first < i.slices; first += at_once) {
      each_result(i, [&](std::uint32_t row, std::uint32_t column) {
        each_port_word(at_once, bytes, place, first, i.slices, [&](std::uint32_t s, std::uint32_t word) {
          words.append(buffers.fixed_bytes(map.word(column, row, s) + word, 1), port_word_bytes);
        });
      });
    }
    words.add_to(Distance::pool_result);
  }
}

// A step takes a window of 3x3 taps of a cell, or a dilated tap.
void add_cells_read(const PoolInstruction& i, const Buffers& buffers, DistanceMeter& meter) {
  const BinaryMap map{i.source, i.in_height, i.in_width, i.in_slices};
  const std::size_t m = static_cast<std::size_t>(buffers.cell_slices()), cell = m * sizeof(std::uint16_t);
  const std::uint32_t side = i.dilation_h != 1 || i.dilation_w != 1 ? 1 : 3, at_once = side * side;
  PortTrace words(at_once * cell, results_of(i) * static_cast<std::size_t>(steps_per_result(i)), meter);
  for (std::uint32_t c = 0; c < i.slices; ++c) {
    const auto take = [&](std::uint32_t row, std::uint32_t column, std::uint32_t ky, std::uint32_t kx) {
      const PoolTap tap(i, row, column, ky, kx);
      if (!tap.inside() || ky >= i.kernel_h || kx >= i.kernel_w) return words.append_zeros(cell);
      words.append(buffers.cells() + buffers.cell_row(map, tap.row(), i.in_first + c).at(tap.column()) * m, cell);
    };
    each_result(i, [&](std::uint32_t row, std::uint32_t column) {
      for (std::uint32_t ky = 0; ky < i.kernel_h; ky += side) {
        for (std::uint32_t kx = 0; kx < i.kernel_w; kx += side) {
          for (std::uint32_t n = 0; n < at_once; ++n) take(row, column, ky + n / side, kx + n % side);
        }
      }
    });
  }
  words.add_to(Distance::pool_operand);
}

void add_cells_written(const PoolInstruction& i, const Buffers& buffers, DistanceMeter& meter) {
  const BinaryMap map{i.destination, i.out_height, i.out_width, i.out_slices};
  const std::size_t m = static_cast<std::size_t>(buffers.cell_slices()), cell = m * sizeof(std::uint16_t);
  PortTrace words(cell, results_of(i), meter);
  for (std::uint32_t c = 0; c < i.slices; ++c) {
    each_result(i, [&](std::uint32_t row, std::uint32_t column) {
      words.append(buffers.cells() + buffers.cell_row(map, i.out_row + row, i.out_first + c).at(column) * m, cell);
    });
  }
  words.add_to(Distance::pool_result);
}

}  // namespace

void add_distances(const PoolInstruction& i, const MachineParameters& machine, const Buffers& buffers,
                   DistanceMeter& meter) {
  if (i.binary != 0) {
    add_cells_read(i, buffers, meter);
    add_cells_written(i, buffers, meter);
    return;
  }
  const auto at_once = static_cast<std::uint32_t>(slices_at_once(i, machine.pool_unit));
  add_words_read(i, at_once, buffers, meter);
  add_words_written(i, at_once, buffers, meter);
}

}  // namespace blendsim

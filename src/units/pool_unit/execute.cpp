// SPDX-License-Identifier: Apache-2.0
#include "units/pool_unit/execute.h"

#include <algorithm>
#include <array>

#include "numerics/kernels/widen.h"
#include "units/pool_unit/distances.h"

namespace blendsim {
namespace {

constexpr std::size_t largest_kernel = 64;      // instruction.h: 6 bits
constexpr std::size_t largest_cell_slices = 8;  // xnor_array/parameters.h: 24 words

// The taps of one output position along one axis that lie inside the map: first .. last in steps of dilation.
struct TapRange {
  std::int64_t first, end, dilation;
  static TapRange of(std::int64_t position, std::int64_t stride, std::int64_t kernel, std::int64_t dilation,
                     std::int64_t pad, std::int64_t size) {
    const std::int64_t start = position * stride - pad;
    const std::int64_t skipped = start < 0 ? ceil_divide(-start, dilation) : 0;
    return {start + skipped * dilation, std::min(start + (kernel - 1) * dilation + 1, size), dilation};
  }
  [[nodiscard]] std::int64_t count() const { return first < end ? ceil_divide(end - first, dilation) : 0; }

  template <class Visitor>
  void each(Visitor&& visit) const {
    for (std::int64_t tap = first; tap < end; tap += dilation) visit(static_cast<std::uint32_t>(tap));
  }
};

struct Taps {
  TapRange rows, columns;
  static Taps of(const PoolInstruction& i, std::uint32_t y, std::uint32_t x) {
    return {TapRange::of(y, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height),
            TapRange::of(x, i.stride_w, i.kernel_w, i.dilation_w, i.pad_left, i.in_width)};
  }
  [[nodiscard]] std::int64_t count() const { return rows.count() * columns.count(); }
};

void pool_binary(const PoolInstruction& i, Buffers& buffers) {
  const BinaryMap in{i.source, i.in_height, i.in_width, i.in_slices};
  const BinaryMap out{i.destination, i.out_height, i.out_width, i.out_slices};
  const auto m = static_cast<std::size_t>(buffers.cell_slices());
  const bool checks = buffers.checks_unwritten();
  std::uint16_t* cells = buffers.cells();
  for (std::uint32_t row = i.out_row; row < i.out_row + i.rows; ++row) {
    for (std::uint32_t c = 0; c < i.slices; ++c) {
      std::array<Buffers::CellRow, largest_kernel> tap_rows;
      std::size_t count = 0;
      Taps::of(i, row, 0).rows.each(
          [&](std::uint32_t y) { tap_rows[count++] = buffers.cell_row(in, y, i.in_first + c); });
      const Buffers::CellRow written = buffers.cell_row(out, row, i.out_first + c);
      for (std::uint32_t x = 0; x < i.out_width; ++x) {
        std::array<std::uint16_t, largest_cell_slices> bits{};
        Taps::of(i, row, x).columns.each([&](std::uint32_t tap) {
          for (std::size_t n = 0; n < count; ++n) {
            const std::size_t cell = tap_rows[n].at(tap);
            if (checks) buffers.require_cell(cell);
            for (std::size_t k = 0; k < m; ++k) bits[k] = static_cast<std::uint16_t>(bits[k] | cells[cell * m + k]);
          }
        });
        const std::size_t cell = written.at(x);
        if (checks) buffers.mark_cell(cell);
        std::copy_n(bits.begin(), m, cells + cell * m);
      }
    }
  }
}

// Values of a slice, and sums of them modulo 2^32: a result has no more bits.
using Lanes = std::array<std::uint32_t, slice_channels>;

class FixedPool {
 public:
  FixedPool(const PoolInstruction& i, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        in_{i.source, i.in_height, i.in_width, i.in_slices, 1U << i.in_bytes_log2},
        out_{i.destination, i.rows, i.out_width, i.out_slices, 1U << i.out_bytes_log2} {}

  void execute() {
    for (std::uint32_t row = 0; row < i_.rows; ++row) {
      for (std::uint32_t x = 0; x < i_.out_width; ++x) {
        const Taps taps = Taps::of(i_, i_.out_row + row, x);
        for (std::uint32_t s = 0; s < i_.slices; ++s) write(i_.sum != 0 ? sum(taps, s) : largest(taps, s), x, row, s);
      }
    }
  }

 private:
  // visit(values of `slice`) for every tap.
  template <class Visitor>
  void each_value(const Taps& taps, std::uint32_t slice, Visitor&& visit) {
    const auto count = static_cast<std::uint32_t>(taps.columns.count());
    if (count == 0) return;
    const auto first = static_cast<std::uint32_t>(taps.columns.first);
    const std::uint32_t step = i_.dilation_w * i_.in_slices * in_.bytes;  // words
    taps.rows.each([&](std::uint32_t y) {
      const std::uint32_t word = in_.word(first, y, slice);
      const Buffers& read = buffers_;
      if (read.checks_unwritten()) {
        for (std::uint32_t p = 0; p < count; ++p) (void)read.fixed(word + p * step, in_.bytes);
      }
      widen_slices(read.fixed_bytes(word, std::size_t{count - 1} * step + in_.bytes),
                   std::ptrdiff_t{step} * slice_channels, static_cast<int>(count), static_cast<int>(in_.bytes),
                   i_.in_signed != 0, row_.data());
      for (std::uint32_t p = 0; p < count; ++p) visit(row_.data() + std::size_t{p} * slice_channels);
    });
  }

  Lanes sum(const Taps& taps, std::uint32_t slice) {
    Lanes result{};
    each_value(taps, slice, [&](const std::int32_t* values) {
      for (std::size_t lane = 0; lane < slice_channels; ++lane)
        result[lane] += static_cast<std::uint32_t>(values[lane]);
    });
    const std::int64_t zero_point = (std::int64_t{i_.zero_point} ^ 0x100) - 0x100;  // 9 bits, two's complement
    const std::int64_t factor = i_.divisor > 0 && taps.count() > 0 ? i_.divisor / taps.count() : 1;
    for (std::uint32_t& lane : result) {
      lane = (lane - static_cast<std::uint32_t>(taps.count() * zero_point)) * static_cast<std::uint32_t>(factor);
    }
    return result;
  }

  // Of no taps: the smallest value that an input can have.
  Lanes largest(const Taps& taps, std::uint32_t slice) {
    // Unsigned values of 32 bits compare as signed ones once their top bits are flipped.
    const std::uint32_t flip = i_.in_signed == 0 && in_.bytes == 4 ? 0x80000000U : 0;
    const std::int64_t lowest = i_.in_signed != 0 ? -(std::int64_t{1} << (8 * in_.bytes - 1)) : 0;
    std::array<std::int32_t, slice_channels> result;
    result.fill(static_cast<std::int32_t>(static_cast<std::uint32_t>(lowest) ^ flip));
    each_value(taps, slice, [&](const std::int32_t* values) {
      for (std::size_t lane = 0; lane < slice_channels; ++lane) {
        const auto value = static_cast<std::int32_t>(static_cast<std::uint32_t>(values[lane]) ^ flip);
        result[lane] = std::max(result[lane], value);
      }
    });
    Lanes lanes;
    for (std::size_t lane = 0; lane < slice_channels; ++lane)
      lanes[lane] = static_cast<std::uint32_t>(result[lane]) ^ flip;
    return lanes;
  }

  void write(const Lanes& values, std::uint32_t x, std::uint32_t row, std::uint32_t slice) {
    const auto bytes = buffers_.fixed(out_.word(x, row, slice), out_.bytes);
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      for (std::size_t b = 0; b < out_.bytes; ++b) {
        bytes[lane * out_.bytes + b] = static_cast<std::uint8_t>(values[lane] >> (8 * b));
      }
    }
  }

  const PoolInstruction& i_;
  Buffers& buffers_;
  FixedMap in_, out_;
  std::array<std::int32_t, largest_kernel * slice_channels> row_;
};

}  // namespace

void execute(const PoolInstruction& i, const MachineParameters& machine, Buffers& buffers, DistanceMeter* meter) {
  if (i.binary != 0) pool_binary(i, buffers);
  else FixedPool(i, buffers).execute();
  if (meter != nullptr) add_distances(i, machine, buffers, *meter);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "units/pool_unit/execute.h"

#include <algorithm>
#include <array>

namespace blendsim {
namespace {

using Lanes = std::array<std::int64_t, slice_channels>;

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
};

struct Taps {
  TapRange rows, columns;
  static Taps of(const PoolInstruction& i, std::uint32_t y, std::uint32_t x) {
    return {TapRange::of(y, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height),
            TapRange::of(x, i.stride_w, i.kernel_w, i.dilation_w, i.pad_left, i.in_width)};
  }
  [[nodiscard]] std::int64_t count() const { return rows.count() * columns.count(); }

  template <class Visitor>
  void each(Visitor&& visit) const {
    for (std::int64_t y = rows.first; y < rows.end; y += rows.dilation) {
      for (std::int64_t x = columns.first; x < columns.end; x += columns.dilation) {
        visit(static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x));
      }
    }
  }
};

void pool_binary(const PoolInstruction& i, Buffers& buffers) {
  const Buffers& read = buffers;
  const BinaryMap in{i.source, i.in_height, i.in_width, i.in_slices};
  const BinaryMap out{i.destination, i.out_height, i.out_width, i.out_slices};
  std::vector<std::uint16_t> bits(static_cast<std::size_t>(buffers.cell_slices()));
  for (std::uint32_t row = i.out_row; row < i.out_row + i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x) {
      const Taps taps = Taps::of(i, row, x);
      for (std::uint32_t c = 0; c < i.slices; ++c) {
        std::fill(bits.begin(), bits.end(), std::uint16_t{0});
        taps.each([&](std::uint32_t ty, std::uint32_t tx) {
          const auto cell = read.cell(in, tx, ty, i.in_first + c);
          for (std::size_t k = 0; k < bits.size(); ++k) bits[k] = static_cast<std::uint16_t>(bits[k] | cell[k]);
        });
        std::copy(bits.begin(), bits.end(), buffers.cell(out, x, row, i.out_first + c).begin());
      }
    }
  }
}

void read_values(std::span<const std::uint8_t> bytes, std::size_t size, bool is_signed, Lanes& out) {
  const int unused = 32 - 8 * static_cast<int>(size);
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    std::uint32_t raw = 0;
    for (std::size_t b = 0; b < size; ++b) raw |= static_cast<std::uint32_t>(bytes[lane * size + b]) << (8 * b);
    out[lane] = is_signed ? std::int64_t{static_cast<std::int32_t>(raw << unused) >> unused} : std::int64_t{raw};
  }
}

// The smallest value that an input can have: the maximum of no taps.
std::int64_t lowest(const PoolInstruction& i) {
  return i.in_signed != 0 ? -(std::int64_t{1} << ((8 << i.in_bytes_log2) - 1)) : 0;
}

Lanes combine(const PoolInstruction& i, const Taps& taps, const FixedMap& in, std::uint32_t slice,
              const Buffers& buffers) {
  const std::int64_t zero_point = (std::int64_t{i.zero_point} ^ 0x100) - 0x100;  // 9 bits, two's complement
  Lanes result{}, value{};
  result.fill(i.sum != 0 ? 0 : lowest(i));
  taps.each([&](std::uint32_t y, std::uint32_t x) {
    read_values(buffers.fixed(in.word(x, y, slice), in.bytes), in.bytes, i.in_signed != 0, value);
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      result[lane] = i.sum != 0 ? result[lane] + value[lane] - zero_point : std::max(result[lane], value[lane]);
    }
  });
  if (i.sum != 0 && i.divisor > 0 && taps.count() > 0) {
    for (std::int64_t& lane : result) lane *= i.divisor / taps.count();
  }
  return result;
}

void pool_fixed(const PoolInstruction& i, Buffers& buffers) {
  const Buffers& read = buffers;
  const FixedMap in{i.source, i.in_height, i.in_width, i.in_slices, 1U << i.in_bytes_log2};
  const FixedMap out{i.destination, i.rows, i.out_width, i.out_slices, 1U << i.out_bytes_log2};
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x) {
      const Taps taps = Taps::of(i, i.out_row + row, x);
      for (std::uint32_t s = 0; s < i.slices; ++s) {
        const Lanes values = combine(i, taps, in, s, read);
        const auto bytes = buffers.fixed(out.word(x, row, s), out.bytes);
        for (std::size_t lane = 0; lane < slice_channels; ++lane) {
          const auto raw = static_cast<std::uint64_t>(values[lane]);
          for (std::size_t b = 0; b < out.bytes; ++b)
            bytes[lane * out.bytes + b] = static_cast<std::uint8_t>(raw >> (8 * b));
        }
      }
    }
  }
}

}  // namespace

void execute(const PoolInstruction& i, const MachineParameters&, Buffers& buffers) {
  if (i.binary != 0) return pool_binary(i, buffers);
  pool_fixed(i, buffers);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What an instruction reads and writes, as sets of buffer words that can be compared.
//
// Three kinds of set. An interval of words. A fixed map's rectangle: rows of whole width but for the last one's end,
// words [slice0, slice1) of each pixel's `slices` words (accumulators likewise). A binary map's rectangle: rows of
// whole width, cells [slice0, slice1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "units/machine_parameters.h"

namespace blendsim {

// A rectangle of a map or an interval of words, in one region of one buffer.
struct Access {
  BufferId buffer = BufferId::act_fixed;
  std::uint32_t region = 0;
  bool write = false;
  std::uint32_t begin = 0, end = 0;  // buffer addresses [begin, end) that enclose everything touched
  bool is_map = false;               // then rows [row0, row1) and slices [slice0, slice1) of the map at `base`
  std::uint32_t base = 0, width = 0, slices = 0;  // the map's identity: the base as the instruction says it
  std::uint32_t row0 = 0, row1 = 0, slice0 = 0, slice1 = 0;
  std::uint32_t left_out = 0;  // pixels at the last row's end

  [[nodiscard]] std::uint32_t width_of(std::uint32_t y) const { return y + 1 == row1 ? width - left_out : width; }
  // Address of word (x, y, s) of a map that is none of packed bits: one of those touched.
  [[nodiscard]] std::uint32_t word(std::uint32_t x, std::uint32_t y, std::uint32_t s) const {
    return begin + ((y - row0) * width + x) * slices + s - slice0;
  }
};
[[nodiscard]] bool maps_overlap(const Access& a, const Access& b);  // in one region of one buffer

// Of the same words; read/write is the caller's business. Most that are compared lie apart, which is seen here.
[[nodiscard]] inline bool overlap(const Access& a, const Access& b) {
  return a.begin < b.end && b.begin < a.end && a.buffer == b.buffer && a.region == b.region && maps_overlap(a, b);
}

// Rows [begin, end) of a map.
struct Rows {
  std::int64_t begin = 0, end = 0;
};

// Rows of the input that the output rows of an instruction with a window read.
template <class I>
[[nodiscard]] constexpr Rows rows_read(const I& i) {
  const std::int64_t first = std::int64_t{i.out_row} * i.stride_h - i.pad_top;
  const std::int64_t last =
      (std::int64_t{i.out_row} + i.rows - 1) * i.stride_h - i.pad_top + (std::int64_t{i.kernel_h} - 1) * i.dilation_h;
  const auto inside = [&](std::int64_t row) {
    return row < 0 ? 0 : row > i.in_height ? std::int64_t{i.in_height} : row;
  };
  return {inside(first), inside(last + 1)};
}

// Columns at a row's end that a window reaches in no position.
template <class I>
[[nodiscard]] constexpr std::int64_t columns_left_out(const I& i) {
  const std::int64_t last =
      (std::int64_t{i.out_width} - 1) * i.stride_w - i.pad_left + (std::int64_t{i.kernel_w} - 1) * i.dilation_w;
  return last + 1 >= i.in_width ? 0 : last < 0 ? std::int64_t{i.in_width} : i.in_width - (last + 1);
}

// Collects one instruction's accesses behind those that `list` holds. Throws DiagnosticError program-invalid, named by
// the unit, where one leaves its region.
class Accesses {
 public:
  Accesses(std::string_view unit, const MachineParameters& machine, std::vector<Access>& list)
      : unit_(unit), machine_(machine), list_(list), first_(list.size()) {}

  // Words [begin, begin + count).
  void interval(BufferId buffer, bool write, std::int64_t begin, std::int64_t count);
  // Words [word0, word0 + words) of each pixel of rows, but for `left_out` pixels at the end of the last; `base` is the
  // address of pixel (0, 0).
  void fixed(BufferId buffer, bool write, std::int64_t base, std::int64_t width, std::int64_t pitch, Rows rows,
             std::int64_t word0, std::int64_t words, std::int64_t left_out = 0);
  // Cells [cell0, cell0 + count) of each pixel of rows of act_binary.
  void binary(bool write, std::int64_t base, std::int64_t width, std::int64_t cells, Rows rows, std::int64_t cell0,
              std::int64_t count);
  [[noreturn]] void invalid(BufferId buffer, const std::string& what) const;
  void put_reads_first();

 private:
  Access& add(BufferId buffer, bool write, std::int64_t begin, std::int64_t end);  // of no map yet
  [[noreturn]] void leaves_region(BufferId buffer, std::int64_t begin, std::int64_t end) const;

  std::string_view unit_;
  const MachineParameters& machine_;
  std::vector<Access>& list_;
  std::size_t first_;
  bool wrote_ = false, reads_are_first_ = true;
};

}  // namespace blendsim

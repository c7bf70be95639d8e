// SPDX-License-Identifier: Apache-2.0
// What an instruction reads and writes, as sets of buffer words that can be compared.
//
// Three kinds of set. An interval of words. A fixed map's rectangle: rows of whole width, words [slice0, slice1) of
// each pixel's `slices` words (accumulators likewise). A binary map's rectangle: rows of whole width, cells [slice0,
// slice1).
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/instruction.h"
#include "units/post_unit/law.h"
#include "units/xnor_array/law.h"
#include "units/mac_array/law.h"

namespace blendsim {
namespace {

// Rows of the input [0, height) that output rows [out_row, out_row + rows) read.
struct Rows {
  std::int64_t begin = 0, end = 0;
  static Rows read_by(std::int64_t out_row, std::int64_t rows, std::int64_t stride, std::int64_t kernel,
                      std::int64_t dilation, std::int64_t pad, std::int64_t height) {
    const std::int64_t first = out_row * stride - pad;
    const std::int64_t last = (out_row + rows - 1) * stride - pad + (kernel - 1) * dilation;
    return {std::clamp<std::int64_t>(first, 0, height), std::clamp<std::int64_t>(last + 1, 0, height)};
  }
};

class Collector {
 public:
  Collector(UnitId unit, const MachineParameters& machine, std::vector<Access>& list)
      : unit_(unit), machine_(machine), list_(list), first_(list.size()) {}

  void interval(BufferId buffer, bool write, std::int64_t begin, std::int64_t count) {
    if (count == 0) return;
    add({buffer, 0, write, 0, 0, false, 0, 0, 0, 0, 0, 0, 0}, begin, begin + count);
  }
  // Words [word0, word0 + words) of each pixel of rows; `base` is the address of pixel (0, 0).
  void fixed(BufferId buffer, bool write, std::int64_t base, std::int64_t width, std::int64_t pitch, Rows rows,
             std::int64_t word0, std::int64_t words) {
    if (rows.begin >= rows.end || width == 0 || words == 0) return;
    if (word0 + words > pitch) invalid(buffer, "slices beyond the map's slices a pixel");
    const std::int64_t begin = base + rows.begin * width * pitch + word0;
    const std::int64_t end = base + (rows.end * width - 1) * pitch + word0 + words;
    add({buffer, 0, write, 0, 0, true, u32(base), u32(width), u32(pitch), u32(rows.begin), u32(rows.end), u32(word0),
         u32(word0 + words)},
        begin, end);
  }
  void binary(bool write, std::int64_t base, std::int64_t width, std::int64_t cells, Rows rows, std::int64_t cell0,
              std::int64_t count) {
    if (rows.begin >= rows.end || width == 0 || count == 0) return;
    if (cell0 + count > cells) invalid(BufferId::act_binary, "cells beyond the map's cells a pixel");
    const std::int64_t pitch = ceil_divide(width, 4) * cells;
    add({BufferId::act_binary, 0, write, 0, 0, true, u32(base), u32(width), u32(cells), u32(rows.begin), u32(rows.end),
         u32(cell0), u32(cell0 + count)},
        base + rows.begin / 4 * pitch, base + ((rows.end - 1) / 4 + 1) * pitch);
  }
  [[noreturn]] void invalid(BufferId buffer, const std::string& what) const {
    throw DiagnosticError("program-invalid", Place{{}, 0, std::string(name(unit_))},
                          fmt::format("{} in buffer {}", what, name(buffer)));
  }
  void put_reads_first() {
    const auto begin = list_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto is_read = [](const Access& a) { return !a.write; };
    if (!std::is_partitioned(begin, list_.end(), is_read)) std::stable_partition(begin, list_.end(), is_read);
  }

 private:
  static std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

  void add(Access access, std::int64_t begin, std::int64_t end) {
    const BufferParameters& buffer = machine_.buffer(access.buffer);
    const std::int64_t region = begin / buffer.depth;
    if (region >= buffer.regions || (end - 1) / buffer.depth != region) {
      invalid(access.buffer, fmt::format("words {} to {} leave a region of {} words (there are {})", begin, end - 1,
                                         buffer.depth, buffer.regions));
    }
    access.begin = u32(begin);
    access.end = u32(end);
    access.region = u32(region);
    list_.push_back(access);
  }

  UnitId unit_;
  const MachineParameters& machine_;
  std::vector<Access>& list_;
  std::size_t first_;
};

std::int64_t border_classes(const auto& i) {
  return std::int64_t{i.class_top + 1 + i.class_bottom} * (i.class_left + 1 + i.class_right);
}

void collect(const XnorInstruction& i, const MachineParameters&, Collector& out) {
  const Rows rows = Rows::read_by(i.out_row, i.rows, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height);
  for (std::uint32_t plane = 0; plane < i.activation_bits; ++plane) {
    out.binary(false, i.source, i.in_width, i.map_cells, rows, std::int64_t{i.first_cell} + plane * i.plane_cells,
               i.cells);
  }
  out.interval(BufferId::weights_binary, false, i.weights,
               std::int64_t{i.groups} * i.weight_bits * xnor_steps(i).steps);
  out.interval(BufferId::parameters, false, i.start, i.groups * border_classes(i));
  out.interval(BufferId::accumulators, true, i.destination, std::int64_t{i.rows} * i.out_width * i.groups);
}

void collect(const MacInstruction& i, const MachineParameters& machine, Collector& out) {
  const Rows rows = Rows::read_by(i.out_row, i.rows, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height);
  out.fixed(BufferId::act_fixed, false, i.source, i.in_width, i.map_slices, rows, 0, slices_of(i.channels));
  const std::int64_t columns = i.depthwise != 0 ? 1 : column_groups(i.channels, machine.mac_array.columns);
  out.interval(BufferId::weights_fixed, false, i.weights, std::int64_t{i.groups} * i.kernel_h * i.kernel_w * columns);
  out.interval(BufferId::parameters, false, i.start, i.groups * border_classes(i));
  out.interval(BufferId::accumulators, true, i.destination, std::int64_t{i.rows} * i.out_width * i.groups);
}

void collect_source(const PostInstruction& i, bool second, const MachineParameters& machine, Collector& out) {
  const auto source = static_cast<PostSource>(second ? i.b_source : i.a_source);
  const std::int64_t address = second ? i.b : i.a, stride = second ? i.b_stride : i.a_stride;
  const Rows rows{0, i.rows};
  if (source == PostSource::none) return;
  if (source == PostSource::fixed_map) {
    const std::int64_t bytes = std::int64_t{1} << (second ? i.b_bytes_log2 : i.a_bytes_log2);
    out.fixed(BufferId::act_fixed, false, address, i.width, stride * bytes, rows, 0, i.slices * bytes);
    return;
  }
  const std::int64_t array_rows =
      source == PostSource::xnor_accumulators ? machine.xnor_array.rows : machine.mac_array.rows;
  out.fixed(BufferId::accumulators, false, address, i.width, stride, rows, 0,
            ceil_divide(i.slices * std::int64_t{slice_channels}, array_rows));
}

void collect(const PostInstruction& i, const MachineParameters& machine, Collector& out) {
  collect_source(i, false, machine, out);
  collect_source(i, true, machine, out);
  if (record_bits(i) > 0) {
    const std::int64_t words = record_words(i, machine.buffer(BufferId::parameters).width);
    out.interval(BufferId::parameters, false, i.parameters, i.slices * words);
  }
  if (i.write_fixed != 0) {
    const std::int64_t bytes = std::int64_t{1} << i.fixed_bytes_log2;
    out.fixed(BufferId::act_fixed, true, i.fixed, i.width, i.fixed_slices * bytes, {0, i.rows}, 0, i.slices * bytes);
  }
  if (i.write_bits != 0) {
    const std::int64_t m = machine.xnor_array.cell_slices();
    const std::int64_t first = i.bits_slice / m, last = (std::int64_t{i.bits_slice} + i.slices - 1) / m;
    for (std::uint32_t plane = 0; plane < i.code_bits; ++plane) {
      out.binary(true, i.bits, i.width, i.bits_cells, {i.bits_row, std::int64_t{i.bits_row} + i.rows},
                 first + std::int64_t{plane} * i.bits_plane_cells, last - first + 1);
    }
  }
}

void collect(const PoolInstruction& i, const MachineParameters&, Collector& out) {
  const Rows in = Rows::read_by(i.out_row, i.rows, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height);
  const Rows written{i.out_row, std::int64_t{i.out_row} + i.rows};
  if (i.binary != 0) {
    out.binary(false, i.source, i.in_width, i.in_slices, in, i.in_first, i.slices);
    out.binary(true, i.destination, i.out_width, i.out_slices, written, i.out_first, i.slices);
    return;
  }
  const std::int64_t in_bytes = std::int64_t{1} << i.in_bytes_log2, out_bytes = std::int64_t{1} << i.out_bytes_log2;
  out.fixed(BufferId::act_fixed, false, i.source, i.in_width, i.in_slices * in_bytes, in, 0, i.slices * in_bytes);
  out.fixed(BufferId::act_fixed, true, i.destination, i.out_width, i.out_slices * out_bytes, {0, i.rows}, 0,
            i.slices * out_bytes);
}

// Buffer words in one run of the linear form; each takes a whole number of bus words in DRAM.
std::int64_t linear_words(const TransferInstruction& i, const MachineParameters& machine) {
  const std::int64_t bus = machine.memory.bus_bytes();
  const std::int64_t bytes = ceil_divide(machine.buffer(static_cast<BufferId>(i.buffer)).width, 8);
  return i.run_bytes / (ceil_divide(bytes, bus) * bus);
}

void collect_transfer(const TransferInstruction& i, bool write, const MachineParameters& machine, Collector& out) {
  if (i.buffer >= static_cast<std::uint32_t>(buffer_count)) {
    out.invalid(BufferId::instructions, fmt::format("{} is no buffer; the last one is", i.buffer));
  }
  const auto buffer = static_cast<BufferId>(i.buffer);
  const Rows rows{i.row, std::int64_t{i.row} + i.runs};
  switch (static_cast<TransferForm>(i.form)) {
    case TransferForm::linear:
      out.interval(buffer, write, i.buffer_address, linear_words(i, machine) * i.runs);
      break;
    case TransferForm::fixed: {
      const std::int64_t bytes = std::int64_t{1} << i.bytes_log2;
      out.fixed(buffer, write, i.buffer_address, i.width, i.map_slices * bytes, rows, 0, i.slices * bytes);
      break;
    }
    case TransferForm::binary:
      out.binary(write, i.buffer_address, i.width, i.map_slices, rows, i.first, i.slices);
      break;
    case TransferForm::stem:
      out.fixed(buffer, write, i.buffer_address, i.width, 1, rows, 0, 1);
      break;
  }
}

void collect(const LoadInstruction& i, const MachineParameters& machine, Collector& out) {
  collect_transfer(i, true, machine, out);
}
void collect(const StoreInstruction& i, const MachineParameters& machine, Collector& out) {
  collect_transfer(i, false, machine, out);
}

// Words base + p * pitch + w of pixels p in [0, pixels) and words w in [0, words).
struct Strided {
  std::int64_t base, pixels, pitch, words;
  explicit Strided(const Access& a)
      : base(a.base + std::int64_t{a.row0} * a.width * a.slices + a.slice0),
        pixels(std::int64_t{a.row1 - a.row0} * a.width),
        pitch(a.slices),
        words(a.slice1 - a.slice0) {}
};

bool overlap(const Strided& a, const Strided& b) {  // of equal pitch
  const std::int64_t distance = b.base - a.base;
  std::int64_t k = distance / a.pitch;
  if (k * a.pitch > distance) --k;
  for (const std::int64_t pixel : {k, k + 1}) {  // a's pixel p meets b's pixel p - `pixel`
    const std::int64_t word = distance - pixel * a.pitch;
    if (pixel > -b.pixels && pixel < a.pixels && word > -b.words && word < a.words) return true;
  }
  return false;
}

}  // namespace

bool overlap(const Access& a, const Access& b) {
  if (a.buffer != b.buffer || a.region != b.region || a.begin >= b.end || b.begin >= a.end) return false;
  if (!a.is_map || !b.is_map || a.slices != b.slices) return true;
  if (a.buffer != BufferId::act_binary) return overlap(Strided(a), Strided(b));
  if (a.base != b.base || a.width != b.width) return true;
  return a.row0 < b.row1 && b.row0 < a.row1 && a.slice0 < b.slice1 && b.slice0 < a.slice1;
}

std::vector<Access> accesses(const Instruction& i, const MachineParameters& p) {
  std::vector<Access> list;
  add_accesses(i, p, list);
  return list;
}

void add_accesses(const Instruction& i, const MachineParameters& p, std::vector<Access>& list) {
  Collector out(unit_of(i), p, list);
  std::visit([&](const auto& unit) { collect(unit, p, out); }, i);
  out.put_reads_first();
}

}  // namespace blendsim

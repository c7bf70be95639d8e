// SPDX-License-Identifier: Apache-2.0
// What a buffer takes, term by term as rtl/machine.sv, banked_buffer.sv, buffer.sv and memory.sv build it.
#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "estimate/formulas.h"
#include "estimate/module_resources.h"
#include "units/buffer/layout.h"
#include "units/post_unit/law.h"

namespace blendsim {
namespace {

std::int64_t bits_of(std::int64_t choices) { return std::bit_width(static_cast<std::uint64_t>(choices - 1)); }

// rtl/one_hot_multiplexer.sv, for each bit of a word: three ports a LUT, then two more a LUT.
std::int64_t one_hot_luts(std::int64_t ports) { return ports <= 3 ? 1 : 1 + one_hot_luts(ports - 2); }

// The parameters of rtl/buffer.sv, and how many of it stand side by side.
struct Shape {
  std::int64_t banks = 1, readers = 1, writers = 1, words = 1, slices = 1;
  std::int64_t regions = 1, depth = 0, width = 0;  // of a bank
  [[nodiscard]] std::int64_t ways() const { return std::int64_t{1} << bits_of(words); }
};

// act_fixed moves the words of the unit with most lanes; a group of post_unit's lanes may stretch over two of
// accumulators.
Shape shape_of(BufferId id, const MachineParameters& m) {
  Shape s;
  switch (id) {
    case BufferId::act_binary:
      s.banks = binary_banks, s.readers = 3, s.writers = 3;
      s.slices = m.xnor_array.cell_slices() * slice_parts(m.post_unit);  // what has a write enable
      break;
    case BufferId::act_fixed:
      s.banks = 4, s.readers = 4, s.writers = 3;
      s.words = std::max({m.mac_array.rows, m.post_unit.lanes, m.pool_unit.lanes}) / slice_channels;
      break;
    case BufferId::accumulators:
      s.readers = 2, s.writers = 2;
      s.words = m.xnor_array.rows % m.post_unit.lanes != 0 || m.mac_array.rows % m.post_unit.lanes != 0 ? 2 : 1;
      break;
    case BufferId::parameters: s.readers = 3; break;
    default: break;
  }
  const BufferParameters& b = m.buffer(id);
  s.regions = b.regions, s.depth = b.depth, s.width = b.width / s.banks;
  return s;
}

// For each bit the choice behind pieces of a block RAM is yosys's own: LUTs, some only on the way to MUXF7 to MUXF9.
std::int64_t piece_luts(std::int64_t pieces) {
  constexpr std::array<std::int64_t, 9> luts = {0, 0, 1, 1, 1, 4, 8, 3, 3};
  return pieces < static_cast<std::int64_t>(luts.size()) ? luts[static_cast<std::size_t>(pieces)] : 2 * pieces / 5;
}

// rtl/memory.sv: the array, the choice of a piece of it, the registers behind it.
Resources memory(const Shape& s, const BufferParameters& b) {
  const std::int64_t depth = ceil_divide(s.depth, s.ways());
  const std::string_view kind = memory_kinds[static_cast<std::size_t>(b.kind)];
  Resources r;
  r += delay_line(s.width, b.latency - 1);
  if (kind == "bram") {
    const BlockRam block = block_ram(s.width, depth, s.slices);
    r.bram36_halves = block.ramb18;
    r.lut += s.width * piece_luts(block.pieces) + (block.pieces > 1 ? block.pieces * s.slices : 0);
    r.ff += bits_of(block.pieces);
  } else if (kind == "uram") {
    const std::int64_t pieces = ceil_divide(depth, 4096);
    r.uram = uram288(s.width, depth);
    r.lut += s.width * multiplexer_luts(pieces) + (pieces > 1 ? pieces * (1 + s.slices) : ceil_divide(s.slices - 1, 5));
    r.ff += bits_of(pieces);
  } else {
    const std::int64_t pieces = ceil_divide(depth, 64);
    r.lut += lutram_luts(s.width, depth) + (pieces > 1 ? pieces * s.slices : 0);
    r.ff += s.width;
  }
  return r;
}

// Region by region the choice of a reader's and a writer's request.
std::int64_t request_luts(const Shape& s) {
  const std::int64_t place = bits_of(s.depth), ways = s.ways();
  std::int64_t luts = 0;
  if (s.readers > 1) luts += (place + 1) * one_hot_luts(s.readers);
  if (s.writers > 1) luts += (place + ways * (s.slices + s.width)) * one_hot_luts(s.writers);
  if (s.regions > 1) luts += s.readers + (s.writers > 1 ? s.writers : ways * s.slices);
  return s.regions * luts;
}

// Where a depth is no power of two: comparisons of each port's address with the regions' first, and a subtraction.
std::int64_t unaligned_luts(const Shape& s) {
  const std::int64_t borders = s.regions - 1;
  if (std::has_single_bit(static_cast<std::uint64_t>(s.depth)))
    return borders > 1 && s.regions != 4 && s.regions != 8 ? s.readers : 0;
  return borders * (2 * (s.readers + s.writers) + 8);
}

// Writers' words to their ways, readers' from their region and ways.
std::int64_t word_luts(const Shape& s) {
  const std::int64_t ways = s.ways();
  std::int64_t luts = s.readers * ways * s.width * multiplexer_luts(s.regions);
  if (ways > 1) {
    luts += s.writers * ways * (s.slices * multiplexer_luts(ways) + s.width * multiplexer_luts(s.words));
    luts += s.readers * s.words * s.width * multiplexer_luts(ways);
    // The way of each word of each port, and the next row for the ways below the first word's.
    luts += (ways - 1) * (s.readers + s.writers + 2 * s.regions);
  }
  return luts;
}

}  // namespace

Resources buffer_resources(BufferId id, const MachineParameters& machine) {
  const Shape s = shape_of(id, machine);
  const BufferParameters& b = machine.buffer(id);
  const Resources each = memory(s, b);
  const std::int64_t memories = s.banks * s.regions * s.ways();
  Resources r{memories * each.lut, memories * each.ff, 0, memories * each.bram36_halves, memories * each.uram};
  r.lut += s.banks * (request_luts(s) + unaligned_luts(s) + word_luts(s));
  r += delay_line(s.banks * s.readers * (bits_of(s.regions) + bits_of(s.ways())), b.latency);
  return r;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What a buffer takes, term by term as rtl/machine.sv, banked_buffer.sv, buffer.sv and memory.sv build it.
#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "estimate/buffer_shape.h"
#include "estimate/formulas.h"
#include "estimate/module_resources.h"

namespace blendsim {
namespace {

// rtl/one_hot_multiplexer.sv, for each bit of a word: three ports a LUT, then two more a LUT.
std::int64_t one_hot_luts(std::int64_t ports) { return ports <= 3 ? 1 : 1 + one_hot_luts(ports - 2); }

// For each bit the choice behind pieces of a block RAM is yosys's own: LUTs, some only on the way to MUXF7 to MUXF9.
std::int64_t piece_luts(std::int64_t pieces) {
  constexpr std::array<std::int64_t, 9> luts = {0, 0, 1, 1, 1, 4, 8, 3, 3};
  return pieces < static_cast<std::int64_t>(luts.size()) ? luts[static_cast<std::size_t>(pieces)] : 2 * pieces / 5;
}

// rtl/memory.sv: the array, the choice of a piece of it, the registers behind it.
Resources memory(const BufferShape& s, const BufferParameters& b) {
  const std::int64_t depth = ceil_divide(s.depth, s.ways());
  const std::string_view kind = memory_kinds[static_cast<std::size_t>(b.kind)];
  Resources r;
  r += delay_line(s.width, b.latency - 1);
  if (kind == "bram") {
    const BlockRam block = block_ram(s.width, depth, s.slices);
    r.bram36_halves = block.ramb18;
    r.lut += s.width * piece_luts(block.pieces) + (block.pieces > 1 ? block.pieces * s.slices : 0);
    r.ff += choice_bits(block.pieces);
  } else if (kind == "uram") {
    const std::int64_t pieces = ceil_divide(depth, 4096);
    r.uram = uram288(s.width, depth);
    r.lut += s.width * multiplexer_luts(pieces) + (pieces > 1 ? pieces * (1 + s.slices) : ceil_divide(s.slices - 1, 5));
    r.ff += choice_bits(pieces);
  } else {
    const std::int64_t pieces = ceil_divide(depth, 64);
    r.lut += lutram_luts(s.width, depth) + (pieces > 1 ? pieces * s.slices : 0);
    r.ff += s.width;
  }
  return r;
}

// Region by region the choice of a reader's and a writer's request.
std::int64_t request_luts(const BufferShape& s) {
  const std::int64_t place = choice_bits(s.depth), ways = s.ways();
  std::int64_t luts = 0;
  if (s.readers > 1) luts += (place + 1) * one_hot_luts(s.readers);
  if (s.writers > 1) luts += (place + ways * (s.slices + s.width)) * one_hot_luts(s.writers);
  if (s.regions > 1) luts += s.readers + (s.writers > 1 ? s.writers : ways * s.slices);
  return s.regions * luts;
}

// Where a depth is no power of two: comparisons of each port's address with the regions' first, and a subtraction.
std::int64_t unaligned_luts(const BufferShape& s) {
  const std::int64_t borders = s.regions - 1;
  if (std::has_single_bit(static_cast<std::uint64_t>(s.depth)))
    return borders > 1 && s.regions != 4 && s.regions != 8 ? s.readers : 0;
  return borders * (2 * (s.readers + s.writers) + 8);
}

// Writers' words to their ways, readers' from their region and ways.
std::int64_t word_luts(const BufferShape& s) {
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
  const BufferShape s = buffer_shape(id, machine);
  const BufferParameters& b = machine.buffer(id);
  const Resources each = memory(s, b);
  const std::int64_t memories = s.banks * s.regions * s.ways();
  Resources r{memories * each.lut, memories * each.ff, 0, memories * each.bram36_halves, memories * each.uram};
  r.lut += s.banks * (request_luts(s) + unaligned_luts(s) + word_luts(s));
  r += delay_line(s.banks * s.readers * (choice_bits(s.regions) + choice_bits(s.ways())), b.latency);
  return r;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "estimate/module_resources.h"

#include <algorithm>
#include <bit>

#include "estimate/formulas.h"
#include "platform/pipeline.h"
#include "units/buffer/layout.h"

namespace blendsim {
namespace {

constexpr std::int64_t entry_bits = 256;  // of a queue

std::int64_t power_of_two_above(std::int64_t n) { return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(n))); }

// rtl/beat_fifo.sv: block RAM from 65 entries on, LUT RAM below.
constexpr std::int64_t most_lutram_entries = 64;
Resources fifo_memory(std::int64_t width, std::int64_t entries) {
  const std::int64_t depth = std::max<std::int64_t>(2, power_of_two_above(entries));
  Resources r;
  if (entries > most_lutram_entries) r.bram36_halves = ramb18(width, depth);
  else r.lut = lutram_luts(width, depth);
  return r;
}

// Where a cell's slices are no power of two, the addresses that a beat reaches follow less regularly.
bool uneven_cells(const MachineParameters& m) { return !std::has_single_bit(static_cast<std::uint64_t>(m.xnor_array.cell_slices())); }

// Registers and start values; independent of the platform.
Resources control() { return {70, 390, 0, 0, 0}; }

// Words that a fetch brings are put together, held back in the FIFO and pass `decode` registers of an instruction word.
Resources dispatcher(const MachineParameters& m) {
  Resources r = fifo_memory(128, m.dispatcher.prefetch);
  const bool block = m.dispatcher.prefetch > most_lutram_entries;
  r.lut += 803;
  r.ff = 694 + 129 * m.dispatcher.decode + std::max<std::int64_t>(0, 128 - m.memory.port_width) - (block ? 118 : 0);
  return r;
}

// Head register, ring of LUT RAM, ten token counters, masks in flight, six accounts of 32 bits.
Resources queue_unit(const MachineParameters& m) {
  const DispatcherParameters& p = m.dispatcher;
  return {416 + 23 * p.token_bits + lutram_luts(entry_bits, p.queue_depth), 536 + 10 * p.token_bits + 10 * (p.token_latency - 1), 0, 0, 0};
}

// The widest buffer that the linear form fills: its word is put together in registers.
std::int64_t widest_linear_word(const MachineParameters& m) {
  std::int64_t widest = 0;
  for (const BufferId id : {BufferId::act_fixed, BufferId::weights_binary, BufferId::weights_fixed, BufferId::parameters, BufferId::instructions})
    widest = std::max(widest, m.buffer(id).width);
  return widest;
}

Resources load(const MachineParameters& m) {
  const std::int64_t port = m.memory.port_width;
  Resources r = fifo_memory(port + 1, m.load.outstanding * m.load.burst);
  r.lut += 2323 + 99 * port / 10 + (uneven_cells(m) ? 461 : 0);
  r.ff = 580 + widest_linear_word(m) * 10135 / 10000 + 2 * port;
  return r;
}

Resources store(const MachineParameters& m) {
  const std::int64_t port = m.memory.port_width, beat = port + port / 8 + 1;
  const std::int64_t entries = m.store.outstanding * m.store.burst;
  Resources r = fifo_memory(beat, entries);
  r.lut += 2465 - 36 * port / 100 + 438 * m.xnor_array.cell_slices() * port / 100;
  r.ff = 736 + 34 * m.xnor_array.cell_slices() + 44 * port / 10 - (entries > most_lutram_entries ? beat : 0);
  return r;
}

// The choice of nine cells out of 16 banks; a row's popcount, plane weight, accumulator; XNOR gates where no slice has them.
Resources xnor_array(const MachineParameters& m) {
  const XnorArrayParameters& p = m.xnor_array;
  const std::int64_t bits = p.words * dsp_word_bits;
  const bool in_dsp = p.implementation == 0;
  const LogicCost count = popcount(bits);
  Resources r;
  r.lut = 1356 + 308 * p.words + p.rows * (57 + 97 * count.lut / 100 + 213 * p.accumulator / 100 + (in_dsp ? 0 : bits));
  r.ff = 1053 + 117 * bits / 100 + p.rows * (99 * count.ff / 100 + 2 * p.accumulator + (in_dsp ? 0 : 297 * bits / 100));
  r.dsp = in_dsp ? p.rows * p.words : 0;
  return r;
}

// By cascades of a row: two- and three-input adders of its sums and its accumulator with the choice of a start word.
constexpr std::array<std::int64_t, 4> mac_row_lut = {98, 163, 208, 229};

Resources mac_array(const MachineParameters& m) {
  const MacArrayParameters& p = m.mac_array;
  const std::int64_t cascades = mac_cascades(p.columns);
  const std::int64_t products = p.columns > 1 ? p.products_per_dsp : 1;  // one column has nothing to share
  Resources r;
  r.dsp = ceil_divide(p.rows * p.columns, products);
  r.lut = 1153 + p.rows * (mac_row_lut[static_cast<std::size_t>(cascades - 1)] + (products == 2 ? 10 * cascades : 0));
  // The third and fourth slice of a cascade take their operands 1 and 2 cycles later; more than two cascades are summed first.
  std::int64_t later = 0;
  for (std::int64_t column = 0; column < p.columns; ++column) later += std::max<std::int64_t>(0, column % mac_cascade - 1);
  const std::int64_t tree = cascades == 4 ? 42 : cascades == 3 ? 22 : 0;
  r.ff = 659 + p.rows * (39 + 1767 * later / 100 + tree + (products == 2 ? 5 * cascades : 0));
  return r;
}

// Lanes of 32 bits with a multiplier each; the choice of a bank for each of nine cells; divisor / taps.
Resources pool_unit(const MachineParameters& m) {
  const std::int64_t groups = m.pool_unit.lanes / slice_channels, cells = m.xnor_array.cell_slices();
  return {2606 + 166 * cells + 4189 * groups, 2617 + 16 * cells + 1748 * groups, m.pool_unit.lanes, 0, 0};
}

// A lane: q1 and q2 multiply 32 bits in two slices each, activation and q3 in one each; four shifters and roundings, thresholds
// by comparator, records in LUT RAM. With more than one slice at once more records are in flight than 32 entries hold.
Resources post_unit(const MachineParameters& m) {
  const PostUnitParameters& p = m.post_unit;
  const std::int64_t groups = p.lanes / slice_channels;
  return {groups * ((groups > 1 ? 43383 : 33570) + 933 * p.comparators), groups * (18500 + 487 * p.comparators), 6 * p.lanes, 0, 0};
}

}  // namespace

Resources module_resources(Module module, const MachineParameters& machine) {
  switch (module) {
    case Module::control: return control();
    case Module::dispatcher: return dispatcher(machine);
    case Module::queue_unit: return queue_unit(machine);
    case Module::load: return load(machine);
    case Module::store: return store(machine);
    case Module::xnor_array: return xnor_array(machine);
    case Module::mac_array: return mac_array(machine);
    case Module::post_unit: return post_unit(machine);
    case Module::pool_unit: break;
  }
  return pool_unit(machine);
}

}  // namespace blendsim

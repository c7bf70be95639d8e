// SPDX-License-Identifier: Apache-2.0
#include "estimate/module_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/diagnostic.h"
#include "estimate/formulas.h"
#include "units/buffer/layout.h"
#include "units/instruction_word.h"
#include "units/mac_array/instruction.h"
#include "units/pipeline.h"
#include "units/pool_unit/instruction.h"

namespace blendsim {
namespace {

constexpr std::int64_t entry_bits = entry_bits_of<Units>;  // of a queue

std::int64_t latency(const MachineParameters& m, BufferId id) { return m.buffer(id).latency; }

// rtl/beat_fifo.sv: block RAM from 65 entries on, LUT RAM with a register behind it below; what is written where it is
// read, the front. The front's next bit is a choice by push, pop and count of three words: with an address of one or
// two bits that is a function of eight or nine signals, for which yosys takes the four or eight LUTs below a MUXF8 or
// MUXF9; with more, one LUT, and two where the count is so long that the choice comes late.
constexpr std::int64_t most_lutram_entries = 64;
Resources beat_fifo(std::int64_t width, std::int64_t entries) {
  const std::int64_t address = std::max<std::int64_t>(1, ceil_log2(entries)), depth = std::int64_t{1} << address;
  const std::int64_t choice = address == 1 ? 4 : address == 2 ? 8 : address < 12 ? 1 : 2;
  Resources r;
  r.lut = choice * width + 7 * address;
  r.ff = 2 * width + 3 * address + 2;
  if (entries > most_lutram_entries) {
    r.bram36_halves = ramb18(width, depth);
  } else {
    r.lut += lutram_luts(width, depth);
    r.ff += width;
  }
  return r;
}

// Registers and start values; independent of the platform.
Resources control() { return {70, 390, 0, 0, 0}; }

// Words that a fetch brings are put together, held back in the FIFO and pass `decode` registers of an instruction word;
// four counts of the FIFO's words.
Resources dispatcher(const MachineParameters& m) {
  const std::int64_t held = ceil_log2(m.dispatcher.prefetch + 1);
  Resources r = beat_fifo(word_bits, m.dispatcher.prefetch);
  r.lut += 578 + 5 * held + 3 * m.dispatcher.decode;
  r.ff += 262 + (word_bits + 1) * m.dispatcher.decode + 4 * held +
          std::max<std::int64_t>(0, word_bits - m.memory.port_width);
  return r;
}

// The ring behind a queue's head: LUT RAM of up to 64 entries each. The choice between two takes a LUT a bit where a
// start is known early (a link's tokens of four bits, its arrival and its wait are one LUT's inputs); else some bits
// are one with the choice of the head's next word, now all, now none. yosys spends more on the choice between many than
// rtl/multiplexer.sv does.
std::int64_t ring_luts(std::int64_t entries, std::int64_t token_bits) {
  const std::int64_t rams = ceil_divide(entries, most_lutram_entries);
  if (rams == 1) return lutram_luts(entry_bits, entries);
  const std::int64_t each = rams * lutram_luts(entry_bits, most_lutram_entries);
  if (rams == 2) return each + (token_bits <= 4 ? entry_bits : 3 * entry_bits / 8);
  return each + entry_bits * (rams <= 5 ? 1 : rams / 2);
}

// Head register and ring, ten token counters (of one bit: without an adder), masks in flight, six accounts of 32 bits.
Resources queue_unit(const MachineParameters& m) {
  const DispatcherParameters& p = m.dispatcher;
  const std::int64_t ring = std::max<std::int64_t>(1, p.queue_depth - 1);
  const std::int64_t counts = ceil_log2(p.queue_depth + 1) + 2 * std::max<std::int64_t>(1, ceil_log2(ring));
  Resources r;
  r.lut = 408 + 25 * p.token_bits - (p.token_bits == 1 ? 20 : 0) + ring_luts(ring, p.token_bits);
  r.ff = 523 + counts + 10 * p.token_bits + 10 * (p.token_latency - 1);
  return r;
}

// Bus words of the widest buffer that the linear form fills: all but the last are held in registers.
std::int64_t longest_linear_word(const MachineParameters& m) {
  std::int64_t longest = 0;
  for (const BufferId id : {BufferId::act_fixed, BufferId::weights_binary, BufferId::weights_fixed,
                            BufferId::parameters, BufferId::instructions})
    longest = std::max(longest, ceil_divide(m.buffer(id).width, m.memory.port_width));
  return longest;
}

// rtl/burst_walker.sv and transfer_setup.sv, the same in both directions.
Resources transfer_front(const MachineParameters& m) {
  return {1070, 242 - 2 * ceil_log2(m.memory.port_width / 8), 0, 0, 0};
}

// What stands between bus words and cells holds two cells and a bus word, in slices.
struct Gear {
  std::int64_t cell, beat;
  explicit Gear(const MachineParameters& m)
      : cell(m.xnor_array.cell_slices()), beat(m.memory.port_width / slice_channels) {}
  [[nodiscard]] std::int64_t slices() const { return 2 * cell + beat; }
  [[nodiscard]] std::int64_t bits() const { return slice_channels * slices(); }
};

// Instructions in flight lie in LUT RAM, a word's bus words in registers, each with its enable. Each bit of a bus word
// enters the gear at one of cell / gcd(cell, bus word) places.
Resources load(const MachineParameters& m) {
  constexpr std::int64_t descriptor_bits = 155;  // with the address of the first row
  const std::int64_t port = m.memory.port_width, held = longest_linear_word(m) - 1,
                     slots = ceil_log2(m.load.outstanding + 1);
  const Gear gear(m);
  const std::int64_t places = gear.cell / std::gcd(gear.cell, gear.beat);
  Resources r = beat_fifo(port + 1, m.load.outstanding * m.load.burst);
  r += transfer_front(m);
  r.lut += 1074 + lutram_luts(descriptor_bits, std::int64_t{1} << slots) + 241 * held / 100 +
           port * (680 + 122 * places) / 100;
  r.ff += 302 + 4 * slots + held * port + gear.bits();
  return r;
}

// A cell is chosen out of 16 banks and enters the gear, with a bit beside each slice that tells whether it counts, at
// any slice of a cell. Beats, requests and responses wait in FIFOs of their own; what is read takes its controls along,
// as long as the read.
Resources store(const MachineParameters& m) {
  constexpr std::int64_t request_bits = 50;
  const std::int64_t port = m.memory.port_width, outstanding = m.store.outstanding,
                     entries = outstanding * m.store.burst;
  const Gear gear(m);
  const std::int64_t cell_controls = 11 + ceil_log2(gear.slices() + 1);
  const std::int64_t word_controls = 4 + std::max<std::int64_t>(1, ceil_log2(word_bits / port));
  Resources r = beat_fifo(port + port / 8 + 1, entries);
  for (const Resources& part : {beat_fifo(request_bits, outstanding), beat_fifo(1, outstanding), transfer_front(m)})
    r += part;
  r.lut += 655 + 172 * gear.cell + gear.bits() * (300 + 129 * ceil_log2(gear.cell)) / 100;
  r.ff += 251 + gear.bits() + gear.slices() + 2 * ceil_log2(outstanding + 1) + ceil_log2(entries + 1);
  r.ff += cell_controls * latency(m, BufferId::act_binary) + word_controls * latency(m, BufferId::act_fixed);
  return r;
}

// The choice of nine cells out of 16 banks; a row's popcount, plane weight, accumulator; XNOR gates where no slice has
// them. A deeper pipeline waits where a step is addresses alone.
Resources xnor_array(const MachineParameters& m) {
  const XnorArrayParameters& p = m.xnor_array;
  const std::int64_t bits = p.words * dsp_word_bits;
  const bool in_dsp = p.implementation == 0;
  const LogicCost count = popcount(bits);
  Resources r;
  r.lut = 2235 + 253 * p.words + p.rows * (count.lut + 285 * p.accumulator / 100 + (in_dsp ? 0 : bits));
  r.ff = 1050 + bits + p.rows * (99 * count.ff / 100 + 2 * p.accumulator + (in_dsp ? 0 : 3 * bits));
  r.dsp = in_dsp ? p.rows * p.words : 0;
  const BufferParameters& maps = m.buffer(BufferId::act_binary);
  const std::int64_t request_bits = 57 + 3 * ceil_log2(maps.regions * maps.depth);
  r += delay_line(request_bits, p.depth - least_depth(p, maps.latency, latency(m, BufferId::weights_binary)));
  return r;
}

// One or two rows of rtl/mac_lanes.sv: operands wait for their slice of the cascade, a shorter cascade waits for the
// longest, two results are taken apart, three-input adders sum the cascades and the accumulator.
Resources mac_lanes(const MacArrayParameters& p, std::int64_t results) {
  constexpr std::int64_t operand_bits = 9, weight_bits = 8, sum_bits = 20, tree_bits = sum_bits + 2;
  const std::int64_t cascades = mac_cascades(p.columns), longest = std::min(p.columns, mac_cascade);
  const bool packed = results > 1;
  Resources r;
  for (std::int64_t first = 0; first < p.columns; first += mac_cascade) {
    const std::int64_t length = std::min(p.columns - first, mac_cascade);
    for (std::int64_t n = 0; n < length; ++n) {
      const std::int64_t wait = std::max<std::int64_t>(0, n - 1);  // what the slice's own registers do not hold
      r += delay_line(operand_bits + weight_bits, packed ? n : wait);
      if (packed) r += delay_line(weight_bits, wait);
    }
    if (packed) r += LogicCost{1, results * (sum_bits - 1)};
    r += delay_line(results * sum_bits, longest - length);
  }
  r.lut += results * p.accumulator * (cascades > 1 ? 3 : 2);
  r.ff += results * p.accumulator;
  if (cascades > 2)
    r += LogicCost{results * (2 * tree_bits - 1), results * (cascades > 3 ? tree_bits + sum_bits : tree_bits)};
  return r;
}

// Loops and addresses, the choice of a lane for each column, operands and weights of the rows; more than one cascade or
// result makes that choice arrive late, and yosys spends LUTs to hasten it. A deeper pipeline waits where a step is a
// few bits beside its instruction.
Resources mac_array(const MachineParameters& m) {
  constexpr std::int64_t step_bits = 17, operand_bits = 9;
  const MacArrayParameters& p = m.mac_array;
  const std::int64_t results = p.columns > 1 ? p.products_per_dsp : 1;  // one column has nothing to share
  const bool early = mac_cascades(p.columns) == 1 && results == 1;
  const Resources lanes = mac_lanes(p, results);
  const std::int64_t groups = p.rows / results;
  Resources r{groups * lanes.lut, groups * lanes.ff, p.rows * p.columns / results, 0, 0};
  r.lut += 1535 + (early ? 283 + 28 * p.rows : 49 * p.columns + 52 * p.rows - 50 + (results > 1 ? 40 : 0));
  r.ff += 1098 + operand_bits * (p.columns - results + p.rows);
  const std::int64_t least = least_depth(p, latency(m, BufferId::act_fixed), latency(m, BufferId::weights_fixed),
                                         latency(m, BufferId::parameters));
  r += delay_line(instruction_bits_of<Units, units::MacArray> + step_bits, p.depth - least);
  return r;
}

// A slice a lane adds up its sum; maxima, and words of results, which wait by width. Banks' addresses and the choice of
// a window's cells; taps of a window, and divisor / taps. Waits as mac_array.
Resources pool_unit(const MachineParameters& m) {
  constexpr std::int64_t step_bits = 21;
  const std::int64_t groups = m.pool_unit.lanes / slice_channels, cells = m.xnor_array.cell_slices();
  Resources r{1735 + 178 * cells + 1215 * groups, 1680 + 16 * cells + 1995 * groups, m.pool_unit.lanes, 0, 0};
  const std::int64_t least =
      least_depth(m.pool_unit, std::max(latency(m, BufferId::act_binary), latency(m, BufferId::act_fixed)));
  r += delay_line(instruction_bits_of<Units, units::PoolUnit> + step_bits, m.pool_unit.depth - least);
  return r;
}

// A lane: four shifters and saturations as wide as its values, three records in LUT RAM, comparisons of operands, the
// choice of operands; the front, addresses and results are shared. More than one slice at once keeps more records under
// way, above all of thresholds. Widths beyond the default's come in by what each bit of them takes.
Resources post_unit(const MachineParameters& m) {
  const PostUnitParameters& p = m.post_unit;
  const std::int64_t wider = p.operand - 24, more = p.value - 16;
  const std::int64_t finer = p.shift_step == 4 ? 0 : p.shift_step == 2 ? 316 : 1116;
  const std::int64_t levels_a_word = m.buffer(BufferId::parameters).width / slice_channels / 32;
  const std::int64_t under_way = p.lanes > slice_channels ? 240 + (levels_a_word > p.comparators ? 150 : 0) : 0;
  const std::int64_t lane = 767 + 15 * wider + 24 * more + finer + under_way;
  // Half a slice: its choice among the halves of accumulators (48 a lane) and of a record's words (32), and what 16
  // lanes share on fewer.
  const bool half = slice_parts(p) > 1;
  return {1290 + (half ? 380 + 80 * p.lanes : 0) + p.lanes * lane + p.lanes * 38 * p.comparators,
          800 + (half ? 460 : 0) + p.lanes * (1420 + 20 * wider + 40 * more) + p.lanes * 25 * p.comparators,
          2 * p.lanes * ((p.operand > slice_narrow_bits ? 2 : 1) + (p.value + 1 > slice_narrow_bits ? 2 : 1)), 0, 0};
}

}  // namespace

namespace units {

Resources Load::resources(const MachineParameters& machine) { return blendsim::load(machine); }
Resources Store::resources(const MachineParameters& machine) { return blendsim::store(machine); }
Resources XnorArray::resources(const MachineParameters& machine) { return blendsim::xnor_array(machine); }
Resources MacArray::resources(const MachineParameters& machine) { return blendsim::mac_array(machine); }
Resources PostUnit::resources(const MachineParameters& machine) { return blendsim::post_unit(machine); }
Resources PoolUnit::resources(const MachineParameters& machine) { return blendsim::pool_unit(machine); }

}  // namespace units

Resources module_resources(std::string_view module, const MachineParameters& machine) {
  if (module == "control") return control();
  if (module == "dispatcher") return dispatcher(machine);
  if (module == "queue_unit") return queue_unit(machine);
  for (const UnitId unit : all_units) {
    if (module == name(unit)) return with_unit(unit, [&]<class U>() { return U::resources(machine); });
  }
  throw InvariantError("resources", fmt::format("there is no module {}", module));
}

}  // namespace blendsim

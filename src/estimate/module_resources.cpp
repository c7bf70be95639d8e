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

// rtl/beat_fifo.sv: LUT RAM up to 64 entries, whose read port is the front; else block RAM with the front and what is
// written where it is read in registers, and a choice of three words.
constexpr std::int64_t most_lutram_entries = 64;
Resources beat_fifo(std::int64_t width, std::int64_t entries) {
  const std::int64_t address = std::max<std::int64_t>(1, ceil_log2(entries)), depth = std::int64_t{1} << address;
  if (entries <= most_lutram_entries) return {lutram_luts(width, depth) + 5 * address + 2, 3 * address + 1, 0, 0, 0};
  return {width + 7 * address + 6, 2 * width + 3 * address + 2, 0, ramb18(width, depth), 0};
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
  if (rams == 2) return each + (token_bits <= 4 ? entry_bits : 0);
  return each + entry_bits * (rams <= 5 ? 1 : rams / 2);
}

// Head register and ring, eight token counters (of one bit: without an adder), masks in flight, six accounts of 32
// bits.
Resources queue_unit(const MachineParameters& m) {
  const DispatcherParameters& p = m.dispatcher;
  const std::int64_t ring = std::max<std::int64_t>(1, p.queue_depth - 1);
  const std::int64_t counts = ceil_log2(p.queue_depth + 1) + 2 * std::max<std::int64_t>(1, ceil_log2(ring));
  Resources r;
  r.lut = 393 + 21 * p.token_bits - (p.token_bits == 1 ? 20 : 0) + ring_luts(ring, p.token_bits);
  r.ff = 521 + counts + 8 * p.token_bits + 8 * (p.token_latency - 1);
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

// What stands between bus words and cells, in slices of 16 channels. Where a bus word is whole cells, they leave it as
// they came; else a cell enters at any slice, and as much as a cell and a bus word without one step waits.
struct Gear {
  std::int64_t cell, beat, step, held;
  explicit Gear(const MachineParameters& m)
      : cell(m.xnor_array.cell_slices()),
        beat(m.memory.port_width / slice_channels),
        step(std::gcd(cell, beat)),
        held(whole() ? beat - cell : cell + beat - step) {}
  [[nodiscard]] bool whole() const { return beat % cell == 0; }
};

// Burst walker and rows' addresses; instructions in flight lie in LUT RAM, a word's bus words in registers, each with
// its enable. A slice enters the gear at, or leaves it from, one of as many places as the longer of both has steps.
Resources load(const MachineParameters& m) {
  constexpr std::int64_t descriptor_bits = 155;  // with the address of the first row
  const std::int64_t port = m.memory.port_width, slots = ceil_log2(m.load.outstanding + 1);
  const Gear gear(m);
  Resources r = beat_fifo(port + 1, m.load.outstanding * m.load.burst);
  r.lut += 1586 + lutram_luts(descriptor_bits, std::int64_t{1} << slots) + 58 * gear.cell;
  if (!gear.whole()) r.lut += 3 * slice_channels * gear.held * ceil_log2(std::max(gear.cell, gear.beat) / gear.step);
  r.ff += 442 + (longest_linear_word(m) - 1) * port + (gear.whole() ? 0 : 141 * slice_channels * gear.held / 100);
  return r;
}

// A cell is chosen out of 16 banks and enters the gear. Beats, requests and responses wait in FIFOs of their own; what
// is read takes its controls along, as long as the read.
Resources store(const MachineParameters& m) {
  constexpr std::int64_t request_bits = 50, read_cycles = 4;  // of both maps together, in what was counted
  const std::int64_t port = m.memory.port_width, outstanding = m.store.outstanding;
  const Gear gear(m);
  Resources r = beat_fifo(port + port / 8 + 1, outstanding * m.store.burst);
  for (const Resources& part : {beat_fifo(request_bits, outstanding), beat_fifo(1, outstanding)}) r += part;
  const bool power_of_two = (gear.cell & (gear.cell - 1)) == 0;
  r.lut += 1225 + 134 * gear.cell + (gear.whole() ? 18 : 45) * gear.held + (power_of_two ? 0 : 79);
  r.ff += 518 + slice_channels * gear.held +
          10 * (latency(m, BufferId::act_binary) + latency(m, BufferId::act_fixed) - read_cycles);
  return r;
}

// The choice of nine cells out of 16 banks; a row's popcount, plane weight, accumulator; XNOR gates where no slice has
// them. A deeper pipeline waits where a step is addresses alone.
Resources xnor_array(const MachineParameters& m) {
  const XnorArrayParameters& p = m.xnor_array;
  const std::int64_t bits = p.words * dsp_word_bits;
  const LogicCost count = popcount(bits);
  Resources r;
  r.lut = 401 + 320 * p.words + p.rows * (78 + 97 * count.lut / 100 + 149 * p.accumulator / 100);
  r.ff = 1077 + 57 * bits / 100 + p.rows * (101 * count.ff / 100 + 193 * p.accumulator / 100);
  switch (p.gates()) {
    case XnorImplementation::dsp: r.dsp = p.rows * p.words; break;
    case XnorImplementation::lut: r.lut += p.rows * bits, r.ff += p.rows * bits; break;
    case XnorImplementation::fused: r.lut += p.rows * bits / 2; break;  // a LUT for two pairs
  }
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
  const std::int64_t finer = p.shift_step == 4 ? 0 : p.shift_step == 2 ? 173 : 1116;
  const std::int64_t levels_a_word = m.buffer(BufferId::parameters).width / slice_channels / 32;
  const std::int64_t under_way = p.lanes > slice_channels ? 240 + (levels_a_word > p.comparators ? 150 : 0) : 0;
  const std::int64_t lane = 767 + 15 * wider + 24 * more + finer + under_way;
  // Half a slice: its choice among the halves of accumulators (48 a lane) and of a record's words (32), and what 16
  // lanes share on fewer.
  const bool half = slice_parts(p) > 1;
  Resources r{1290 + (half ? 380 + 80 * p.lanes : 0) + p.lanes * lane + p.lanes * 38 * p.comparators,
              800 + (half ? 460 : 0) + p.lanes * (1420 + 20 * wider + 40 * more) + p.lanes * 25 * p.comparators,
              2 * p.lanes * ((p.operand > slice_narrow_bits ? 2 : 1) + (p.value + 1 > slice_narrow_bits ? 2 : 1)), 0,
              0};
  // A lane's table, 5 RAM32M16 and a choice of 8; its rows: one of 8 out of a word, and the way down the pipeline.
  if (p.table != 0) r += LogicCost{440 + 64 * p.lanes, 140 + 70 * slices_at_once(p)};
  // Products: a bit of each instruction, and of each lane a register for the second factor.
  if (p.product != 0) r += LogicCost{20, product_bits(p) * p.lanes};
  return r;
}

// Two turns of a word of 16 bytes, two levels of four-to-one choices each, around 16 RAMs of LUTs, 32 rows of a byte;
// pointers by the bits of an address; what goes along with a step waits in shift registers, its four valid bits in
// registers. A deeper pipeline waits before the address.
Resources transpose_unit(const MachineParameters& m) {
  if (m.transpose_unit.lanes == 0) return {};
  constexpr std::int64_t place_bits = 5, valid_bits = 4;
  const BufferParameters& maps = m.buffer(BufferId::act_fixed);
  const std::int64_t address = ceil_log2(maps.regions * maps.depth);
  const std::int64_t wait = m.transpose_unit.depth - least_depth(m.transpose_unit, maps.latency);
  Resources r{747 + 9 * address, 685 + 6 * address + 3 * maps.latency + valid_bits * wait, 0, 0, 0};
  r += delay_line(place_bits + 2 * address, wait);
  return r;
}

}  // namespace

namespace units {

Resources Load::resources(const MachineParameters& machine) { return blendsim::load(machine); }
Resources Store::resources(const MachineParameters& machine) { return blendsim::store(machine); }
Resources XnorArray::resources(const MachineParameters& machine) { return blendsim::xnor_array(machine); }
Resources MacArray::resources(const MachineParameters& machine) { return blendsim::mac_array(machine); }
Resources PostUnit::resources(const MachineParameters& machine) { return blendsim::post_unit(machine); }
Resources PoolUnit::resources(const MachineParameters& machine) { return blendsim::pool_unit(machine); }
Resources TransposeUnit::resources(const MachineParameters& machine) { return blendsim::transpose_unit(machine); }

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

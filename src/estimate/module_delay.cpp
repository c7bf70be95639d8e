// SPDX-License-Identifier: Apache-2.0
#include "estimate/module_delay.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/diagnostic.h"
#include "estimate/buffer_shape.h"
#include "estimate/formulas.h"
#include "estimate/module_resources.h"
#include "units/instruction_word.h"
#include "units/pipeline.h"

namespace blendsim {
namespace {

// Of scripts/longest_path.py, which has the sources.
constexpr std::int64_t launch_ps = 96, lut_ps = 125, mux_ps = 80, carry_ps = 200, carry_on_ps = 25, carry_out_ps = 120,
                       memory_launch_ps = 1000, memory_setup_ps = 226;

// Nothing of it depends on the platform: the count of images that wait, up or down.
LongestPath control_path() { return {"port done", "outstanding", 3, 956, {}}; }

// Words left of a program, less those that a fetch brings, decide on the next fetch; the FIFO's counts are of
// `prefetch`.
LongestPath dispatcher_path(const MachineParameters& m) {
  const std::int64_t count_bits = ceil_log2(m.dispatcher.prefetch + 1);
  return {"words_left", "words_left", 8, 2021 + carry_on_ps * ceil_divide(count_bits, 4), {"dispatcher.prefetch"}};
}

// The ring's count, and whether an instruction's tokens have come, decide what is written to its RAMs.
LongestPath queue_path(const MachineParameters& m) {
  const std::int64_t entries = m.dispatcher.queue_depth;
  const std::int64_t multiplexers = entries <= 16 ? 0 : entries <= 64 ? 2 : 3;
  return {"count", "ring", 4, 856 + mux_ps * multiplexers, {"dispatcher.queue_depth"}};
}

// Levels of rtl/one_hot_multiplexer.sv: three ports, then two more a level.
std::int64_t one_hot_levels(std::int64_t ports) {
  return ports == 1 ? 0 : ports <= 3 ? 1 : 1 + one_hot_levels(ports - 2);
}

// Levels of rtl/multiplexer.sv: four words a level.
std::int64_t choice_levels(std::int64_t words) { return words <= 1 ? 0 : 1 + choice_levels(ceil_divide(words, 4)); }

LongestPath longer(const LongestPath& a, const LongestPath& b) {
  const auto period = [](const LongestPath& p) { return p.logic_ps + (p.levels + 1) * routing_per_net_ps; };
  return period(a) >= period(b) ? a : b;
}

constexpr std::array<std::string_view, buffer_count> depth_keys = {
    "buffers.act_binary.depth",    "buffers.act_fixed.depth",    "buffers.weights_binary.depth",
    "buffers.weights_fixed.depth", "buffers.accumulators.depth", "buffers.parameters.depth",
    "buffers.instructions.depth"};

// Where a depth is no power of two a region is found by comparison and its row by subtraction, in chains of the place's
// bits.
std::int64_t unaligned_ps(std::int64_t depth) {
  return choice_bits(depth) > 8 ? 3 * mux_ps + carry_ps + carry_out_ps : 2 * mux_ps + carry_ps;
}

}  // namespace

LongestPath buffer_path(BufferId id, const MachineParameters& machine) {
  const BufferShape s = buffer_shape(id, machine);
  const BufferParameters& b = machine.buffer(id);
  const std::int64_t depth = ceil_divide(s.depth, s.ways());
  const bool lutram = memory_kinds[static_cast<std::size_t>(b.kind)] == "lutram";
  const std::int64_t pieces = lutram ? ceil_divide(depth, 64)
                              : memory_kinds[static_cast<std::size_t>(b.kind)] == "uram"
                                  ? ceil_divide(depth, 4096)
                                  : block_ram(s.width, depth, s.slices).pieces;
  const std::vector<std::string_view> shorter = {depth_keys[static_cast<std::size_t>(id)]};
  // A port's address finds its region, and the region its port. A RAM of LUTs is read on the way, and the choice of a
  // piece of it follows.
  const bool several = s.regions > 1, unaligned = several && !std::has_single_bit(static_cast<std::uint64_t>(s.depth));
  const std::int64_t request = (several ? 1 : 0) + one_hot_levels(std::max(s.readers, s.writers)) + (unaligned ? 1 : 0);
  const std::int64_t read = lutram ? 1 + choice_levels(pieces) : 0;
  const LongestPath in{
      "port address", "memory", request + read,
      launch_ps + lut_ps * (request + read) + (unaligned ? unaligned_ps(s.depth) : 0) + (lutram ? 0 : memory_setup_ps),
      shorter};
  // Out of a block RAM through the choice of a piece, of more than four with MUXF7 and MUXF8, to a register; with one
  // cycle of latency through that of region and way to the port.
  const std::int64_t word = lutram || pieces == 1 ? 0 : 1;
  const std::int64_t reader = b.latency == 1 ? choice_levels(s.regions) + choice_levels(s.ways()) : 0;
  const LongestPath out{
      "memory", "port data", word + reader,
      (lutram ? launch_ps : memory_launch_ps) + lut_ps * (word + reader) + (word > 0 && pieces > 4 ? 2 * mux_ps : 0),
      shorter};
  return longer(in, out);
}

namespace units {

// What a burst's next bus word belongs to is read out of the instructions in flight; whether it completes a cell, and
// where that lies, is known in the same cycle.
LongestPath Load::longest_path(const MachineParameters& m) {
  const std::int64_t cells = ceil_log2(m.xnor_array.cell_slices());  // of a cell, slices that a bus word may complete
  return {"descriptors", "port act_binary_write", 9, 2346 + mux_ps * cells / 2, {"xnor_array.words"}};
}

// Rows and bytes left of the walk decide what the gear takes next.
LongestPath Store::longest_path(const MachineParameters&) { return {"walker.at", "made", 10, 2306, {}}; }

// Where the window's first row lies: a product of the map's pitch, added to its base.
LongestPath XnorArray::longest_path(const MachineParameters&) {
  return {"pointers.of_row.a", "pointers.first_row", 8, 2776, {}};
}

// The loops' ends, one of the next, decide which line of the window begins.
LongestPath MacArray::longest_path(const MachineParameters&) { return {"control.i4", "start_line.in", 7, 1861, {}}; }

// A destination's slice is divided by the slices of a cell: where these are no power of two, digit by digit, a
// comparison and a difference for each of nine. Else the choice of a pointer's words is the longest, of the results' or
// of an operand's.
LongestPath PostUnit::longest_path(const MachineParameters& m) {
  const std::int64_t divisor = m.xnor_array.cell_slices();
  if (divisor == 1) return {"line", "results.fixed_pointer.choice.words", 7, 2010, {}};
  if (std::has_single_bit(static_cast<std::uint64_t>(divisor)))
    return {"line", "operands.b_pointer.choice.words", 8, 1534, {}};
  return {"first_cell", "first_place_later", 13, 3071, {}};
}

// The product of two inverses of 14 bits (rtl/pool_factor.sv), a carry chain for every two of them.
LongestPath PoolUnit::longest_path(const MachineParameters&) {
  return {"control.exact.inverse_rows", "control.exact.inverse2", 8, 2976, {}};
}

// Whether a step's pixel is one of the map's follows from what is left of the slice; a deeper pipeline has a register
// there.
LongestPath TransposeUnit::longest_path(const MachineParameters& m) {
  if (m.transpose_unit.depth > least_depth(m)) return {"control.blocks_left", "control.in_slice", 2, 629, {}};
  return {"control.blocks_left", "filler", 3, 781, {}};
}

}  // namespace units

std::vector<std::string_view> delayed_modules(const MachineParameters& machine) {
  std::vector<std::string_view> modules(common_modules.begin(), common_modules.end());
  for (const UnitId unit : all_units) {
    if (has_unit(unit, machine)) modules.push_back(name(unit));
  }
  return modules;
}

LongestPath module_path(std::string_view module, const MachineParameters& machine) {
  if (module == "control") return control_path();
  if (module == "dispatcher") return dispatcher_path(machine);
  if (module == "queue_unit") return queue_path(machine);
  for (const UnitId unit : all_units) {
    if (module == name(unit)) return with_unit(unit, [&]<class U>() { return U::longest_path(machine); });
  }
  throw InvariantError("delays", fmt::format("there is no module {}", module));
}

}  // namespace blendsim

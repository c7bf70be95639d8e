// SPDX-License-Identifier: Apache-2.0
// Resources of every unit from its parameters. DSP, BRAM and URAM follow from structure. LUT and FF are closed forms where
// leaves were measured (hardware notes: popcount, accumulator W LUT + W FF, comparison 22 LUT at 32 bit) and our own count of
// the design's registers and multiplexers elsewhere; docs/platforms.md repeats the assumptions for readers.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "estimate/estimate.h"
#include "estimate/formulas.h"
#include "platform/pipeline.h"
#include "units/buffer/layout.h"

namespace blendsim {
namespace {

// A unit's sequencer: loop counters, address adders, instruction registers. Own estimate.
constexpr std::int64_t sequencer_lut = 350;
constexpr std::int64_t sequencer_ff = 650;

Resources& operator+=(Resources& a, const Resources& b) {
  a.lut += b.lut;
  a.ff += b.ff;
  a.dsp += b.dsp;
  a.bram36_halves += b.bram36_halves;
  a.uram += b.uram;
  return a;
}

// Reads a 3x3 window out of 16 banks: the banks' address adders and two levels of 4:1 multiplexers over all banks' bits.
Resources window_reader(std::int64_t cell_slices) {
  const std::int64_t bits = binary_banks * slice_channels * cell_slices;
  Resources r;
  r.lut = 2 * bits + binary_banks * 28;
  r.ff = 2 * bits + binary_banks * 14;
  return r;
}

Resources xnor_array(const XnorArrayParameters& p) {
  const std::int64_t bits = p.words * dsp_word_bits;
  const bool in_dsp = p.implementation == 0;
  const LogicCost count = popcount(bits);
  Resources r = window_reader(p.cell_slices());
  // A row: popcount, plane shift and sign (two LUT a bit), accumulator, output register; XNOR in LUTs costs one a bit.
  r.lut += p.rows * (count.lut + 3 * p.accumulator + (in_dsp ? 0 : bits)) + sequencer_lut;
  r.ff += p.rows * (count.ff + 2 * p.accumulator + (in_dsp ? 0 : bits)) + sequencer_ff;
  r.dsp = in_dsp ? p.rows * p.words : 0;
  return r;
}

Resources mac_array(const MacArrayParameters& p) {
  const std::int64_t cascades = mac_cascades(p.columns);
  constexpr std::int64_t cascade_sum = 20;  // bits of a cascade's sum of 8 x 8 bit products
  Resources r;
  const std::int64_t products = p.columns > 1 ? p.products_per_dsp : 1;  // one column has nothing to share
  r.dsp = ceil_divide(p.rows * p.columns, products);
  // A row: the tree over its cascades, the accumulator, the choice of its own lane when depthwise; a packed cascade's upper
  // product takes back the lower one's sign (18 LUT).
  const std::int64_t unpack = products == 2 ? cascades * 18 : 0;
  r.lut = p.rows * ((cascades - 1) * cascade_sum + p.accumulator + p.activation_bits + unpack) + sequencer_lut;
  // Operands of the third and fourth slice of a cascade wait 1 and 2 cycles longer than its input registers can hold them.
  r.ff = p.rows * ((cascades - 1) * cascade_sum + 2 * p.accumulator + cascades * 3 * p.weight_bits) + cascades * 3 * p.activation_bits + sequencer_ff;
  return r;
}

Resources post_unit(const PostUnitParameters& p, const Device& device) {
  // q1, q2, q3 and the activation each have their multiplier: an element a cycle leaves no time to share one. M rides on the
  // wide port, the operand on the narrow one; wider pairs take the lanes' DSP twice.
  constexpr std::int64_t multipliers = 4;
  const std::int64_t slices_each = p.multiplier <= device.multiplier_a ? 1 : 2;
  // After each: a 48-bit shifter of three 4:1 levels, rounding, saturation.
  constexpr std::int64_t shift_lut = 3 * 48 + 40 + 32;
  constexpr std::int64_t shift_ff = 3 * 48 + 2 * 32;
  // Parameters of the element in hand and of the next lane group: M, B, s three times and slope, s; thresholds in LUT RAM.
  constexpr std::int64_t parameter_ff = 2 * (3 * (32 + 48 + 6) + 32 + 6);
  const std::int64_t threshold_lut = p.comparators * (lutram_luts(32, 32) + 22);
  constexpr std::int64_t operand_lut = 64 + 32 + 40;  // source choice of both operands, join, packing
  constexpr std::int64_t operand_ff = 200;
  Resources r;
  r.dsp = p.lanes * multipliers * slices_each;
  r.lut = p.lanes * (multipliers * shift_lut + threshold_lut + operand_lut) + sequencer_lut;
  r.ff = p.lanes * (multipliers * shift_ff + parameter_ff + operand_ff) + sequencer_ff;
  return r;
}

Resources pool_unit(const PoolUnitParameters& p, std::int64_t cell_slices) {
  Resources r = window_reader(cell_slices);
  // A lane: 32-bit add or maximum, its register, the OR of a binary window; one slice multiplies by divisor / taps.
  r.lut += p.lanes * (96 + 3) + sequencer_lut;
  r.ff += p.lanes * 96 + sequencer_ff;
  r.dsp = p.lanes;
  return r;
}

// An AXI engine with its alignment; own estimate, between published small AXI masters.
Resources transfer(const TransferParameters& p, const MemoryParameters& memory, bool stores) {
  Resources r;
  r.lut = 1000 + 40 * p.outstanding + 2 * memory.port_width;
  r.ff = 1300 + 60 * p.outstanding + 3 * memory.port_width;
  // A store gathers its bursts before it asks; a load's stem form gathers four pixels.
  r.lut += stores ? lutram_luts(memory.port_width, 2 * p.burst) : 300;
  return r;
}

Resources dispatcher(const DispatcherParameters& p) {
  constexpr std::int64_t entry_bits = 256;
  constexpr std::int64_t links = unit_count * (unit_count - 1) * 2;
  Resources r;
  r.lut = unit_count * lutram_luts(entry_bits, p.queue_depth) + lutram_luts(128, p.prefetch) + links * (p.token_bits + 4) + 400;
  r.ff = unit_count * entry_bits + links * p.token_bits + 600;
  return r;
}

Resources buffer(BufferId id, const BufferParameters& b) {
  const std::int64_t banks = id == BufferId::act_binary ? binary_banks : 1;
  const std::int64_t memories = b.regions * banks;
  const std::int64_t width = b.width / banks;
  const std::string_view kind = memory_kinds[static_cast<std::size_t>(b.kind)];
  Resources r;
  r.lut = 20 * b.regions;  // write enables and region select
  if (kind == "bram") r.bram36_halves = memories * ramb18(width, b.depth);
  if (kind == "uram") r.uram = memories * uram288(width, b.depth);
  if (kind == "lutram") {
    r.lut += memories * lutram_luts(width, b.depth);
    r.ff += memories * width * b.latency;
  }
  return r;
}

std::string thousands(std::int64_t value) {
  if (value < 1000) return fmt::format("{}", value);
  return fmt::format("{},{:03}", thousands(value / 1000), value % 1000);
}

// `used` and `available` in the same unit, `limit` in per cent.
void compare(ResourceEstimate& e, std::string_view what, std::int64_t used, std::int64_t available, std::int64_t limit, std::int64_t shown) {
  if (used * 100 <= available * limit) return;
  e.over.push_back(available == 0
                       ? fmt::format("{}: the device has none", what)
                       : fmt::format("{}: {} % of {}, limit {} %", what, ceil_divide(used * 100, available), thousands(shown), limit));
}

}  // namespace

ResourceEstimate estimate_resources(const Platform& platform) {
  const MachineParameters& m = platform.machine;
  ResourceEstimate e;
  e.parts.push_back({"control", {250, 350, 0, 0, 0}});  // AXI-Lite registers; own estimate
  e.parts.push_back({"dispatcher", dispatcher(m.dispatcher)});
  e.parts.push_back({"load", transfer(m.load, m.memory, false)});
  e.parts.push_back({"store", transfer(m.store, m.memory, true)});
  e.parts.push_back({"xnor_array", xnor_array(m.xnor_array)});
  e.parts.push_back({"mac_array", mac_array(m.mac_array)});
  e.parts.push_back({"post_unit", post_unit(m.post_unit, platform.device)});
  e.parts.push_back({"pool_unit", pool_unit(m.pool_unit, m.xnor_array.cell_slices())});
  for (int i = 0; i < buffer_count; ++i) {
    const auto id = static_cast<BufferId>(i);
    e.parts.push_back({fmt::format("buffer {}", name(id)), buffer(id, m.buffer(id))});
  }
  e.total = platform.reserved;
  for (const ResourceEstimate::Part& part : e.parts) e.total += part.used;

  // yosys counts 1.00 to 1.31 times (median) the LUTs of Vivado, routed, on 18 public UltraScale+ designs, and 1.38 times the FFs;
  // our forms equal yosys on the structural leaves. Upwards: our own counts of control and multiplexers.
  e.lut_low = 1 / 1.3;
  e.lut_high = 1.3;
  e.ff_low = 1 / 1.4;
  e.ff_high = 1.3;

  const Device& d = platform.device;
  compare(e, "lut", e.total.lut, d.lut, platform.limits.lut, d.lut);
  compare(e, "ff", e.total.ff, d.ff, platform.limits.ff, d.ff);
  compare(e, "dsp", e.total.dsp, d.dsp_slices, platform.limits.dsp, d.dsp_slices);
  compare(e, "bram36", e.total.bram36_halves, 2 * d.bram36, platform.limits.bram36, d.bram36);
  compare(e, "uram", e.total.uram, d.uram, platform.limits.uram, d.uram);
  e.fits = e.over.empty();
  return e;
}

}  // namespace blendsim

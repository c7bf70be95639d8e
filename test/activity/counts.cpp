// SPDX-License-Identifier: Apache-2.0
#include "counts.h"

namespace blendsim::activity {
namespace {

constexpr std::array<std::string_view, count_kinds> count_names = {"lut",
                                                                   "carry",
                                                                   "ff",
                                                                   "srl",
                                                                   "lutram",
                                                                   "net",
                                                                   "pin",
                                                                   "srl_cycle",
                                                                   "srl_bit",
                                                                   "lutram_write",
                                                                   "lutram_bit",
                                                                   "dsp_input",
                                                                   "dsp_product",
                                                                   "dsp_output",
                                                                   "dsp_cycle_multiply",
                                                                   "dsp_cycle_logic",
                                                                   "dsp_cycle_add",
                                                                   "ram_read",
                                                                   "ram_write",
                                                                   "ram_read_bit",
                                                                   "ram_write_bit"};
constexpr std::array<std::string_view, part_kinds> part_names = {"lut", "carry",  "ff",     "srl", "lutram",
                                                                 "dsp", "ramb18", "ramb36", "net", "pin"};

struct ClassRow {
  CellClass cell = CellClass::lut;
  Count output = Count::lut;
  Part part = Part::lut;
};
constexpr std::array class_rows = {
    ClassRow{CellClass::lut, Count::lut, Part::lut},
    ClassRow{CellClass::carry, Count::carry, Part::carry},
    ClassRow{CellClass::flip_flop, Count::ff, Part::ff},
    ClassRow{CellClass::shift_register, Count::srl, Part::srl},
    ClassRow{CellClass::lut_ram, Count::lutram, Part::lutram},
    ClassRow{CellClass::dsp, Count::dsp_output, Part::dsp},
    ClassRow{CellClass::block_ram, Count::ram_read_bit, Part::ramb18},
};

const ClassRow& row_of(CellClass cell) { return class_rows[static_cast<std::size_t>(cell)]; }
std::uint64_t& at(Counts& counts, Count count) { return counts[static_cast<std::size_t>(count)]; }
std::uint64_t& at(Parts& parts, Part part) { return parts[static_cast<std::size_t>(part)]; }

// Calls visit(pin, net) for every bit of a cell's pins.
template <class Visit>
void for_each_bit(std::span<const Pin> pins, const std::vector<NetId>& nets, Visit visit) {
  std::size_t bit = 0;
  for (const Pin& pin : pins) {
    for (int n = 0; n < pin.width; ++n) visit(pin, nets[bit++]);
  }
}

void add_activity(const BlockActivity& activity, Counts& counts, bool lut_ram) {
  at(counts, Count::srl_cycle) += activity.shifts;
  at(counts, Count::srl_bit) += activity.shifted_bits;
  at(counts, lut_ram ? Count::lutram_write : Count::ram_write) += activity.writes;
  at(counts, lut_ram ? Count::lutram_bit : Count::ram_write_bit) += activity.written_bits;
  at(counts, Count::ram_read) += activity.reads;
  at(counts, Count::dsp_cycle_multiply) += activity.multiply_cycles;
  at(counts, Count::dsp_cycle_logic) += activity.logic_cycles;
  at(counts, Count::dsp_cycle_add) += activity.add_cycles;
  at(counts, Count::dsp_product) += activity.product_bits;
}

}  // namespace

std::string_view name(Count count) { return count_names[static_cast<std::size_t>(count)]; }
std::string_view name(Part part) { return part_names[static_cast<std::size_t>(part)]; }

Counter::Counter(const Netlist& netlist) : netlist_(netlist), parts_(netlist.groups.size()) {
  std::vector<std::uint32_t> pins(netlist.nets);  // of each net
  for (const Cell& cell : netlist.cells) {
    for_each_bit(cell.type->inputs, cell.inputs,
                 [&](const Pin& pin, NetId net) { pins[net] += pin.dedicated ? 0 : 1; });
  }
  for (const Cell& cell : netlist.cells) add_cell(cell, pins);
}

void Counter::add_cell(const Cell& cell, std::vector<std::uint32_t>& pins) {
  const ClassRow& row = row_of(cell.type->counted);
  Parts& parts = parts_[cell.group];
  ++at(parts, cell.type->kind == CellKind::ramb36e2 ? Part::ramb36 : row.part);
  for_each_bit(cell.type->outputs, cell.outputs, [&](const Pin& pin, NetId net) {
    if (pin.dedicated) return;
    driven_.push_back({net, cell.group, row.output, pins[net]});
    at(parts, Part::net) += pins[net] > 0 ? 1 : 0;
    at(parts, Part::pin) += pins[net];
  });
  if (cell.type->counted != CellClass::dsp) return;
  for_each_bit(cell.type->inputs, cell.inputs, [&](const Pin& pin, NetId net) {
    if (pin.name.size() == 1) slice_inputs_.push_back({net, cell.group});
  });
}

std::vector<Counts> Counter::counts(const Simulator& simulator) const {
  std::vector<Counts> counts(netlist_.groups.size());
  const std::span<const std::uint32_t> toggles = simulator.toggles();
  for (const Driven& driven : driven_) {
    const std::uint64_t count = toggles[driven.net];
    if (count == 0) continue;
    Counts& group = counts[driven.group];
    at(group, driven.count) += count;
    at(group, Count::net) += driven.pins > 0 ? count : 0;
    at(group, Count::pin) += driven.pins * count;
  }
  for (const SliceInput& input : slice_inputs_) at(counts[input.group], Count::dsp_input) += toggles[input.net];
  for (std::size_t n = 0; n < netlist_.cells.size(); ++n) {
    const Block* block = simulator.block(n);
    if (block == nullptr) continue;
    const Cell& cell = netlist_.cells[n];
    add_activity(block->activity, counts[cell.group], cell.type->counted == CellClass::lut_ram);
  }
  return counts;
}

}  // namespace blendsim::activity

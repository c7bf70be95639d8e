// SPDX-License-Identifier: Apache-2.0
// The cells of yosys's xilinx library that synth_xilinx leaves: their pins, and what they are counted as.
//
// Source of pins and functions: yosys 0.23 share/xilinx/cells_sim.v (checked in Icarus by cells_test.cpp), and UG573,
// UG579 for the block RAM and the DSP slice, which that file has no model of.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace blendsim::activity {

// What a cell is counted as.
enum class CellClass : std::uint8_t { lut, carry, flip_flop, shift_register, lut_ram, dsp, block_ram, alias };

enum class CellKind : std::uint8_t {
  alias,   // clock and I/O buffers: the output is the input's net
  lut,     // LUT1 to LUT6: INIT
  lut6_2,  // two outputs: O6 of six inputs, O5 of the first five and the lower half of INIT
  inverter,
  multiplexer,  // MUXF7 to MUXF9
  carry4,
  carry8,
  fdre,  // synchronous reset
  fdse,  // synchronous set
  srl16,
  srl32,
  lut_ram,  // every organisation, see lut_ram.h
  dsp48e2,
  ramb18e2,
  ramb36e2
};

// A pin, or a bus of them; its bits follow each other in Cell::inputs or Cell::outputs, lowest first.
struct Pin {
  std::string_view name;
  int width = 1;
  // A wire of its own in the silicon, not of the routing fabric: a cascade. No pin of a net.
  bool dedicated = false;
};

struct CellType {
  std::string_view name;
  CellKind kind = CellKind::lut;
  CellClass counted = CellClass::lut;
  std::span<const Pin> inputs, outputs;
  std::string_view clock;  // the pin of the clock; empty: combinational
};

// nullptr: none of that name.
[[nodiscard]] const CellType* find_cell_type(std::string_view name);
[[nodiscard]] std::span<const CellType> cell_types();

// Offset of a pin's first bit among the inputs, or the outputs. std::logic_error where the type has no such pin.
[[nodiscard]] int input_offset(const CellType& type, std::string_view pin);
[[nodiscard]] int output_offset(const CellType& type, std::string_view pin);
[[nodiscard]] int bits_of(std::span<const Pin> pins);

}  // namespace blendsim::activity

// SPDX-License-Identifier: Apache-2.0
// Toggles by group and class: what a power estimate multiplies with energies.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "simulator.h"

namespace blendsim::activity {

// What is counted while it runs. Toggles are of zero-delay values: glitches are not among them.
enum class Count : std::uint8_t {
  lut,                 // toggles of outputs of LUTs, inverters, MUXF7 to MUXF9
  carry,               // of outputs O and CO of carry cells, those that nothing reads too
  ff,                  // of outputs of flip-flops
  srl,                 // of outputs of shift registers
  lutram,              // of outputs of LUT memories
  net,                 // of nets that a cell drives and that the routing brings to a pin, each once
  pin,                 // of those nets, times their pins; clock pins and cascades within columns are none
  srl_cycle,           // shift registers x enabled cycles
  srl_bit,             // toggles of bits inside shift registers
  lutram_write,        // LUT memories x written cycles
  lutram_bit,          // toggles of bits stored in them
  dsp_input,           // of inputs A, B, C, D of DSP slices
  dsp_product,         // of the product register
  dsp_output,          // of P
  dsp_cycle_multiply,  // slices x cycles whose OPMODE takes the product
  dsp_cycle_logic,     // ... whose ALUMODE is a logic function
  dsp_cycle_add,       // ... neither
  ram_read,            // enabled reads of RAMB18 or RAMB36
  ram_write,           // enabled writes
  ram_read_bit,        // toggles of their data outputs
  ram_write_bit,       // toggles of data from one write of a port to the next
  count_
};
inline constexpr std::size_t count_kinds = static_cast<std::size_t>(Count::count_);
[[nodiscard]] std::string_view name(Count count);

using Counts = std::array<std::uint64_t, count_kinds>;

// What a group is built of.
enum class Part : std::uint8_t { lut, carry, ff, srl, lutram, dsp, ramb18, ramb36, net, pin, count_ };
inline constexpr std::size_t part_kinds = static_cast<std::size_t>(Part::count_);
[[nodiscard]] std::string_view name(Part part);
using Parts = std::array<std::uint64_t, part_kinds>;

class Counter {
 public:
  explicit Counter(const Netlist& netlist);

  // By group: what was counted since the simulator's counts were cleared.
  [[nodiscard]] std::vector<Counts> counts(const Simulator& simulator) const;
  [[nodiscard]] const std::vector<Parts>& parts() const { return parts_; }

 private:
  struct Driven {  // a net that a cell drives
    NetId net = 0;
    Group group = 0;
    Count count = Count::lut;
    std::uint32_t pins = 0;
  };
  struct SliceInput {
    NetId net = 0;
    Group group = 0;
  };
  void add_cell(const Cell& cell, std::vector<std::uint32_t>& pins);

  const Netlist& netlist_;
  std::vector<Driven> driven_;
  std::vector<SliceInput> slice_inputs_;
  std::vector<Parts> parts_;
};

}  // namespace blendsim::activity

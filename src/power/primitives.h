// SPDX-License-Identifier: Apache-2.0
// The primitives of a programmable device that take energy: what activities count and technologies give energies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace blendsim {

inline constexpr double femto = 1e-15, micro = 1e-6;  // joules in a femtojoule, watts in a microwatt

enum class Primitive : std::uint8_t {
  lut_toggle,
  carry_toggle,
  net_toggle,
  pin_toggle,
  ff_toggle,
  ff_clock,
  srl_clock,
  lutram_access,
  dsp_logic_cycle,
  dsp_logic_input,
  dsp_multiply_cycle,
  dsp_multiply_input,
  dsp_product,
  dsp_output,
  bram18_access,
  bram18_clock,
  uram_access,
  uram_clock,
  dram_read_byte,
  dram_write_byte,
  dram_activate,
  dram_refresh,
};

struct PrimitiveRow {
  std::string_view name, sentence;
};

inline constexpr std::array primitives = {
    PrimitiveRow{"lut_toggle", "an output of a look-up table toggles, with what toggles inside it"},
    PrimitiveRow{"carry_toggle", "an output of a carry chain toggles"},
    PrimitiveRow{"net_toggle", "a routed net toggles, its wires alone"},
    PrimitiveRow{"pin_toggle", "an input pin that a routed net leads to toggles"},
    PrimitiveRow{"ff_toggle", "a flip-flop's output toggles"},
    PrimitiveRow{"ff_clock", "a flip-flop is clocked for one cycle: its share of the tree and its pin"},
    PrimitiveRow{"srl_clock", "a look-up table used as a shift register is clocked for one cycle"},
    PrimitiveRow{"lutram_access", "a look-up table used as RAM is read or written"},
    PrimitiveRow{"dsp_logic_cycle", "a DSP slice works for one cycle, its multiplier off"},
    PrimitiveRow{"dsp_logic_input", "an input bit of it toggles"},
    PrimitiveRow{"dsp_multiply_cycle", "a DSP slice multiplies for one cycle"},
    PrimitiveRow{"dsp_multiply_input", "an input bit of it toggles"},
    PrimitiveRow{"dsp_product", "a bit of its product register toggles"},
    PrimitiveRow{"dsp_output", "a bit of a DSP slice's result register toggles"},
    PrimitiveRow{"bram18_access", "36 bits of a block RAM are read or written"},
    PrimitiveRow{"bram18_clock", "an 18-Kb block RAM is clocked for one cycle without an access"},
    PrimitiveRow{"uram_access", "72 bits of an UltraRAM are read or written"},
    PrimitiveRow{"uram_clock", "an UltraRAM is clocked for one cycle without an access"},
    PrimitiveRow{"dram_read_byte", "a byte is read from DRAM, transfer included"},
    PrimitiveRow{"dram_write_byte", "a byte is written to DRAM, transfer included"},
    PrimitiveRow{"dram_activate", "a row of DRAM is opened and closed"},
    PrimitiveRow{"dram_refresh", "all banks of DRAM are refreshed"},
};
inline constexpr std::size_t primitive_count = primitives.size();
static_assert(primitive_count == static_cast<std::size_t>(Primitive::dram_refresh) + 1);

[[nodiscard]] constexpr std::string_view name(Primitive p) { return primitives[static_cast<std::size_t>(p)].name; }
[[nodiscard]] constexpr bool is_dram(Primitive p) { return p >= Primitive::dram_read_byte; }

// How often each primitive works, for one of something: a step, a cycle, a run.
class Amounts {
 public:
  [[nodiscard]] double operator[](Primitive p) const { return of_[static_cast<std::size_t>(p)]; }
  [[nodiscard]] double& operator[](Primitive p) { return of_[static_cast<std::size_t>(p)]; }
  [[nodiscard]] double operator[](std::size_t p) const { return of_[p]; }
  void add(const Amounts& more, double times) {
    for (std::size_t p = 0; p < primitive_count; ++p) of_[p] += more.of_[p] * times;
  }

 private:
  std::array<double, primitive_count> of_{};
};

}  // namespace blendsim

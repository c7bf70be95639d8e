// SPDX-License-Identifier: Apache-2.0
// A Verilated bench as an RtlUnit: one template for all, since the ports are uniform and absent ones are left out.
#pragma once

#include <verilated.h>

#include <algorithm>
#include <bit>
#include <type_traits>

#include "rtl_unit.h"
#include "units/buffer/layout.h"
#include "units/post_unit/law.h"

namespace blendsim::conformance {

// `count` <= 64 bits of a port of any width, from bit `at` on.
template <class Port>
[[nodiscard]] std::uint64_t port_bits(const Port& port, std::size_t at, std::size_t count) {
  const std::uint64_t mask = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  if constexpr (std::is_integral_v<Port>) {
    return at >= 64 ? 0 : (static_cast<std::uint64_t>(port) >> at) & mask;
  } else {
    constexpr std::size_t words = sizeof(Port) / sizeof(EData);
    std::uint64_t value = 0;
    for (std::size_t w = at / 32, shift = 0; w < words && shift < count + at % 32; ++w, shift += 32) {
      const std::uint64_t word = port.at(w);
      value |= shift >= at % 32 ? word << (shift - at % 32) : word >> (at % 32 - shift);
    }
    return value & mask;
  }
}

template <class Port>
[[nodiscard]] std::vector<std::uint32_t> port_words(const Port& port, std::size_t at, std::size_t count) {
  std::vector<std::uint32_t> words;
  for (std::size_t bit = 0; bit < count; bit += 32) {
    words.push_back(static_cast<std::uint32_t>(port_bits(port, at + bit, std::min<std::size_t>(32, count - bit))));
  }
  return words;
}

// The low words of a port; what it has above them becomes 0.
template <class Port>
void set_port(Port& port, std::span<const std::uint32_t> words) {
  if constexpr (std::is_integral_v<Port>) {
    std::uint64_t value = 0;
    for (std::size_t w = 0; w < std::min<std::size_t>(2, words.size()); ++w)
      value |= std::uint64_t{words[w]} << (32 * w);
    port = static_cast<Port>(value);
  } else {
    constexpr std::size_t size = sizeof(Port) / sizeof(EData);
    for (std::size_t w = 0; w < size; ++w) port.at(w) = w < words.size() ? words[w] : 0;
  }
}

template <class Top>
class VerilatedUnit final : public RtlUnit {
 public:
  VerilatedUnit(const MachineParameters& machine, UnitId unit)
      : machine_(machine),
        parts_(unit == UnitId::post_unit ? static_cast<std::uint32_t>(slice_parts(machine.post_unit)) : 1),
        top_(&context_) {
    top_.reset = 1;
    clock();
  }
  ~VerilatedUnit() override { top_.final(); }

  void reset() override {
    idle_inputs();
    top_.reset = 1;
    clock();
    clock();
    top_.reset = 0;
    top_.eval();
  }

  void preload(BufferId buffer, std::uint32_t address, std::span<const std::uint32_t> word) override {
    if constexpr (requires { top_.preload_write; }) {
      idle_inputs();
      top_.reset = 1;
      top_.preload_write = 1;
      top_.preload_buffer = static_cast<CData>(buffer);
      top_.preload_address = address;
      set_port(top_.preload_data, word);
      clock();
      top_.preload_write = 0;
    }
  }

  [[nodiscard]] bool full() const override { return top_.full != 0; }

  const RtlCycle& cycle(Cycles now, const RtlInputs& inputs, AxiMemory* memory) override {
    top_.enter = inputs.enter;
    set_port(top_.entry, inputs.entry);
    top_.data_posted = static_cast<CData>(inputs.data_posted);
    top_.space_posted = static_cast<CData>(inputs.space_posted);
    if (memory != nullptr) drive_axi(now, *memory);
    top_.clk = 0;
    top_.eval();
    sample();
    if (memory != nullptr) observe_axi(now, *memory);
    top_.clk = 1;
    top_.eval();
    return cycle_;
  }

  [[nodiscard]] UnitCycles account() const override {
    UnitCycles a;
    a.busy = top_.busy;
    a.stall_dependency = top_.stall_dependency;
    a.stall_memory = top_.stall_memory;
    a.stall_downstream = top_.stall_downstream;
    a.stall_fence = top_.stall_fence;
    a.stall_dispatch = top_.stall_dispatch;
    return a;
  }

 private:
  void clock() {
    top_.clk = 0;
    top_.eval();
    top_.clk = 1;
    top_.eval();
  }

  void idle_inputs() {
    top_.enter = 0;
    top_.data_posted = top_.space_posted = 0;
    if constexpr (requires { top_.preload_write; }) top_.preload_write = 0;
    if constexpr (requires { top_.arready; }) top_.arready = top_.rvalid = top_.rlast = 0;
    if constexpr (requires { top_.awready; }) top_.awready = top_.wready = top_.bvalid = 0;
    if constexpr (requires { top_.program_base; }) {
      top_.program_base = dram_bases[0];
      top_.input_base = dram_bases[1];
      top_.output_base = dram_bases[2];
    }
  }

  [[nodiscard]] std::size_t address_bits(BufferId id) const {
    const BufferParameters& b = machine_.buffer(id);
    return static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(b.regions * b.depth - 1)));
  }

  // One port as wide as the buffer's word (accumulators: as the writer's rows).
  template <class Enable, class Address, class Data>
  void sample_word(Place place, const Enable& enable, const Address& address, const Data& data, std::size_t width) {
    if (enable == 0) return;
    cycle_.writes.push_back({0, place, static_cast<std::uint32_t>(address), port_words(data, 0, width)});
  }

  void sample() {
    cycle_.start = top_.start != 0;
    cycle_.done = top_.done != 0;
    cycle_.overflow = top_.overflow != 0;
    cycle_.post_data = top_.post_data;
    cycle_.post_space = top_.post_space;
    cycle_.writes.clear();
    if constexpr (requires { top_.accumulators_write; }) {
      sample_word(Place::accumulators, top_.accumulators_write, top_.accumulators_write_address,
                  top_.accumulators_write_data, sizeof(top_.accumulators_write_data) * 8);
    }
    if constexpr (requires { top_.act_fixed_write; }) sample_fixed();
    if constexpr (requires { top_.act_fixed_lane_write; }) sample_fixed_lanes();
    if constexpr (requires { top_.act_binary_write; }) sample_binary();
    const auto width = [&](BufferId id) { return static_cast<std::size_t>(machine_.buffer(id).width); };
    if constexpr (requires { top_.weights_binary_write; }) {
      sample_word(Place::weights_binary, top_.weights_binary_write, top_.weights_binary_write_address,
                  top_.weights_binary_write_data, width(BufferId::weights_binary));
    }
    if constexpr (requires { top_.weights_fixed_write; }) {
      sample_word(Place::weights_fixed, top_.weights_fixed_write, top_.weights_fixed_write_address,
                  top_.weights_fixed_write_data, width(BufferId::weights_fixed));
    }
    if constexpr (requires { top_.parameters_write; }) {
      sample_word(Place::parameters, top_.parameters_write, top_.parameters_write_address, top_.parameters_write_data,
                  width(BufferId::parameters));
    }
    if constexpr (requires { top_.instructions_write; }) {
      sample_word(Place::instructions, top_.instructions_write, top_.instructions_write_address,
                  top_.instructions_write_data, width(BufferId::instructions));
    }
  }

  void sample_fixed() {
    const std::size_t bits = 128 / parts_;
    for (std::uint64_t enables = top_.act_fixed_write; enables != 0; enables &= enables - 1) {
      const auto k = static_cast<std::uint32_t>(std::countr_zero(enables));
      cycle_.writes.push_back({0, parts_ > 1 ? Place::act_fixed_half : Place::act_fixed,
                               static_cast<std::uint32_t>(top_.act_fixed_write_address) * parts_ + k,
                               port_words(top_.act_fixed_write_data, k * bits, bits)});
    }
  }

  void sample_fixed_lanes() {
    const std::size_t bits = address_bits(BufferId::act_fixed);
    for (std::uint32_t lane = 0; lane < 4; ++lane) {
      if (port_bits(top_.act_fixed_lane_write, lane, 1) == 0) continue;
      const auto word = static_cast<std::uint32_t>(port_bits(top_.act_fixed_lane_write_address, lane * bits, bits));
      cycle_.writes.push_back(
          {0, Place::act_fixed_lane, word * 4 + lane, port_words(top_.act_fixed_lane_write_data, lane * 32, 32)});
    }
  }

  void sample_binary() {
    const std::size_t bits = address_bits(BufferId::act_binary), part_bits = 16 / parts_;
    const std::uint32_t parts = static_cast<std::uint32_t>(machine_.xnor_array.cell_slices()) * parts_;  // of a cell
    for (std::uint32_t bank = 0; bank < binary_banks; ++bank) {
      std::uint64_t enables = port_bits(top_.act_binary_write, bank * parts, parts);
      if (enables == 0) continue;
      const auto word = static_cast<std::uint32_t>(port_bits(top_.act_binary_write_address, bank * bits, bits));
      for (; enables != 0; enables &= enables - 1) {
        const std::uint32_t part = bank * parts + static_cast<std::uint32_t>(std::countr_zero(enables));
        cycle_.writes.push_back({0, parts_ > 1 ? Place::act_binary_half : Place::act_binary,
                                 word * binary_banks * parts + part,
                                 port_words(top_.act_binary_write_data, part * part_bits, part_bits)});
      }
    }
  }

  void drive_axi(Cycles now, AxiMemory& memory) {
    if constexpr (requires { top_.arready; }) {
      const AxiMemory::ReadDrive drive = memory.drive_read(now);
      top_.arready = drive.arready;
      top_.rvalid = drive.rvalid;
      top_.rlast = drive.rlast;
      set_port(top_.rdata, drive.rdata);
    }
    if constexpr (requires { top_.awready; }) {
      const AxiMemory::WriteDrive drive = memory.drive_write(now);
      top_.awready = drive.awready;
      top_.wready = drive.wready;
      top_.bvalid = drive.bvalid;
    }
  }

  void observe_axi(Cycles now, AxiMemory& memory) {
    if constexpr (requires { top_.arready; }) {
      if (top_.arvalid != 0) memory.read_request(now, top_.araddr, static_cast<std::uint32_t>(top_.arlen) + 1);
    }
    if constexpr (requires { top_.awready; }) {
      if (top_.awvalid != 0) memory.write_request(now, top_.awaddr, static_cast<std::uint32_t>(top_.awlen) + 1);
      if (top_.wvalid != 0) {
        const auto bus = static_cast<std::size_t>(machine_.memory.port_width);
        memory.write_beat(now, port_words(top_.wdata, 0, bus), port_words(top_.wstrb, 0, bus / 8), top_.wlast != 0);
      }
    }
  }

  const MachineParameters& machine_;
  std::uint32_t parts_;  // of a slice, with a write enable each
  VerilatedContext context_;
  Top top_;
  RtlCycle cycle_;
};

}  // namespace blendsim::conformance

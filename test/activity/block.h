// SPDX-License-Identifier: Apache-2.0
// A cell with more state than a flip-flop: shift registers, LUT memories, DSP slices, block RAM.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "netlist.h"

namespace blendsim::activity {

// Bits of a cell's pins, in the order of Cell::inputs or Cell::outputs, 64 a word.
using PinBits = std::array<std::uint64_t, 3>;

// `count` bits, at most 64, from bit `first` on.
[[nodiscard]] constexpr std::uint64_t bits_at(const PinBits& bits, int first, int count) {
  const auto word = static_cast<std::size_t>(first / 64);
  const int shift = first % 64;
  std::uint64_t value = bits[word] >> shift;
  if (shift + count > 64) value |= bits[word + 1] << (64 - shift);
  return count < 64 ? value & ((std::uint64_t{1} << count) - 1) : value;
}
constexpr void set_bits(PinBits& bits, int first, int count, std::uint64_t value) {
  const auto word = static_cast<std::size_t>(first / 64);
  const int shift = first % 64;
  const std::uint64_t mask = count < 64 ? (std::uint64_t{1} << count) - 1 : ~std::uint64_t{0};
  bits[word] = (bits[word] & ~(mask << shift)) | (value & mask) << shift;
  if (shift + count > 64) bits[word + 1] = (bits[word + 1] & ~(mask >> (64 - shift))) | (value & mask) >> (64 - shift);
}

// What a block did that no toggle of its outputs tells. Each kind has its own of these.
struct BlockActivity {
  std::uint64_t shifts = 0, shifted_bits = 0;             // enabled cycles of a shift register, toggles in it
  std::uint64_t reads = 0, writes = 0, written_bits = 0;  // accesses of a memory; toggles of the data of its writes
  std::uint64_t multiply_cycles = 0, logic_cycles = 0, add_cycles = 0, product_bits = 0;  // toggles of the M register
  BlockActivity& operator+=(const BlockActivity& other);
};

class Block {
 public:
  virtual ~Block() = default;
  // A rising edge with these inputs.
  virtual void clock(const PinBits& inputs) = 0;
  // The outputs as they follow from the state and, where they are read without a clock, from the inputs.
  [[nodiscard]] virtual PinBits outputs(const PinBits& inputs) const = 0;

  BlockActivity activity;
};

// Input bits whose change is seen on an output in the same cycle.
struct BitRange {
  int first = 0, count = 0;
};
[[nodiscard]] BitRange unclocked_inputs(const CellType& type);

// std::runtime_error where a parameter asks for what is not modelled.
[[nodiscard]] std::unique_ptr<Block> make_block(const Cell& cell);

[[nodiscard]] std::unique_ptr<Block> make_dsp48e2(const Cell& cell);
[[nodiscard]] std::unique_ptr<Block> make_block_ram(const Cell& cell);

}  // namespace blendsim::activity

// SPDX-License-Identifier: Apache-2.0
#include "block.h"

#include <bit>
#include <stdexcept>

namespace blendsim::activity {
namespace {

// SRL16E, SRLC32E: bit 0 is the youngest; Q is the bit that the address chooses, Q31 the oldest.
class ShiftRegister final : public Block {
 public:
  ShiftRegister(const Cell& cell, int address_bits)
      : address_bits_(address_bits),
        mask_(address_bits == 5 ? 0xFFFFFFFFU : 0xFFFFU),
        content_(static_cast<std::uint32_t>(parameter(cell, "INIT", 0)) & mask_) {}

  void clock(const PinBits& inputs) override {
    if (bits_at(inputs, address_bits_, 1) == 0) return;
    const auto in = static_cast<std::uint32_t>(bits_at(inputs, address_bits_ + 1, 1));
    const std::uint32_t next = (content_ << 1 | in) & mask_;
    ++activity.shifts;
    activity.shifted_bits += static_cast<std::uint64_t>(std::popcount(next ^ content_));
    content_ = next;
  }
  PinBits outputs(const PinBits& inputs) const override {
    const std::uint64_t read = content_ >> bits_at(inputs, 0, address_bits_) & 1;
    return {read | static_cast<std::uint64_t>(content_ >> 31) << 1, 0, 0};
  }

 private:
  int address_bits_;
  std::uint32_t mask_, content_;
};

// RAM32M to RAM64M8: a LUT a port, 64 bits each; all take the address of the last port when they are written.
class LutRam final : public Block {
 public:
  explicit LutRam(const Cell& cell)
      : ports_(static_cast<int>(cell.type->outputs.size())),
        width_(cell.type->outputs[0].width),
        address_bits_(cell.type->inputs[0].width) {
    for (int port = 0; port < ports_; ++port)
      content_[static_cast<std::size_t>(port)] =
          parameter(cell, std::string("INIT_") + static_cast<char>('A' + port), 0);
  }

  void clock(const PinBits& inputs) override {
    if (bits_at(inputs, ports_ * (address_bits_ + width_), 1) == 0) return;
    ++activity.writes;
    const int at = width_ * static_cast<int>(bits_at(inputs, (ports_ - 1) * address_bits_, address_bits_));
    for (int port = 0; port < ports_; ++port) {
      const std::uint64_t data = bits_at(inputs, ports_ * address_bits_ + port * width_, width_);
      std::uint64_t& content = content_[static_cast<std::size_t>(port)];
      const std::uint64_t mask = ((std::uint64_t{1} << width_) - 1) << at, next = (content & ~mask) | data << at;
      activity.written_bits += static_cast<std::uint64_t>(std::popcount(content ^ next));
      content = next;
    }
  }
  PinBits outputs(const PinBits& inputs) const override {
    PinBits bits{};
    for (int port = 0; port < ports_; ++port) {
      const int at = width_ * static_cast<int>(bits_at(inputs, port * address_bits_, address_bits_));
      set_bits(bits, port * width_, width_, content_[static_cast<std::size_t>(port)] >> at);
    }
    return bits;
  }

 private:
  int ports_, width_, address_bits_;
  std::array<std::uint64_t, 8> content_{};
};

}  // namespace

BlockActivity& BlockActivity::operator+=(const BlockActivity& other) {
  shifts += other.shifts, shifted_bits += other.shifted_bits;
  reads += other.reads, writes += other.writes, written_bits += other.written_bits;
  multiply_cycles += other.multiply_cycles, logic_cycles += other.logic_cycles, add_cycles += other.add_cycles;
  product_bits += other.product_bits;
  return *this;
}

BitRange unclocked_inputs(const CellType& type) {
  if (type.kind == CellKind::srl16) return {0, 4};
  if (type.kind == CellKind::srl32) return {0, 5};
  if (type.kind == CellKind::lut_ram) return {0, static_cast<int>(type.outputs.size()) * type.inputs[0].width};
  return {};
}

std::unique_ptr<Block> make_block(const Cell& cell) {
  switch (cell.type->kind) {
    case CellKind::srl16: return std::make_unique<ShiftRegister>(cell, 4);
    case CellKind::srl32: return std::make_unique<ShiftRegister>(cell, 5);
    case CellKind::lut_ram: return std::make_unique<LutRam>(cell);
    case CellKind::dsp48e2: return make_dsp48e2(cell);
    case CellKind::ramb18e2:
    case CellKind::ramb36e2: return make_block_ram(cell);
    default: throw std::logic_error(std::string(cell.type->name) + " is no block");
  }
}

}  // namespace blendsim::activity

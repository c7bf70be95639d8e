// SPDX-License-Identifier: Apache-2.0
// RAMB18E2 and RAMB36E2 as yosys maps memories to them: one port reads, the other writes (A reads and B writes words of
// both ports' pins, narrower ones either way), no output register, contents of 0. Source: UG573 (table 1-11 and figure
// 1-6: data and parity of a word; byte write enables).
#include <algorithm>
#include <bit>
#include <stdexcept>

#include "block.h"

namespace blendsim::activity {
namespace {

struct RamPort {
  int width = 0;                                  // bits of a word with parity; 0: the port is not used
  int address = 0, enable = 0, write_enable = 0;  // offsets among the inputs
  int data = 0, parity = 0;                       // likewise, or among the outputs
};

class BlockRam final : public Block {
 public:
  explicit BlockRam(const Cell& cell) : half_(cell.type->kind == CellKind::ramb36e2 ? 32 : 16) {
    address_bits_ = half_ == 32 ? 15 : 14;
    bytes_.resize(std::size_t{1} << (address_bits_ - 3));
    const auto width = [&](const char* name) { return static_cast<int>(parameter(cell, name, 0)); };
    const int read_a = width("READ_WIDTH_A"), read_b = width("READ_WIDTH_B");
    const int write_a = width("WRITE_WIDTH_A"), write_b = width("WRITE_WIDTH_B");
    check(cell, (read_a != 0 && (read_b != 0 || write_a != 0)) || (write_b != 0 && (read_b != 0 || write_a != 0)));
    const auto in = [&](const char* pin) { return input_offset(*cell.type, pin); };
    const auto out = [&](const char* pin) { return output_offset(*cell.type, pin); };
    const RamPort a = {0, in("ADDRARDADDR"), in("ENARDEN"), in("WEA"), 0, 0};
    const RamPort b = {0, in("ADDRBWRADDR"), in("ENBWREN"), in("WEBWE"), 0, 0};
    read_ = read_a != 0 ? a : b;
    read_.width = read_a != 0 ? read_a : read_b;
    write_ = write_a != 0 ? a : b;
    write_.width = write_a != 0 ? write_a : write_b;
    // A word of both halves begins in A's.
    const bool reads_in_a = read_a != 0, writes_in_a = write_a != 0 || write_b > half_ + half_ / 8;
    read_.data = out(reads_in_a ? "DOUTADOUT" : "DOUTBDOUT");
    read_.parity = out(reads_in_a ? "DOUTPADOUTP" : "DOUTPBDOUTP");
    write_.data = in(writes_in_a ? "DINADIN" : "DINBDIN");
    write_.parity = in(writes_in_a ? "DINPADINP" : "DINPBDINP");
  }

  void clock(const PinBits& inputs) override {
    if (read_.width != 0 && bits_at(inputs, read_.enable, 1) != 0) read(inputs);
    if (write_.width != 0 && bits_at(inputs, write_.enable, 1) != 0) write(inputs);
  }
  PinBits outputs(const PinBits& /*inputs*/) const override { return read_word_; }

 private:
  static void check(const Cell& cell, bool shared_ports) {
    bool odd = shared_ports || parameter(cell, "DOA_REG", 0) != 0 || parameter(cell, "DOB_REG", 0) != 0;
    for (const auto& [name, value] : *cell.parameters) {
      const bool content = name.starts_with("INIT_") || name.starts_with("INITP_");
      odd = odd || (content && value.find('1') != std::string::npos);
    }
    if (odd) throw std::runtime_error(cell.path + ": a block RAM of parameters that are not modelled");
  }

  // The first byte of the word that an address, counted in bits of data, lies in.
  std::size_t byte_of(const PinBits& inputs, const RamPort& port) const {
    const auto byte = static_cast<std::size_t>(bits_at(inputs, port.address, address_bits_) >> 3);
    const auto of_word = static_cast<std::size_t>(port.width < 9 ? 1 : port.width / 9);
    return byte & ~(of_word - 1);
  }
  // Byte n of a word: offsets of its data and its parity. Bytes of B's half follow behind A's parity.
  int data_bit(const RamPort& port, int n) const { return port.data + 8 * n + (8 * n >= half_ ? half_ / 8 : 0); }
  int parity_bit(const RamPort& port, int n) const { return port.parity + n + (8 * n >= half_ ? half_ : 0); }

  void read(const PinBits& inputs) {
    ++activity.reads;
    const std::size_t first = byte_of(inputs, read_);
    if (read_.width < 9) {
      const int bit = static_cast<int>(bits_at(inputs, read_.address, 3)) & ~(read_.width - 1);
      set_bits(read_word_, read_.data, read_.width, static_cast<std::uint64_t>(bytes_[first] >> bit));
      return;
    }
    for (int n = 0; n < read_.width / 9; ++n) {
      const std::uint16_t byte = bytes_[first + static_cast<std::size_t>(n)];
      set_bits(read_word_, data_bit(read_, n), 8, byte);
      set_bits(read_word_, parity_bit(read_, n), 1, byte >> 8);
    }
  }

  void write(const PinBits& inputs) {
    const std::size_t first = byte_of(inputs, write_);
    bool written = false;
    for (int n = 0; n < std::max(1, write_.width / 9); ++n) {
      if (bits_at(inputs, write_.write_enable + n, 1) == 0) continue;
      written = true;
      std::uint16_t& byte = bytes_[first + static_cast<std::size_t>(n)];
      std::uint16_t& latched = written_[static_cast<std::size_t>(n)];
      const auto data = static_cast<std::uint16_t>(bits_at(inputs, data_bit(write_, n), 8) |
                                                   bits_at(inputs, parity_bit(write_, n), 1) << 8);
      const auto used = static_cast<std::uint16_t>(write_.width < 9 ? data & ((1U << write_.width) - 1) : data);
      activity.written_bits += static_cast<std::uint64_t>(std::popcount(static_cast<unsigned>(used ^ latched)));
      latched = used;
      byte = write_.width < 9 ? merged(inputs, byte, used) : used;
    }
    activity.writes += written ? 1 : 0;
  }
  std::uint16_t merged(const PinBits& inputs, std::uint16_t byte, std::uint16_t data) const {
    const int bit = static_cast<int>(bits_at(inputs, write_.address, 3)) & ~(write_.width - 1);
    const unsigned mask = ((1U << write_.width) - 1) << bit;
    return static_cast<std::uint16_t>((byte & ~mask) | static_cast<unsigned>(data) << bit);
  }

  int half_, address_bits_ = 0;  // data bits of one port; bits of an address
  RamPort read_, write_;
  std::vector<std::uint16_t> bytes_;        // eight data bits and the parity bit
  std::array<std::uint16_t, 8> written_{};  // what the write port last took
  PinBits read_word_{};
};

}  // namespace

std::unique_ptr<Block> make_block_ram(const Cell& cell) { return std::make_unique<BlockRam>(cell); }

}  // namespace blendsim::activity

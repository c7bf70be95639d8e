// SPDX-License-Identifier: Apache-2.0
// The DSP slice as rtl/dsp48e2.sv instantiates it: enables 1, resets and carries 0, PREG 1. Source: UG579.
#include <bit>
#include <stdexcept>

#include "block.h"

namespace blendsim::activity {
namespace {

constexpr std::uint64_t mask48 = (std::uint64_t{1} << 48) - 1;

std::int64_t sign_extended(std::uint64_t value, int bits) {
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

class Dsp48e2 final : public Block {
 public:
  explicit Dsp48e2(const Cell& cell)
      : a_registers_(registers(cell, "AREG")),
        b_registers_(registers(cell, "BREG")),
        c_registers_(registers(cell, "CREG")),
        d_registers_(registers(cell, "DREG")),
        sum_registers_(registers(cell, "ADREG")),
        product_registers_(registers(cell, "MREG")),
        control_registers_(registers(cell, "OPMODEREG")),
        multiplies_(text(cell, "USE_MULT") == "MULTIPLY"),
        adds_before_(text(cell, "AMULTSEL") == "AD") {
    const bool odd = registers(cell, "PREG") != 1 || registers(cell, "ALUMODEREG") != control_registers_ ||
                     text(cell, "USE_SIMD") != "ONE48" || text(cell, "A_INPUT") != "DIRECT" ||
                     text(cell, "B_INPUT") != "DIRECT";
    if (odd) throw std::runtime_error(cell.path + ": a DSP48E2 of parameters that are not modelled");
  }

  // Everything is computed from the registers before the edge; then they take what stands before them.
  void clock(const PinBits& inputs) override {
    const std::uint64_t a = bits_at(inputs, 0, 30), b = bits_at(inputs, 30, 18), c = bits_at(inputs, 48, 48);
    const std::uint64_t d = bits_at(inputs, 96, 27), control = bits_at(inputs, 123, 13),
                        pcin = bits_at(inputs, 136, 48);
    const std::uint64_t a_in = a_registers_ == 0 ? a : a_registers_ == 1 ? a1_ : a2_;
    const std::uint64_t b_in = b_registers_ == 0 ? b : b_registers_ == 1 ? b1_ : b2_;
    const std::uint64_t d_in = d_registers_ == 0 ? d : d1_;
    const std::uint64_t sum = (a_in + d_in) & ((1U << 27) - 1);
    const std::uint64_t factor = !adds_before_ ? a_in & ((1U << 27) - 1) : sum_registers_ == 0 ? sum : sum1_;
    const std::uint64_t product =
        multiplies_ ? static_cast<std::uint64_t>(sign_extended(factor, 27) * sign_extended(b_in, 18)) & mask48 : 0;
    const std::uint64_t used_control = control_registers_ == 0 ? control : control1_;
    const std::uint64_t next = result(used_control, a_in << 18 | b_in, product_registers_ == 0 ? product : product1_,
                                      c_registers_ == 0 ? c : c1_, pcin);
    activity.product_bits += static_cast<std::uint64_t>(std::popcount(product ^ product1_));
    a2_ = a1_, b2_ = b1_;
    a1_ = a, b1_ = b, c1_ = c, d1_ = d;
    sum1_ = sum, product1_ = product, control1_ = control;
    p_ = next;
  }

  PinBits outputs(const PinBits& /*inputs*/) const override {
    PinBits bits{};
    set_bits(bits, 0, 48, p_);
    set_bits(bits, 48, 48, p_);
    return bits;
  }

 private:
  static int registers(const Cell& cell, const std::string& name) { return static_cast<int>(parameter(cell, name, 1)); }
  static std::string text(const Cell& cell, const std::string& name) {
    const auto found = cell.parameters->find(name);
    return found == cell.parameters->end() ? "" : found->second;
  }

  // Control: OPMODE in the low nine bits, ALUMODE above (UG579, tables 2-3 to 2-10).
  std::uint64_t result(std::uint64_t control, std::uint64_t ab, std::uint64_t m, std::uint64_t c, std::uint64_t pcin) {
    const auto select = [&](int first, int count) { return control >> first & ((1U << count) - 1); };
    const std::uint64_t alumode = select(9, 4);
    (alumode >> 2 & 1) != 0 ? ++activity.logic_cycles
    : select(0, 2) == 1     ? ++activity.multiply_cycles
                            : ++activity.add_cycles;
    const std::array<std::uint64_t, 4> xs = {0, m, p_, ab}, ys = {0, 0, mask48, c}, ws = {0, p_, 0, c};
    const std::array<std::uint64_t, 8> zs = {
        0, pcin, p_, c, 0, static_cast<std::uint64_t>(sign_extended(pcin, 48) >> 17) & mask48, 0, 0};
    const std::uint64_t x = xs[select(0, 2)], y = ys[select(2, 2)], w = ws[select(7, 2)];
    const std::uint64_t z = (alumode & 1) != 0 ? ~zs[select(4, 3)] & mask48 : zs[select(4, 3)];
    std::uint64_t value = w + x + y + z;
    if ((alumode >> 2 & 1) != 0) value = (alumode >> 3 & 1) != 0 ? (x & y) | (x & z) | (y & z) : x ^ y ^ z;
    return ((alumode >> 1 & 1) != 0 ? ~value : value) & mask48;
  }

  int a_registers_, b_registers_, c_registers_, d_registers_, sum_registers_, product_registers_, control_registers_;
  bool multiplies_, adds_before_;
  std::uint64_t a1_ = 0, a2_ = 0, b1_ = 0, b2_ = 0, c1_ = 0, d1_ = 0, sum1_ = 0, product1_ = 0, control1_ = 0, p_ = 0;
};

}  // namespace

std::unique_ptr<Block> make_dsp48e2(const Cell& cell) { return std::make_unique<Dsp48e2>(cell); }

}  // namespace blendsim::activity

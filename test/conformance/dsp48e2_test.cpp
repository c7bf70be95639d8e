// SPDX-License-Identifier: Apache-2.0
// rtl/dsp48e2.sv against the slice's tables (UG579, AM004): every row of the logic and arithmetic functions, what each
// multiplexer selects, the registers, the pre-adder and the cascade. Random words, new ones in every cycle.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>

#ifdef BLENDSIM_VERILATOR
#include "Vdsp48e2_tiny.h"

namespace blendsim::conformance {
namespace {

constexpr std::uint64_t mask48 = (std::uint64_t{1} << 48) - 1;
constexpr int settle = 6;  // cycles after which no register holds what it had before the test

std::int64_t extend(std::uint64_t value, int bits) {
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

// Multiplexer settings as OPMODE codes them.
enum X : std::uint32_t { x_zero = 0, x_m = 1, x_p = 2, x_ab = 3 };
enum Y : std::uint32_t { y_zero = 0, y_m = 1, y_ones = 2, y_c = 3 };
enum Z : std::uint32_t { z_zero = 0, z_pcin = 1, z_p = 2, z_c = 3, z_pcin_17 = 5 };
enum W : std::uint32_t { w_zero = 0, w_p = 1, w_c = 3 };
constexpr std::uint32_t opmode(X x, Y y, Z z, W w) { return x | y << 2 | z << 4 | w << 7; }

struct Inputs {
  std::uint32_t a = 0, b = 0, d = 0, word_opmode = 0, product_opmode = 0, cascade_opmode = 0, alumode = 0;
  std::uint64_t c = 0;
  [[nodiscard]] std::uint64_t ab() const { return std::uint64_t{a} << 18 | b; }
  [[nodiscard]] std::int64_t multiplicand() const { return extend(a, 27); }
  [[nodiscard]] std::int64_t factor() const { return extend(b, 18); }
};
struct Outputs {
  std::uint64_t word = 0, product = 0, packed = 0, cascade = 0;
};

// The four arithmetic rows.
std::uint64_t arithmetic(std::uint32_t alumode, std::uint64_t z, std::uint64_t wxy) {
  switch (alumode) {
    case 0b0000: return (z + wxy) & mask48;
    case 0b0011: return (z - wxy) & mask48;
    case 0b0001: return (0 - z + wxy - 1) & mask48;
    case 0b0010: return (0 - (z + wxy) - 1) & mask48;
    default: ADD_FAILURE() << "no arithmetic function"; return 0;
  }
}

class Dsp48e2 : public testing::Test {
 protected:
  // One cycle with these inputs; returns the outputs that the cycle shows. history_[n]: inputs of n cycles ago.
  const Outputs& step(const Inputs& in) {
    top_.clk = 0;
    top_.a = in.a;
    top_.b = in.b;
    top_.c = in.c;
    top_.d = in.d;
    top_.word_opmode = static_cast<std::uint16_t>(in.word_opmode);
    top_.product_opmode = static_cast<std::uint16_t>(in.product_opmode);
    top_.cascade_opmode = static_cast<std::uint16_t>(in.cascade_opmode);
    top_.alumode = static_cast<std::uint8_t>(in.alumode);
    top_.eval();
    before_ = now_;
    now_ = {top_.word_p, top_.product_p, top_.packed_p, top_.cascade_p};
    history_.push_front(in);
    if (history_.size() > settle) history_.pop_back();
    top_.clk = 1;
    top_.eval();
    return now_;
  }
  void step_until_settled() {
    for (int n = 0; n < settle; ++n) step({});
  }

  std::uint32_t bits(int count) { return static_cast<std::uint32_t>(random_() >> (64 - count)); }
  Inputs operands() {
    Inputs in;
    in.a = bits(30);
    in.b = bits(18);
    in.c = random_() & mask48;
    in.d = bits(27);
    return in;
  }
  template <class T>
  T any(std::initializer_list<T> values) {
    return values.begin()[random_() % values.size()];
  }

  std::mt19937_64 random_{1};
  Vdsp48e2_tiny top_;
  std::deque<Inputs> history_;
  Outputs now_, before_;
};

struct LogicRow {
  std::uint32_t alumode;
  Y y;
  const char* name;
  std::uint64_t (*function)(std::uint64_t x, std::uint64_t z);
};
constexpr std::array logic_rows = {
    LogicRow{0b0100, y_zero, "XOR", [](std::uint64_t x, std::uint64_t z) { return x ^ z; }},
    LogicRow{0b0101, y_zero, "XNOR", [](std::uint64_t x, std::uint64_t z) { return ~(x ^ z); }},
    LogicRow{0b0110, y_zero, "XNOR", [](std::uint64_t x, std::uint64_t z) { return ~(x ^ z); }},
    LogicRow{0b0111, y_zero, "XOR", [](std::uint64_t x, std::uint64_t z) { return x ^ z; }},
    LogicRow{0b1100, y_zero, "X AND Z", [](std::uint64_t x, std::uint64_t z) { return x & z; }},
    LogicRow{0b1101, y_zero, "X AND NOT Z", [](std::uint64_t x, std::uint64_t z) { return x & ~z; }},
    LogicRow{0b1110, y_zero, "X NAND Z", [](std::uint64_t x, std::uint64_t z) { return ~(x & z); }},
    LogicRow{0b1111, y_zero, "NOT X OR Z", [](std::uint64_t x, std::uint64_t z) { return ~x | z; }},
    LogicRow{0b0100, y_ones, "XNOR", [](std::uint64_t x, std::uint64_t z) { return ~(x ^ z); }},
    LogicRow{0b0101, y_ones, "XOR", [](std::uint64_t x, std::uint64_t z) { return x ^ z; }},
    LogicRow{0b0110, y_ones, "XOR", [](std::uint64_t x, std::uint64_t z) { return x ^ z; }},
    LogicRow{0b0111, y_ones, "XNOR", [](std::uint64_t x, std::uint64_t z) { return ~(x ^ z); }},
    LogicRow{0b1100, y_ones, "X OR Z", [](std::uint64_t x, std::uint64_t z) { return x | z; }},
    LogicRow{0b1101, y_ones, "X OR NOT Z", [](std::uint64_t x, std::uint64_t z) { return x | ~z; }},
    LogicRow{0b1110, y_ones, "X NOR Z", [](std::uint64_t x, std::uint64_t z) { return ~(x | z); }},
    LogicRow{0b1111, y_ones, "NOT X AND Z", [](std::uint64_t x, std::uint64_t z) { return ~x & z; }},
};

TEST_F(Dsp48e2, DoesEveryRowOfTheLogicTablesTwoCyclesLaterAndMayChangeItEveryCycle) {
  step_until_settled();
  std::deque<const LogicRow*> rows;
  for (int n = 0; n < 20000; ++n) {
    const LogicRow& row = logic_rows[random_() % logic_rows.size()];
    rows.push_front(&row);
    Inputs in = operands();
    in.alumode = row.alumode;
    in.word_opmode = opmode(x_ab, row.y, z_c, w_zero);
    const std::uint64_t p = step(in).word;
    if (n < 2) continue;
    const Inputs& from = history_[2];
    ASSERT_EQ(p, rows[2]->function(from.ab(), from.c) & mask48) << rows[2]->name;
    rows.pop_back();
  }
}

TEST_F(Dsp48e2, AddsWhatTheMultiplexersSelectInEveryRowOfTheArithmeticTable) {
  step_until_settled();
  struct Choice {
    X x;
    Y y;
    Z z;
    W w;
  };
  std::deque<Choice> choices(2, Choice{x_zero, y_zero, z_zero, w_zero});
  for (int n = 0; n < 20000; ++n) {
    choices.push_front(
        {any({x_zero, x_p, x_ab}), any({y_zero, y_ones, y_c}), any({z_zero, z_p, z_c}), any({w_zero, w_p, w_c})});
    const Choice& next = choices.front();
    Inputs in = operands();
    in.alumode = bits(2);
    in.word_opmode = opmode(next.x, next.y, next.z, next.w);
    const std::uint64_t p = step(in).word;
    const Inputs& from = history_[2];
    const Choice& c = choices[2];
    const std::uint64_t x = c.x == x_p ? before_.word : c.x == x_ab ? from.ab() : 0;
    const std::uint64_t y = c.y == y_ones ? mask48 : c.y == y_c ? from.c : 0;
    const std::uint64_t z = c.z == z_p ? before_.word : c.z == z_c ? from.c : 0;
    const std::uint64_t w = c.w == w_p ? before_.word : c.w == w_c ? from.c : 0;
    ASSERT_EQ(p, arithmetic(from.alumode, z, w + x + y)) << "cycle " << n;
    choices.pop_back();
  }
}

// a and b pass two registers to the product and one behind the adder; c, opmode and alumode one before the adder.
TEST_F(Dsp48e2, MultipliesSigned27By18BitsInThreeCyclesAndAddsOrTakesTheCascade) {
  step_until_settled();
  for (int n = 0; n < 20000; ++n) {
    Inputs in = operands();
    if (n % 7 == 0) in.a = any({0x4000000U, 0x3ffffffU, 0x7ffffffU, 0U});
    if (n % 5 == 0) in.b = any({0x20000U, 0x1ffffU, 0x3ffffU, 0U});
    in.product_opmode = opmode(x_m, y_m, any({z_zero, z_p, z_c}), w_zero);
    in.cascade_opmode = opmode(x_m, y_m, any({z_pcin, z_pcin_17}), any({w_zero, w_p, w_c}));
    in.alumode = any({0U, 3U});
    const Outputs p = step(in);
    if (n < settle) continue;
    const Inputs& old = history_[3];
    const Inputs& late = history_[2];
    const auto product = static_cast<std::uint64_t>(old.multiplicand() * old.factor());
    const std::uint32_t z = late.product_opmode >> 4 & 7, w = late.cascade_opmode >> 7;
    ASSERT_EQ(p.product, arithmetic(late.alumode,
                                    z == z_p   ? before_.product
                                    : z == z_c ? late.c
                                               : 0,
                                    product))
        << "cycle " << n;
    const bool shifted = (late.cascade_opmode >> 4 & 7) == z_pcin_17;
    const std::uint64_t below =
        shifted ? static_cast<std::uint64_t>(extend(before_.product, 48) >> 17) & mask48 : before_.product;
    ASSERT_EQ(p.cascade, arithmetic(late.alumode, below,
                                    product + (w == w_p   ? before_.cascade
                                               : w == w_c ? late.c
                                                          : 0)))
        << "cycle " << n;
  }
}

TEST_F(Dsp48e2, MultipliesTheSumOfThePreAdderOneCycleLater) {
  step_until_settled();
  for (int n = 0; n < 5000; ++n) {
    Inputs in = operands();
    in.product_opmode = opmode(x_m, y_m, z_c, w_zero);
    const std::uint64_t p = step(in).packed;
    if (n < settle) continue;
    const Inputs& old = history_[4];
    const std::int64_t sum = extend(std::uint64_t{old.a} + old.d, 27);
    ASSERT_EQ(p, (history_[2].c + static_cast<std::uint64_t>(sum * old.factor())) & mask48) << "cycle " << n;
  }
}

// Two products of 8-bit weights with one unsigned 8-bit activation stay apart over four sums: the lower one is 18 bits.
TEST_F(Dsp48e2, PackedProductsOfFourUnsignedActivationsComeApartExactly) {
  for (int trial = 0; trial < 500; ++trial) {
    step_until_settled();
    std::int64_t low = 0, high = 0;
    for (int n = 0; n < 4 + 4; ++n) {
      Inputs in;
      if (n < 4) {
        const bool extreme = trial % 4 == 0;
        const std::int64_t w0 = extreme ? -128 : extend(bits(8), 8),
                           w1 = extreme && trial % 8 == 0 ? 127 : extend(bits(8), 8);
        const std::int64_t x = extreme ? 255 : bits(8);
        low += w0 * x;
        high += w1 * x;
        in.a = static_cast<std::uint32_t>(w0) & 0x3fffffff;
        in.d = static_cast<std::uint32_t>(w1 * (1 << 18)) & 0x7ffffff;
        in.b = static_cast<std::uint32_t>(x);
      }
      in.product_opmode = opmode(x_m, y_m, z_p, w_zero);
      step(in);
    }
    const std::uint64_t p = step({}).packed;
    const std::int64_t lower = extend(p, 18);
    EXPECT_EQ(lower, low);
    EXPECT_EQ((extend(p, 48) - lower) >> 18, high);
  }
}

}  // namespace
}  // namespace blendsim::conformance
#endif

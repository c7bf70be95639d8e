// SPDX-License-Identifier: Apache-2.0
// Every kernel equals its plain reference, on every target that this host offers.
#include <gtest/gtest.h>

#include <hwy/targets.h>

#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "numerics/kernels/multiply_rows.h"
#include "numerics/kernels/popcount_rows.h"
#include "numerics/kernels/post_chain.h"
#include "numerics/kernels/widen.h"
#include "numerics/post_formula.h"
#include "test/unit/numerics/kernels.h"

namespace blendsim {
namespace {

#if HWY_ARCH_X86
// Not Highway's own answer (kernels/targets.cpp): the compiler's run-time library is asked the same.
TEST(Targets, AreThoseThatThisProcessorHas) {
  const std::int64_t targets = hwy::SupportedTargets();
  EXPECT_NE(targets, 0);
  EXPECT_EQ((targets & HWY_SSSE3) != 0, __builtin_cpu_supports("ssse3") != 0);
  EXPECT_EQ((targets & HWY_SSE4) != 0, __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("aes") != 0);
  EXPECT_EQ((targets & HWY_AVX2) != 0, __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ((targets & HWY_AVX3) != 0,
            __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0);
  EXPECT_EQ((targets & HWY_AVX3_DL) != 0,
            __builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("avx512bitalg") != 0);
}
#endif

constexpr std::int64_t word32 = (std::int64_t{1} << 32) - 1, lowest32 = INT32_MIN, highest32 = INT32_MAX;

TEST(PopcountRows, equal_the_reference_on_every_target) {
  Numbers numbers;
  constexpr int stride = 5, classes = 3;
  for (const int rows : {16, 48, 256}) {
    for (const int pixels : {1, 7, 11}) {
      for (const int terms : {1, 3, 12, 100}) {
        for (const int kind : {0, 1, 2, 3, 4, 5, 6, 7}) {
          const bool use_and = kind % 2 == 1, starts_given = kind / 2 % 2 == 1, subtract = kind >= 4;
          const auto units = numbers.many<std::uint16_t>(static_cast<std::size_t>(pixels * stride + 64), 0, 0xFFFF);
          const auto offsets = numbers.many<std::uint32_t>(static_cast<std::size_t>(terms), 0, 60);
          const auto masks = numbers.many<std::uint32_t>(static_cast<std::size_t>(terms), 0, word32);
          const auto weights = numbers.many<std::uint32_t>(static_cast<std::size_t>(terms * rows), 0, word32);
          const auto counted_before = numbers.many<std::int32_t>(static_cast<std::size_t>(rows), -5000, 5000);
          const auto starts = numbers.many<std::int32_t>(static_cast<std::size_t>(classes * rows), lowest32, highest32);
          auto start_offsets = numbers.many<std::uint32_t>(static_cast<std::size_t>(pixels), 0, classes - 1);
          for (std::uint32_t& offset : start_offsets) offset *= static_cast<std::uint32_t>(rows);
          const auto before =
              numbers.many<std::int32_t>(static_cast<std::size_t>(pixels * (rows + 16)), lowest32, highest32);
          PopcountRows work;
          work.units = units.data();
          work.offsets = offsets.data();
          work.masks = masks.data();
          work.weights = weights.data();
          work.before = counted_before.data();
          work.starts = starts.data();
          work.start_offsets = starts_given ? start_offsets.data() : nullptr;
          work.pixel_stride = stride;
          work.sums_stride = rows + 16;
          work.pixels = pixels;
          work.terms = terms;
          work.whole_terms = static_cast<int>(numbers.between(0, terms));
          work.rows = rows;
          work.use_and = use_and;
          work.subtract = subtract;
          work.shift = use_and ? 31 : 1;
          work.bits = starts_given ? 24 : 32;
          auto expected = before;
          popcount_rows_reference(work, expected.data());
          on_every_target([&] {
            auto sums = before;
            popcount_rows(work, sums.data());
            EXPECT_EQ(sums, expected) << rows << " rows, " << pixels << " pixels, " << terms << " terms";
          });
        }
      }
    }
  }
}

TEST(PopcountRows, count_the_places_where_a_word_and_a_row_agree) {
  // Row r's weight is the low r bits: against an operand of ones, r of the word's bits agree.
  const std::vector<std::uint16_t> ones(2, 0xFFFF);
  const std::uint32_t offset = 0;
  std::vector<std::uint32_t> weights(16);
  for (std::size_t r = 0; r < 16; ++r) weights[r] = (1U << r) - 1;
  const std::vector<std::int32_t> less_all(16, -32);
  PopcountRows work;
  work.units = ones.data();
  work.offsets = &offset;
  work.weights = weights.data();
  work.before = less_all.data();
  work.pixels = work.terms = work.whole_terms = 1;
  work.rows = 16;
  work.subtract = true;
  on_every_target([&] {
    std::vector<std::int32_t> sums(16, 100);
    popcount_rows(work, sums.data());
    for (int r = 0; r < 16; ++r) EXPECT_EQ(sums[static_cast<std::size_t>(r)], 100 + r);
  });
}

TEST(MultiplyRows, equal_the_reference_on_every_target) {
  Numbers numbers;
  constexpr int stride = 7, classes = 3;
  for (const int rows : {16, 48}) {
    for (const int pixels : {1, 8, 11}) {
      for (const int taps : {1, 9}) {
        for (const int quads : {1, 4, 24}) {
          const auto operands =
              numbers.many<std::uint8_t>(static_cast<std::size_t>(pixels * stride + 100 + 4 * quads), 0, 255);
          const auto offsets = numbers.many<std::uint32_t>(static_cast<std::size_t>(taps), 0, 100);
          const auto weights =
              numbers.many<std::int8_t>(static_cast<std::size_t>(taps * (quads + 1) * rows * 4), -128, 127);
          const auto starts = numbers.many<std::int32_t>(static_cast<std::size_t>(classes * rows), lowest32, highest32);
          auto start_offsets = numbers.many<std::uint32_t>(static_cast<std::size_t>(pixels), 0, classes - 1);
          for (std::uint32_t& offset : start_offsets) offset *= static_cast<std::uint32_t>(rows);
          MultiplyRows work;
          work.operands = operands.data();
          work.offsets = offsets.data();
          work.weights = weights.data();
          work.starts = starts.data();
          work.start_offsets = start_offsets.data();
          work.pixel_stride = stride;
          work.sums_stride = rows + 8;
          work.weights_stride = (quads + 1) * rows * 4;
          work.pixels = pixels;
          work.taps = taps;
          work.quads = quads;
          work.rows = rows;
          for (const std::uint8_t zero : {0, 128}) {
            work.zero = zero;
            std::vector<std::int32_t> expected(static_cast<std::size_t>(pixels * (rows + 8)), -1);
            const std::vector<std::int32_t> before = expected;
            multiply_rows_reference(work, expected.data());
            on_every_target([&] {
              auto sums = before;
              multiply_rows(work, sums.data());
              EXPECT_EQ(sums, expected) << rows << " rows, " << pixels << " pixels, " << taps << " taps, " << quads;
            });
          }
        }
      }
    }
  }
}

// Four products of the largest codes exceed 16 bits, and a pair of them does where a processor adds pairs with
// saturation.
TEST(MultiplyRows, hold_the_largest_products) {
  struct Case {
    std::uint8_t operand, zero;
    std::int8_t weight;
    std::int32_t product;
  };
  for (const Case& c :
       {Case{255, 0, -128, -32640}, {255, 0, 127, 32385}, {0, 128, -128, 16384}, {255, 128, -128, -16256}}) {
    constexpr int rows = 16, pixels = 9, taps = 25, quads = 64;
    const std::vector<std::uint8_t> operands(pixels + taps * quads * 4, c.operand);
    const std::vector<std::int8_t> weights(std::size_t{taps} * quads * rows * 4, c.weight);
    const std::vector<std::uint32_t> offsets(taps, 0), start_offsets(pixels, 0);
    const std::vector<std::int32_t> starts(rows, 7);
    MultiplyRows work;
    work.operands = operands.data();
    work.offsets = offsets.data();
    work.weights = weights.data();
    work.starts = starts.data();
    work.start_offsets = start_offsets.data();
    work.pixel_stride = 1;
    work.sums_stride = rows;
    work.weights_stride = quads * rows * 4;
    work.pixels = pixels;
    work.taps = taps;
    work.quads = quads;
    work.rows = rows;
    work.zero = c.zero;
    on_every_target([&] {
      std::vector<std::int32_t> sums(std::size_t{pixels} * rows);
      multiply_rows(work, sums.data());
      EXPECT_EQ(sums, std::vector<std::int32_t>(sums.size(), 7 + c.product * taps * quads * 4));
    });
  }
}

TEST(MultiplyLanes, equal_the_reference_on_every_target) {
  Numbers numbers;
  constexpr int rows = 48, pixels = 5, stride = 32;
  for (const int lanes : {0, 16, 48}) {
    for (const int taps : {1, 9, 25}) {
      const auto operands = numbers.many<std::uint8_t>(pixels * stride + 100 + rows, 0, 255);
      const auto offsets = numbers.many<std::uint32_t>(static_cast<std::size_t>(taps), 0, 100);
      const auto weights = numbers.many<std::int8_t>(static_cast<std::size_t>(taps * 128), -128, 127);
      const auto starts = numbers.many<std::int32_t>(2 * rows, lowest32, highest32);
      const std::vector<std::uint32_t> start_offsets = {0, rows, 0, 0, rows};
      MultiplyLanes work;
      work.operands = operands.data();
      work.offsets = offsets.data();
      work.weights = weights.data();
      work.starts = starts.data();
      work.start_offsets = start_offsets.data();
      work.pixel_stride = stride;
      work.sums_stride = rows + 16;
      work.weights_stride = 128;
      work.pixels = pixels;
      work.taps = taps;
      work.lanes = lanes;
      work.rows = rows;
      for (const std::uint8_t zero : {0, 128}) {
        work.zero = zero;
        const std::vector<std::int32_t> before(pixels * (rows + 16), -1);
        auto expected = before;
        multiply_lanes_reference(work, expected.data());
        on_every_target([&] {
          auto sums = before;
          multiply_lanes(work, sums.data());
          EXPECT_EQ(sums, expected) << lanes << " lanes, " << taps << " taps";
        });
      }
    }
  }
}

TEST(Widen, keeps_values_on_every_target) {
  Numbers numbers;
  const auto bytes = numbers.many<std::uint8_t>(6 * 80, 0, 255);
  for (const bool is_signed : {false, true}) {
    for (const int size : {1, 2, 4}) {
      constexpr int pixels = 5, stride = 75;
      std::vector<std::int32_t> expected(pixels * 16);
      for (std::size_t n = 0; n < expected.size(); ++n) {
        std::uint32_t raw = 0;
        for (int b = 0; b < size; ++b) {
          raw |=
              std::uint32_t{
                  bytes[n / 16 * stride + n % 16 * static_cast<std::size_t>(size) + static_cast<std::size_t>(b)]}
              << (8 * b);
        }
        const int unused = 32 - 8 * size;
        expected[n] = is_signed ? static_cast<std::int32_t>(raw << unused) >> unused : static_cast<std::int32_t>(raw);
      }
      on_every_target([&] {
        std::vector<std::int32_t> out(expected.size());
        widen_slices(bytes.data(), stride, pixels, size, is_signed, out.data());
        EXPECT_EQ(out, expected) << size << " bytes";
      });
    }
  }
}

// A quantiser as the formula has it and as the kernel has it.
struct Quantiser {
  Affine formula;
  LaneQuantiser lanes;
  Quantiser(Numbers& numbers, int multiplier_bits, int offset_bits, int largest_shift, std::int64_t lo,
            std::int64_t hi) {
    const std::int64_t m = std::int64_t{1} << (multiplier_bits - 1), b = std::int64_t{1} << (offset_bits - 1);
    std::vector<std::int64_t> multipliers = numbers.many<std::int64_t>(kernel_lanes, -m, m - 1);
    formula.offset = numbers.many<std::int64_t>(kernel_lanes, -b, b - 1);
    const auto shifts = numbers.many<std::int32_t>(kernel_lanes, 0, largest_shift);
    formula.multiplier.assign(multipliers.begin(), multipliers.end());
    formula.shift.assign(shifts.begin(), shifts.end());
    formula.lo = lo;
    formula.hi = hi;
    lanes = LaneQuantiser::of(multipliers.data(), formula.offset.data(), shifts.data(), lo, hi);
  }
};

// Widths of a chain's factors, and the range of its operands that `carrier` just holds or holds easily.
struct ChainCase {
  int multiplier_bits, offset_bits, slope_bits, last_multiplier_bits, last_offset_bits;
  std::int64_t range;
  Carrier carrier;
};

float largest_of(const std::vector<std::int32_t>& values) {
  float largest = 0;
  for (const std::int32_t value : values) largest = std::max(largest, std::abs(static_cast<float>(value)));
  return largest;
}

void chain_equals_the_formula(Numbers& numbers, const ChainCase& c, Rounding rounding, int largest_shift) {
  constexpr int pixels = 37;
  Quantiser q1(numbers, c.multiplier_bits, c.offset_bits, largest_shift, -32768, 32767),
      q2(numbers, c.multiplier_bits, c.offset_bits, largest_shift, -32768, 32767),
      q3(numbers, c.last_multiplier_bits, c.last_offset_bits, largest_shift / 2, -128, 127),
      slope(numbers, c.slope_bits, 1, largest_shift, -70000, 70000);
  const auto a = numbers.many<std::int32_t>(pixels * 16, -c.range, c.range);
  const auto b = numbers.many<std::int32_t>(pixels * 16, -c.range, c.range);
  Activation activation{slope.formula.multiplier, slope.formula.shift, -70000, 70000};
  std::vector<std::int64_t> slopes(slope.formula.multiplier.begin(), slope.formula.multiplier.end());
  std::vector<std::int32_t> slope_shifts(slope.formula.shift.begin(), slope.formula.shift.end());
  const auto lanes_slope = LaneQuantiser::of(slopes.data(), nullptr, slope_shifts.data(), -70000, 70000);
  for (Quantiser* q : {&q1, &q2, &q3}) q->formula.rounding = rounding;
  const PostChain chain{&q1.lanes, &q2.lanes, &q3.lanes, nullptr, &lanes_slope, rounding};
  ASSERT_EQ(chain.carrier(static_cast<double>(c.range), static_cast<double>(c.range)), c.carrier);
  std::vector<std::int32_t> expected(a.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    const std::size_t lane = n % 16;
    const std::int64_t join = q1.formula.apply(a[n], lane) + q2.formula.apply(b[n], lane);
    expected[n] = static_cast<std::int32_t>(q3.formula.apply(activation.apply(join, lane), lane));
  }
  on_every_target([&] {
    for (const Carrier carrier : {c.carrier, Carrier::wide}) {
      std::vector<std::int32_t> u(a.size());
      post_chain(chain, carrier, a.data(), 16, b.data(), 16, pixels, u.data());
      EXPECT_EQ(u, expected) << "range " << c.range << ", shifts to " << largest_shift;
    }
    std::vector<std::int32_t> u(a.size());
    const Magnitudes seen = try_post_chain(chain, a.data(), 16, b.data(), 16, pixels, u.data());
    EXPECT_EQ(seen.a, largest_of(a));
    EXPECT_EQ(seen.b, largest_of(b));
    if (c.carrier != Carrier::single) return;
    EXPECT_EQ(u, expected) << "range " << c.range << ", shifts to " << largest_shift;
  });
}

TEST(PostChain, equals_the_formula_on_every_target) {
  Numbers numbers;
  for (const Rounding rounding : {Rounding::half_even, Rounding::floor, Rounding::half_up}) {
    for (const ChainCase& c :
         {ChainCase{20, 48, 18, 24, 40, highest32, Carrier::wide},
          ChainCase{20, 48, 18, 24, 40, std::int64_t{1} << 17, Carrier::wide},
          ChainCase{20, 48, 18, 24, 40, 6, Carrier::wide}, ChainCase{13, 20, 7, 7, 20, 1900, Carrier::single},
          ChainCase{7, 22, 7, 7, 20, 98000, Carrier::single}, ChainCase{13, 20, 7, 7, 20, 6, Carrier::single}}) {
      for (const int largest_shift : {0, 3, 20, 26, 47, 63})
        chain_equals_the_formula(numbers, c, rounding, largest_shift);
    }
  }
}

TEST(PostChain, rounds_ties_as_the_formula_does_on_every_target) {
  Numbers numbers;
  std::vector<std::int64_t> one(16, 1), zero(16, 0);
  std::vector<std::int32_t> shift(16, 1), a(16);
  for (int lane = 0; lane < 16; ++lane) a[static_cast<std::size_t>(lane)] = lane - 8;
  for (const Rounding rounding : {Rounding::half_even, Rounding::floor, Rounding::half_up}) {
    const auto q = LaneQuantiser::of(one.data(), zero.data(), shift.data(), -100, 100);
    on_every_target([&] {
      for (const Carrier carrier : {Carrier::single, Carrier::wide}) {
        std::vector<std::int32_t> u(16);
        post_chain({&q, nullptr, nullptr, nullptr, nullptr, rounding}, carrier, a.data(), 16, nullptr, 0, 1, u.data());
        for (std::size_t lane = 0; lane < 16; ++lane) EXPECT_EQ(u[lane], shift_round(a[lane], 1, rounding)) << a[lane];
      }
    });
  }
}

TEST(PostChain, says_where_its_numbers_end) {
  const std::vector<std::int64_t> small(16, (std::int64_t{1} << 11) - 1), offset(16, 0);
  const std::vector<std::int64_t> large(16, (std::int64_t{1} << 23) - 1);
  const std::vector<std::int32_t> shift(16, 8);
  const auto chain_of = [](const LaneQuantiser& q) {
    return PostChain{&q, nullptr, nullptr, nullptr, nullptr, Rounding::half_even};
  };
  const auto q = LaneQuantiser::of(small.data(), offset.data(), shift.data(), -128, 127);
  EXPECT_EQ(chain_of(q).carrier(4095, 0), Carrier::single);  // 2^12 * 2^11 = 2^23
  EXPECT_EQ(chain_of(q).carrier(4100, 0), Carrier::wide);
  const auto p = LaneQuantiser::of(large.data(), offset.data(), shift.data(), -128, 127);
  EXPECT_EQ(chain_of(p).carrier(536870911, 0), Carrier::wide);  // 2^29 * 2^23 = 2^52
  EXPECT_EQ(chain_of(p).carrier(536870976, 0), Carrier::none);
  const auto wide_limits = LaneQuantiser::of(small.data(), offset.data(), shift.data(), -highest32, highest32);
  EXPECT_EQ(chain_of(wide_limits).carrier(1, 0), Carrier::wide);  // no single number holds 2^31 - 1
  EXPECT_EQ((PostChain{}.carrier(8388608, 0)), Carrier::single);  // 2^23
  EXPECT_EQ((PostChain{}.carrier(8388608, 1)), Carrier::wide);
  EXPECT_EQ((PostChain{}.carrier(2147483647, 1)), Carrier::none);  // the sum leaves 32 bits
}

TEST(PostChain, finds_the_largest_magnitude_on_every_target) {
  Numbers numbers;
  constexpr int pixels = 5, stride = 24;
  for (const std::int32_t extreme : {INT32_MIN, 12345, -12345, INT32_MAX}) {
    auto values = numbers.many<std::int32_t>(pixels * stride, -100, 100);
    for (int p = 0; p < pixels; ++p) values[static_cast<std::size_t>(p * stride + 20)] = INT32_MAX;  // beyond the 16
    values[3 * stride + 11] = extreme;
    on_every_target([&] {
      EXPECT_EQ(largest_magnitude(values.data(), stride, 4), std::abs(static_cast<double>(extreme)));
      EXPECT_LE(largest_magnitude(values.data(), stride, 3), 100);
    });
  }
}

TEST(Thresholds, equal_the_formula_on_every_target) {
  Numbers numbers;
  constexpr int pixels = 29;
  for (const int levels : {1, 3, 15}) {
    for (const std::int64_t limit : {std::int64_t{20}, highest32}) {
      const auto u = numbers.many<std::int32_t>(pixels * 16, -limit - 1, limit);
      const auto values = numbers.many<std::int32_t>(static_cast<std::size_t>(levels * 16), -limit - 1, limit);
      const auto direction = numbers.many<std::uint8_t>(16, 0, 1);
      Thresholds formula;
      formula.levels = levels;
      formula.direction = direction;
      formula.values.resize(static_cast<std::size_t>(levels * 16));
      std::uint16_t flip = 0;
      for (std::size_t lane = 0; lane < 16; ++lane) {
        for (int k = 0; k < levels; ++k) {
          formula.values[lane * static_cast<std::size_t>(levels) + static_cast<std::size_t>(k)] =
              values[static_cast<std::size_t>(k) * 16 + lane];
        }
        flip = static_cast<std::uint16_t>(flip | (direction[lane] == 0 ? 1U << lane : 0U));
      }
      std::vector<std::int32_t> expected(u.size());
      std::vector<std::uint16_t> expected_bits(pixels);
      for (std::size_t n = 0; n < u.size(); ++n) {
        expected[n] = static_cast<std::int32_t>(-3 + formula.count(u[n], n % 16));
        const bool bit = (u[n] >= values[n % 16]) == (direction[n % 16] != 0);
        expected_bits[n / 16] = static_cast<std::uint16_t>(expected_bits[n / 16] | (bit ? 1U << n % 16 : 0U));
      }
      on_every_target([&] {
        std::vector<std::int32_t> codes(u.size());
        std::vector<std::uint16_t> bits(pixels);
        threshold_codes(u.data(), 16, pixels, values.data(), levels, direction.data(), -3, codes.data());
        threshold_bits(u.data(), 16, pixels, values.data(), flip, bits.data());
        EXPECT_EQ(codes, expected) << levels << " levels";
        EXPECT_EQ(bits, expected_bits) << levels << " levels";
      });
    }
  }
}

TEST(Narrow, keeps_the_low_bytes_on_every_target) {
  Numbers numbers;
  constexpr int pixels = 5, stride = 80, from = 24;
  const auto values = numbers.many<std::int32_t>(pixels * from, lowest32, highest32);
  for (const int bytes : {1, 2, 4}) {
    std::vector<std::uint8_t> expected(pixels * stride, 0xA5);
    for (int p = 0; p < pixels; ++p) {
      for (int n = 0; n < 16 * bytes; ++n) {
        const auto value = static_cast<std::uint32_t>(values[static_cast<std::size_t>(p * from + n / bytes)]);
        expected[static_cast<std::size_t>(p * stride + n)] = static_cast<std::uint8_t>(value >> (8 * (n % bytes)));
      }
    }
    on_every_target([&] {
      std::vector<std::uint8_t> out(pixels * stride, 0xA5);
      narrow(values.data(), from, pixels, bytes, out.data(), stride);
      EXPECT_EQ(out, expected) << bytes << " bytes";
    });
  }
}

}  // namespace
}  // namespace blendsim

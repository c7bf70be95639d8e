// SPDX-License-Identifier: Apache-2.0
#include "numerics/post_formula.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blendsim {
namespace {

TEST(ShiftRound, TiesGoToEvenDownOrUp) {
  // value / 4: -1.5, -0.5, 0.5, 1.5, 2.5
  const std::int64_t values[] = {-6, -2, 2, 6, 10};
  const std::int64_t even[] = {-2, 0, 0, 2, 2}, down[] = {-2, -1, 0, 1, 2}, up[] = {-1, 0, 1, 2, 3};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(shift_round(values[i], 2, Rounding::half_even), even[i]) << values[i];
    EXPECT_EQ(shift_round(values[i], 2, Rounding::floor), down[i]) << values[i];
    EXPECT_EQ(shift_round(values[i], 2, Rounding::half_up), up[i]) << values[i];
  }
}

TEST(ShiftRound, EqualsRealArithmeticForEveryShift) {
  for (int shift = 0; shift <= 47; ++shift) {
    for (std::int64_t k = -40; k <= 40; ++k) {
      const std::int64_t value = k * ((std::int64_t{1} << 40) / 7) + k;  // |value| < 2^53: exact in double
      const double real = std::ldexp(static_cast<double>(value), -shift);
      EXPECT_EQ(shift_round(value, shift, Rounding::half_even), std::llrint(real)) << value << " " << shift;
      EXPECT_EQ(shift_round(value, shift, Rounding::floor), static_cast<std::int64_t>(std::floor(real)));
    }
  }
}

TEST(Affine, MultipliesAddsShiftsThenSaturates) {
  const Affine q{{3, -1}, {1, 0}, {1, 0}, -4, 7, Rounding::half_even};
  EXPECT_EQ(q.apply(1, 0), 2);  // (3 + 1) / 2
  EXPECT_EQ(q.apply(2, 0), 4);  // 3.5 is a tie: 4 is even
  EXPECT_EQ(q.apply(100, 0), 7);
  EXPECT_EQ(q.apply(-100, 0), -4);
  EXPECT_EQ(q.apply(3, 1), -3);
}

TEST(Activation, ScalesNegativesOnlyAndClamps) {
  const Activation a{{1, 0}, {2, 0}, -10, 5};
  EXPECT_EQ(a.apply(-8, 0), -2);
  EXPECT_EQ(a.apply(-6, 0), -2);  // -1.5 is a tie
  EXPECT_EQ(a.apply(4, 0), 4);
  EXPECT_EQ(a.apply(9, 0), 5);
  EXPECT_EQ(a.apply(-100, 0), -10);
  EXPECT_EQ(a.apply(-8, 1), 0);  // Relu
}

TEST(Thresholds, CountTheLevelsReachedInTheChannelsDirection) {
  const Thresholds t{3, {-1, 2, 5, -1, 2, 5}, {1, 0}, 0};
  EXPECT_EQ(t.count(-2, 0), 0);
  EXPECT_EQ(t.count(-1, 0), 1);
  EXPECT_EQ(t.count(5, 0), 3);
  EXPECT_EQ(t.count(-2, 1), 3);
  EXPECT_EQ(t.count(-1, 1), 2);
  EXPECT_EQ(t.count(5, 1), 0);
}

}  // namespace
}  // namespace blendsim

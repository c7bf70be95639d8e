// SPDX-License-Identifier: Apache-2.0
// Ranges and scales as their definitions say, the rows of a plan, what is refused.
#include "network/quantise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "network/quantise/ranges.h"

namespace blendsim {
namespace {

using quantising::activation_quantiser;
using quantising::Interval;
using quantising::Observer;

float scale_of(const operators::Quantiser& q) { return q.scale.as_float().at(0); }
float zero_of(const operators::Quantiser& q) { return q.zero_point.as_float().at(0); }

std::vector<float> values(std::size_t count, float deviation) {
  std::mt19937 generator(3);
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) {
    double sum = -6;
    for (int k = 0; k < 12; ++k) sum += static_cast<double>(generator()) * 0x1p-32;
    out.push_back(static_cast<float>(sum) * deviation);
  }
  return out;
}

TEST(Ranges, OfNothingNegativeBeginAtZero) {
  const operators::Quantiser q = activation_quantiser({0, 5.1F}, 8, 0);
  EXPECT_FALSE(q.is_signed);
  EXPECT_EQ(q.lo, 0);
  EXPECT_EQ(q.hi, 255);
  EXPECT_FLOAT_EQ(scale_of(q), 0.02F);
  EXPECT_EQ(zero_of(q), 0);
}

TEST(Ranges, OfBothSignsAreSymmetric) {
  const operators::Quantiser q = activation_quantiser({-12.7F, 6}, 8, 0);
  EXPECT_TRUE(q.is_signed);
  EXPECT_EQ(q.lo, -128);
  EXPECT_EQ(q.hi, 127);
  EXPECT_FLOAT_EQ(scale_of(q), 0.1F);
}

// Of SiLU and the like: symmetric, seven eighths of the codes below 0 would stand for nothing.
TEST(Ranges, OfLittleBelowZeroHaveAnEvenZeroPoint) {
  for (const float lo : {-0.01F, -0.28F, -1.0F}) {
    for (const int bits : {4, 6, 8}) {
      const operators::Quantiser q = activation_quantiser({lo, 6}, bits, 0);
      SCOPED_TRACE(testing::Message() << lo << " " << bits);
      EXPECT_FALSE(q.is_signed);
      EXPECT_EQ(std::fmod(zero_of(q), 2), 0);
      EXPECT_LE((0 - zero_of(q)) * scale_of(q), lo + scale_of(q));
      EXPECT_GE((static_cast<float>(q.hi) - zero_of(q)) * scale_of(q), 6 - scale_of(q));
    }
  }
}

TEST(Ranges, OfOneBitAreSignsOrZeroAndOne) {
  const operators::Quantiser signs = activation_quantiser({-2, 3}, 1, 0.7F);
  EXPECT_TRUE(signs.bipolar);
  EXPECT_FLOAT_EQ(scale_of(signs), 0.7F);
  const operators::Quantiser bits = activation_quantiser({0, 3}, 1, 0.7F);
  EXPECT_FALSE(bits.bipolar);
  EXPECT_EQ(bits.hi, 1);
}

TEST(Ranges, OfZerosAreAnything) {
  const operators::Quantiser q = activation_quantiser({0, 0}, 8, 0);
  EXPECT_TRUE(std::isnormal(scale_of(q)));
}

TEST(Ranges, HoldWhatThePlanAsksFor) {
  const std::vector<float> x = values(40'000, 2);
  Observer observer;
  observer.add(std::span(x).first(7));  // the histogram's reach grows on the way
  observer.add(std::span(x).subspan(7));
  std::vector<float> sorted = x;
  std::sort(sorted.begin(), sorted.end());
  PrecisionPlan plan;
  plan.rule = RangeRule::largest;
  EXPECT_EQ(observer.interval(8, plan).lo, sorted.front());
  EXPECT_EQ(observer.interval(8, plan).hi, sorted.back());
  plan.rule = RangeRule::percentile;
  plan.percentile = 99;
  EXPECT_NEAR(observer.interval(8, plan).hi, sorted[static_cast<std::size_t>(0.99 * 40'000)], 0.02);
  EXPECT_NEAR(observer.interval(8, plan).lo, sorted[static_cast<std::size_t>(0.01 * 40'000)], 0.02);
}

double squared_error(const std::vector<float>& x, const operators::Quantiser& q) {
  double sum = 0;
  for (const float v : x) {
    const float code =
        std::clamp(std::nearbyint(v / scale_of(q)) + zero_of(q), static_cast<float>(q.lo), static_cast<float>(q.hi));
    const double d = double{(code - zero_of(q)) * scale_of(q)} - double{v};
    sum += d * d;
  }
  return sum;
}

// The least error among all the symmetric scales that were measured, within the histogram's fineness.
TEST(Ranges, OfLeastErrorHaveIt) {
  const std::vector<float> x = values(20'000, 1);
  Observer observer;
  observer.add(x);
  for (const int bits : {2, 3, 4, 6, 8}) {
    SCOPED_TRACE(bits);
    const double chosen =
        squared_error(x, activation_quantiser(observer.interval(bits, {}), bits, observer.mean_magnitude()));
    double least = chosen;
    for (int s = 10; s <= 100; ++s) {
      const float hi = observer.ends().hi * static_cast<float>(s) / 100,
                  lo = observer.ends().lo * static_cast<float>(s) / 100;
      least = std::min(least, squared_error(x, activation_quantiser({lo, hi}, bits, 0)));
    }
    EXPECT_LE(chosen, least * (bits == 2 ? 1.35 : 1.1));
  }
}

TEST(Ranges, KnowPictures) {
  Observer whole, fractions, neither;
  std::vector<float> a, b;
  for (int i = 0; i < 256; ++i) {
    a.push_back(static_cast<float>(i));
    b.push_back(static_cast<float>(i) / 255.0F);
  }
  whole.add(a);
  fractions.add(b);
  neither.add(values(10, 1));
  EXPECT_TRUE(whole.are_multiples(1));
  EXPECT_TRUE(fractions.are_multiples(1.0F / 255.0F));
  EXPECT_FALSE(neither.are_multiples(1) || neither.are_multiples(1.0F / 255.0F));
}

TEST(WeightScales, AreAChannelsLargestOverItsLargestCode) {
  const std::vector<float> channel{0.5F, -2.54F, 1};
  EXPECT_FLOAT_EQ(quantising::weight_scale(channel, 8), 0.02F);
  EXPECT_FLOAT_EQ(quantising::weight_scale(channel, 1), (0.5F + 2.54F + 1) / 3);
  EXPECT_EQ(quantising::weight_scale(std::vector<float>(4, 0.0F), 8), 1);
  EXPECT_EQ(quantising::weight_scale(std::vector<float>(4, 1e-44F), 8), 1);
}

TEST(WeightScales, OfFewBitsClipWhereThatCostsLess) {
  std::vector<float> channel = values(1'000, 1);
  channel.push_back(20);
  EXPECT_LT(quantising::weight_scale(channel, 3), 20.0F / 3);
}

TEST(MadeUpImages, AreNormalAndTheSameEverywhere) {
  const FloatArray image = made_up_image({1, 3, 64, 64}, 1);
  double sum = 0, squares = 0;
  for (const float v : image.values) {
    sum += v;
    squares += double{v} * v;
  }
  const auto n = static_cast<double>(image.values.size());
  EXPECT_NEAR(sum / n, 0, 0.03);
  EXPECT_NEAR(squares / n, 1, 0.05);
  EXPECT_EQ(image.values, made_up_image({1, 3, 64, 64}, 1).values);
  EXPECT_NE(image.values, made_up_image({1, 3, 64, 64}, 2).values);
}

}  // namespace
}  // namespace blendsim

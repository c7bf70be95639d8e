// SPDX-License-Identifier: Apache-2.0
#include "base/progress_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blendsim {
namespace {

TEST(ProgressText, ARateHasThreeDigitsAndTheUnitThatReadsBest) {
  EXPECT_EQ(rate_text(12.34), "12.3/s");
  EXPECT_EQ(rate_text(1), "1.00/s");
  EXPECT_EQ(rate_text(1250), "1250/s");
  EXPECT_EQ(rate_text(99.97), "100/s");
  EXPECT_EQ(rate_text(9.997), "10.0/s");
  EXPECT_EQ(rate_text(0.075), "4.50/min");
  EXPECT_EQ(rate_text(0.001), "3.60/h");
}

TEST(ProgressText, NoRateHasAnExponent) {
  for (double rate = 1e-4; rate < 1e9; rate *= 1.37) {
    EXPECT_THAT(rate_text(rate), ::testing::MatchesRegex("[0-9]+(\\.[0-9]+)?/(s|min|h)")) << rate;
  }
}

TEST(ProgressText, TellsCountRateAndTimeLeft) {
  EXPECT_EQ(progress_text("simulating", "images", 37, 100, 3.0), "simulating: 37 of 100 images, 12.3/s, 5 s left");
  EXPECT_EQ(progress_text("searching", "designs", 10, 1000, 8.0), "searching: 10 of 1000 designs, 1.25/s, 13 min 12 s left");
  EXPECT_EQ(progress_text("searching", "designs", 1, 1000, 36.0), "searching: 1 of 1000 designs, 1.67/min, 9 h 59 min left");
  EXPECT_EQ(progress_text("simulating", "images", 0, 100, 3.0), "simulating: 0 of 100 images");
  EXPECT_EQ(progress_text("simulating", "images", 5, 0, 1.0), "simulating: 5 of 0 images, 5.00/s, 0 s left");
}

}  // namespace
}  // namespace blendsim

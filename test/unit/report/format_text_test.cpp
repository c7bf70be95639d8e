// SPDX-License-Identifier: Apache-2.0
#include "report/format_text.h"

#include <gtest/gtest.h>

namespace blendsim {
namespace {

TEST(FormatText, GroupsDigitsByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(FormatText, ChoosesThePrefixSoThatOneToThreeDigitsStandBeforeThePoint) {
  EXPECT_EQ(engineering(0.0001764, "s"), "176.4 us");
  EXPECT_EQ(engineering(250e6, "Hz"), "250 MHz");
  EXPECT_EQ(engineering(0.99999, "W"), "1 W");
  EXPECT_EQ(engineering(0, "J"), "0 J");
}

TEST(FormatText, AlignsColumnsToTheirWidestCell) {
  TextTable table({"layer", "n"}, {true, false});
  table.row({"a", "1,000"});
  EXPECT_EQ(table.text(), "layer      n\na      1,000\n");
}

}  // namespace
}  // namespace blendsim

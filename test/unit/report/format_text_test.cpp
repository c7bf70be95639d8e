// SPDX-License-Identifier: Apache-2.0
#include "report/format_text.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(FormatText, BreaksLinesAtBlanksAndIndentsWhatFollows) {
  const TextLayout layout{.width = 20};
  EXPECT_EQ(wrapped("note  one two three four\nshort\n", 6, layout), "note  one two three\n      four\nshort\n");
  EXPECT_EQ(wrapped("note  12345678901234567890 x\n", 6, layout), "note  12345678901234567890\n      x\n")
      << "a word is never broken";
  EXPECT_EQ(wrapped("take `one two three four` x\n", 2, layout), "take\n  `one two three four`\n  x\n")
      << "a command stays whole";
  EXPECT_EQ(wrapped("note  one two three four\n", 6, {.width = 20, .wide = true}), "note  one two three four\n");
}

TEST(FormatText, CountsCharactersNotBytesNorColours) {
  EXPECT_EQ(text_width("\xc3\xa9t\xc3\xa9"), 3U);
  EXPECT_EQ(text_width(painted("abc", Paint::bad, {.colour = true})), 3U);
  EXPECT_EQ(painted("abc", Paint::bad, {}), "abc");
  EXPECT_EQ(painted("abc", Paint::good, {.colour = true}), "\x1b[32mabc\x1b[0m");
}

TEST(TextTable, AlignsColumnsToTheirWidestCell) {
  TextTable table({{"layer", true}, {"n"}});
  table.row({"a", "1,000"});
  EXPECT_EQ(table.text(), "layer      n\na      1,000\n");
}

TEST(TextTable, LeavesZerosOfNumbersBlank) {
  TextTable table({{"unit", true}, {"a"}, {"b"}, {"c"}});
  table.row({"0", "0", "0.0 %", "-"});
  table.row({"x", "10", "~0 J", "0.1 %"});
  EXPECT_EQ(table.text(), "unit   a  b      c\n0\nx     10     0.1 %\n") << "a name may be 0";
}

TEST(TextTable, DropsTheColumnsOfHighestPriorityUntilItFitsAndSaysWhich) {
  TextTable table({{"name", true}, {"first", false, 1}, {"third", false, 3}, {"second", false, 2}});
  table.row({"conv", "1", "3", "2"});
  const std::string whole = "name  first  third  second\nconv      1      3       2\n";
  EXPECT_EQ(table.text({.width = 26}), whole) << "26 characters";
  EXPECT_EQ(table.text({.width = 25}), "name  first  second\nconv      1       2\n(third: --wide)\n");
  EXPECT_EQ(table.text({.width = 18}), "name  first\nconv      1\n(third, second:\n --wide)\n");
  EXPECT_EQ(table.text({.width = 1, .wide = true}), whole);
}

TEST(TextTable, DropsWhatIsBlankInEveryRowBeforeWhatIsNot) {
  TextTable table({{"unit", true}, {"busy", false, 1}, {"idle", false, 3}, {"fence", false, 2}});
  table.row({"load", "1", "9", "0"});
  table.row({"store", "2", "8", "0"});
  EXPECT_EQ(table.text({.width = 18}), "unit   busy  idle\nload      1     9\nstore     2     8\n(fence: --wide)\n");
}

TEST(TextTable, BreaksALongSentenceRatherThanToLeaveItOut) {
  TextTable table({{"layer", true}, {"MAC", false, 1}, {"lowering", true, 2}});
  table.row({"conv", "10", "exact"});
  table.row({"post", "0", "one value of a thousand differs, by one step at most"});
  const std::string text = table.text({.width = 50});
  EXPECT_NE(text.find("lowering"), std::string::npos) << text;
  EXPECT_NE(text.find("\n" + std::string(12, ' ')), std::string::npos)
      << "what follows a break stands below the sentence\n"
      << text;
}

TEST(TextTable, ShortensTheWidestNameWhereNoColumnCanGo) {
  TextTable table({{"layer", true}, {"cycles"}});
  table.row({"/features/stage.3/conv.2", "1,234"});
  EXPECT_EQ(table.text({.width = 24}), "layer             cycles\n..stage.3/conv.2   1,234\n");
}

TEST(TextTable, BreaksASentenceBehindTheNames) {
  TextTable table({{"name", true}, {"summary", true}});
  table.row({"net", "one two three four"});
  EXPECT_EQ(table.text({.width = 16}), "name  summary\nnet   one two\n      three four\n");
}

TEST(TextTable, ShowsTheTenRowsOfLargestWeightFirstAndAllInTheirOrder) {
  TextTable table({{"layer", true}}, "layers");
  for (int i = 0; i < 12; ++i) table.row({"l" + std::to_string(i)}, i == 3 ? 100 : -i);
  const std::string text = table.text();
  EXPECT_EQ(text.substr(0, text.find("l1\n")), "layer\nl3\nl0\n") << "equal weights keep their order";
  EXPECT_EQ(text.find("l10"), std::string::npos);
  EXPECT_NE(text.find("l9\n(2 more layers: --all)\n"), std::string::npos) << text;
  EXPECT_EQ(table.text({.all = true}).substr(0, 15), "layer\nl0\nl1\nl2\n");
  TextTable eleven({{"layer", true}}, "layers that changed");
  for (int i = 0; i < 11; ++i) eleven.row({"l" + std::to_string(i)}, -i);
  EXPECT_NE(eleven.text().find("(1 more layer that changed: --all)\n"), std::string::npos) << eleven.text();
  EXPECT_NE(table.text({.all = true}).find("l10\nl11\n"), std::string::npos);
}

}  // namespace
}  // namespace blendsim

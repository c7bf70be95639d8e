// SPDX-License-Identifier: Apache-2.0
#include "base/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace blendsim {
namespace {

constexpr std::array<std::string_view, 2> choices = {"dsp", "lut"};

ParameterRow row(Unit unit, std::int64_t minimum = 0, std::int64_t maximum = INT64_MAX) {
  ParameterRow r;
  r.name = "test";
  r.minimum = minimum;
  r.maximum = maximum;
  r.unit = unit;
  return r;
}

TEST(Quantity, IsReadWithItsUnitAndAnyOfItsScales) {
  EXPECT_EQ(parse_value("250 MHz", row(Unit::hertz)).value, 250'000'000);
  EXPECT_EQ(parse_value("0.25 GHz", row(Unit::hertz)).value, 250'000'000);
  EXPECT_EQ(parse_value("533333333 Hz", row(Unit::hertz)).value, 533'333'333);
  EXPECT_EQ(parse_value("1.5 us", row(Unit::nanosecond)).value, 1500);
  EXPECT_EQ(parse_value("2 GiB", row(Unit::byte)).value, std::int64_t{1} << 31);
  EXPECT_EQ(parse_value("70 %", row(Unit::percent)).value, 70);
  EXPECT_EQ(parse_value("70%", row(Unit::percent)).value, 70);
  EXPECT_EQ(parse_value("-40 C", row(Unit::celsius, -50, 100)).value, -40);
  EXPECT_EQ(parse_value("1 cycle", row(Unit::cycle)).value, 1);
  EXPECT_EQ(parse_value(" 12  cycles ", row(Unit::cycle)).value, 12);
  EXPECT_EQ(parse_value("3.5 pJ", row(Unit::femtojoule)).value, 3500);
  EXPECT_EQ(parse_value("16", row(Unit::none)).value, 16);
}

TEST(Quantity, ThatIsNoWholeNumberOfTheBaseUnitIsWrongUnit) {
  const ParsedValue half = parse_value("1.5 ns", row(Unit::nanosecond));
  EXPECT_EQ(half.code, Code("wrong-unit"));
  EXPECT_EQ(half.message, "'1.5 ns' is not a whole number of ns");
  EXPECT_EQ(parse_value("2.0 cycles", row(Unit::cycle)).value, 2);
  EXPECT_EQ(parse_value("16.5", row(Unit::none)).code, Code("wrong-type"));
}

TEST(Quantity, ThatIsNoNumberIsWrongType) {
  for (const char* text : {"", "MHz", "x16", "--4", ".5", "1.", "1e6", "0x10"}) {
    const ParsedValue parsed = parse_value(text, row(Unit::none));
    EXPECT_FALSE(parsed.value.has_value()) << text;
  }
  EXPECT_EQ(parse_value("fast", row(Unit::hertz)).code, Code("wrong-type"));
}

TEST(Quantity, BeyondInt64IsOutOfRange) {
  EXPECT_EQ(parse_value("99999999999999999999", row(Unit::none)).code, Code("out-of-range"));
  EXPECT_EQ(parse_value("9999999999 GHz", row(Unit::hertz)).code, Code("out-of-range"));
}

TEST(Quantity, WithAnExponentIsTheNumberThatItNames) {
  EXPECT_EQ(parse_value("2.5e2 MHz", row(Unit::hertz)).value, 250'000'000);
  EXPECT_EQ(parse_value("25e-2 GHz", row(Unit::hertz)).value, 250'000'000);
  EXPECT_EQ(parse_value("1E+3 Hz", row(Unit::hertz)).value, 1000);
  EXPECT_EQ(parse_value("0e400 Hz", row(Unit::hertz)).value, 0);
  EXPECT_EQ(parse_value("1.00000000000000000000000000 MHz", row(Unit::hertz)).value, 1'000'000);
}

TEST(Quantity, BeyondAnyRangeIsOutOfRangeHoweverItIsWrittenAndTheRangeIsNamed) {
  const ParameterRow clock = row(Unit::hertz, 1'000'000, 2'000'000'000);
  for (const char* text :
       {"1e30 MHz", "1e400 MHz", "1e99999999999999999999 MHz", "-5 MHz", "-1e30 MHz", "1e-400 MHz", "0 MHz", "0.1 Hz",
        "1000000000000000000000000000000 MHz", "0.00000000000000000000001 GHz", "2000000000.5 Hz"}) {
    const ParsedValue parsed = parse_value(text, clock);
    EXPECT_EQ(parsed.code, Code("out-of-range")) << text << ": " << parsed.message;
    EXPECT_THAT(parsed.message, testing::EndsWith("is not allowed: 1 MHz to 2 GHz"));
  }
  EXPECT_EQ(parse_value("1e30", row(Unit::none, 1, 64)).message, "1e30 is not allowed: 1 to 64");
  EXPECT_EQ(parse_value("1e-400 ns", row(Unit::nanosecond, 0, 100)).code, Code("wrong-unit")) << "no whole number";
}

TEST(Quantity, ThatIsWrittenWronglyIsNoNumberAndNoUnitIsBlamed) {
  for (const char* text : {"nan MHz", "inf MHz", "-inf MHz", "1_000 MHz", "1,000 MHz", "1.5.2 MHz", "0x10 MHz",
                           "1 000 MHz", "5e+ MHz", "1e5e5 MHz", "+5 MHz", "infinity", "NaN"}) {
    const ParsedValue parsed = parse_value(text, row(Unit::hertz, 1'000'000, 2'000'000'000));
    EXPECT_EQ(parsed.code, Code("wrong-type")) << text << ": " << parsed.message;
    EXPECT_THAT(parsed.message, testing::EndsWith("is not a number; expected 1 MHz to 2 GHz"));
  }
}

TEST(Quantity, AtTheEdgesOfItsRangeIsTakenAndOneBeyondIsNot) {
  ParameterRow r = row(Unit::none, 16, 256);
  r.step = 16;
  EXPECT_EQ(parse_value("16", r).value, 16);
  EXPECT_EQ(parse_value("256", r).value, 256);
  EXPECT_EQ(parse_value("0", r).code, Code("out-of-range"));
  EXPECT_EQ(parse_value("272", r).code, Code("out-of-range"));
  EXPECT_EQ(parse_value("17", r).message, "17 is not allowed: 16 to 256 in steps of 16");
}

TEST(Quantity, OfStepsTakesAMinimumBesideThemToo) {
  ParameterRow r = row(Unit::none, 8, 256);
  r.step = 16;
  EXPECT_EQ(parse_value("8", r).value, 8);
  EXPECT_EQ(parse_value("16", r).value, 16);
  EXPECT_EQ(parse_value("256", r).value, 256);
  EXPECT_EQ(parse_value("24", r).message, "24 is not allowed: 8, or 16 to 256 in steps of 16");
  EXPECT_EQ(parse_value("0", r).code, Code("out-of-range"));
}

TEST(Quantity, OfPowersOfTwoTakesNothingBetween) {
  ParameterRow r = row(Unit::bit, 32, 1024);
  r.step = powers_of_two;
  EXPECT_EQ(parse_value("32 bit", r).value, 32);
  EXPECT_EQ(parse_value("1024 bit", r).value, 1024);
  EXPECT_EQ(parse_value("96 bit", r).message, "96 bit is not allowed: 32 bit to 1024 bit, a power of two");
  EXPECT_EQ(parse_value("0 bit", r).code, Code("out-of-range"));
}

TEST(Quantity, PrintsInTheLargestScaleThatIsExactAndReadsBack) {
  EXPECT_EQ(format_quantity(250'000'000, Unit::hertz), "250 MHz");
  EXPECT_EQ(format_quantity(1'000'000'000, Unit::hertz), "1 GHz");
  EXPECT_EQ(format_quantity(533'333'333, Unit::hertz), "533333333 Hz");
  EXPECT_EQ(format_quantity(1500, Unit::nanosecond), "1500 ns");
  EXPECT_EQ(format_quantity(0, Unit::nanosecond), "0 ns");
  EXPECT_EQ(format_quantity(1, Unit::cycle), "1 cycle");
  EXPECT_EQ(format_quantity(2, Unit::cycle), "2 cycles");
  EXPECT_EQ(format_quantity(1, Unit::nanosecond), "1 ns");
  for (int u = 0; u <= static_cast<int>(Unit::microwatt); ++u) {
    for (const std::int64_t value :
         {0LL, 1LL, 2LL, 999LL, 1000LL, 1024LL, 1'048'576LL, 123'456'789LL, 3'000'000'000LL}) {
      const auto unit = static_cast<Unit>(u);
      EXPECT_EQ(parse_value(format_quantity(value, unit), row(unit)).value, value) << format_quantity(value, unit);
    }
  }
}

TEST(Quantity, WithAnExponentIsNoPlainNumberAndNoUnitIsBlamed) {
  const ParsedValue parsed = parse_value("1e3", row(Unit::none));
  EXPECT_EQ(parsed.code, Code("wrong-type"));
  EXPECT_EQ(parsed.hint, "write it in digits alone, without exponent: 1000");
  EXPECT_EQ(parse_value("16 bit", row(Unit::none)).hint, "write 16");
}

TEST(Choice, IsReadAndPrintedByName) {
  ParameterRow r = row(Unit::none, 0, 1);
  r.choices = choices;
  EXPECT_EQ(parse_value("lut", r).value, 1);
  EXPECT_EQ(format_value(1, r), "lut");
  EXPECT_EQ(allowed_text(r), "dsp or lut");
  EXPECT_EQ(parse_value("1", r).code, Code("wrong-type")) << "the index is not a spelling";
  EXPECT_EQ(parse_value("LUT", r).code, Code("wrong-type"));
}

}  // namespace
}  // namespace blendsim

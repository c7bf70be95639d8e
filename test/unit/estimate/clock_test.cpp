// SPDX-License-Identifier: Apache-2.0
#include "estimate/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "estimate/module_delay.h"
#include "platform/platform_schema.h"
#include "units/units.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;

const ConfigPaths paths{BLENDSIM_CONFIGS};

Platform platform_with(const std::vector<std::string>& sets) { return load_platform("zu3eg", sets, paths); }

TEST(Clock, TheSlowestPartLimitsAndItsPeriodIsTheNetlistsOverThatOfRoutedDesigns) {
  const Platform p = platform_with({});
  const ClockEstimate e = estimate_clock(p);
  ASSERT_EQ(p.device.delay, 100);
  for (const ClockEstimate::Part& part : e.parts) {
    EXPECT_LE(part.period_ps, e.limit().period_ps) << part.unit;
    const std::int64_t netlist = part.path.logic_ps + (part.path.levels + 1) * routing_per_net_ps + 35;
    EXPECT_EQ(part.period_ps, netlist * 100 / 138) << part.unit;
  }
  EXPECT_EQ(e.fmax_hz, 1'000'000'000'000 / e.limit().period_ps);
  EXPECT_LT(e.low_hz, e.fmax_hz);
  EXPECT_GT(e.high_hz, e.fmax_hz);
}

TEST(Clock, EveryUnitAndBufferHasAPath) {
  const ClockEstimate e = estimate_clock(platform_with({"transpose_unit.lanes=16"}));
  const auto has = [&](const std::string& unit) {
    return std::any_of(e.parts.begin(), e.parts.end(), [&](const auto& p) { return p.unit == unit; });
  };
  for (const std::string_view unit : unit_names) EXPECT_TRUE(has(std::string(unit))) << unit;
  for (const std::string_view buffer : buffer_names) EXPECT_TRUE(has("buffer " + std::string(buffer))) << buffer;
  for (const char* other : {"control", "dispatcher", "queue_unit"}) EXPECT_TRUE(has(other)) << other;
  for (const ClockEstimate::Part& part : e.parts) {
    EXPECT_FALSE(part.path.from.empty()) << part.unit;
    EXPECT_FALSE(part.path.to.empty()) << part.unit;
  }
}

TEST(Clock, WhatAPathGrowsWithIsAParameterOfThePlatform) {
  Platform p = platform_with({});
  const std::vector<Leaf> leaves = platform_leaves(p);
  for (const ClockEstimate::Part& part : estimate_clock(p).parts) {
    for (const std::string_view key : part.path.grows_with) {
      EXPECT_TRUE(std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return leaf.path == key; })) << key;
    }
  }
}

TEST(Clock, AFasterGradeShortensEveryPeriodByItsDelay) {
  Platform p = platform_with({});
  const ClockEstimate slow = estimate_clock(p);
  p.device.delay = 50;
  const ClockEstimate fast = estimate_clock(p);
  for (std::size_t i = 0; i < slow.parts.size(); ++i)
    EXPECT_NEAR(static_cast<double>(fast.parts[i].period_ps), static_cast<double>(slow.parts[i].period_ps) / 2, 1)
        << slow.parts[i].unit;
}

// scripts/accuracy.sh publishes these rows: shipped platforms beside where designs of this kind are reported to close.
TEST(Clock, EstimatesOfShippedPlatformsReachWhereSuchDesignsAreReportedToClose) {
  std::ostringstream table;
  for (const std::string& name : platform_names(paths)) {
    const Platform p = load_platform(name, {}, paths);
    const ClockEstimate e = estimate_clock(p);
    EXPECT_LE(e.low_hz, p.device.closes_high_hz) << name;
    EXPECT_GE(e.high_hz, p.device.closes_low_hz) << name;
    const auto mhz = [](std::int64_t hertz) { return std::to_string(hertz / 1'000'000); };
    const LongestPath& path = e.limit().path;
    table << name << ',' << p.device.name << ',' << mhz(p.machine.clock_hz) << ',' << mhz(e.fmax_hz) << ','
          << mhz(e.low_hz) << ',' << mhz(e.high_hz) << ',' << e.limit().unit << ',' << path.from << ',' << path.to
          << ',' << path.levels << ',' << mhz(p.device.closes_low_hz) << ',' << mhz(p.device.closes_high_hz) << '\n';
  }
  if (const char* file = std::getenv("BLENDSIM_CLOCK_TABLE")) std::ofstream(file) << table.str();
}

TEST(ClockWarning, IsThereOneHertzAboveTheEstimateAndNotAtIt) {
  Platform p = platform_with({});
  p.machine.clock_hz = estimate_clock(p).fmax_hz;
  EXPECT_FALSE(clock_warning(p));
  p.machine.clock_hz += 1;
  EXPECT_TRUE(clock_warning(p));
}

TEST(ClockWarning, NamesTheUnitThePathAndAClockThatWouldDo) {
  const Platform p = platform_with({"clock=600 MHz"});
  const auto warning = clock_warning(p);
  ASSERT_TRUE(warning);
  EXPECT_EQ(warning->code, Code("clock-above-estimate"));
  const ClockEstimate e = estimate_clock(p);
  EXPECT_THAT(warning->message, HasSubstr("600 MHz"));
  EXPECT_THAT(warning->message, HasSubstr(e.limit().unit + " limits it"));
  EXPECT_THAT(warning->message, HasSubstr(std::string(e.limit().path.from)));
  EXPECT_THAT(warning->hint, HasSubstr("clock=" + std::to_string(e.fmax_hz / 1'000'000) + " MHz"));
  EXPECT_THAT(warning->text("warning"), testing::StartsWith("warning[clock-above-estimate]: "));
}

// Whatever limits: each change that the hint offers takes the warning away.
void expect_levers_mend(const Platform& platform) {
  const auto warning = clock_warning(platform);
  ASSERT_TRUE(warning);
  ASSERT_FALSE(warning->levers.empty());
  for (const Lever& lever : warning->levers) {
    EXPECT_FALSE(clock_warning(with_sets(platform, lever))) << lever.front();
    for (const std::string& set : lever) EXPECT_THAT(warning->hint, HasSubstr(set));
  }
}

TEST(ClockWarning, FollowingTheHintTakesItAway) {
  expect_levers_mend(platform_with({"clock=600 MHz"}));
  expect_levers_mend(platform_with({"clock=300 MHz", "xnor_array.words=12"}));
  for (const std::string& name : platform_names(paths))
    expect_levers_mend(load_platform(name, {"clock=380 MHz"}, paths));
}

// A depth that is no power of two puts a comparison and a subtraction behind load's path into act_binary.
TEST(ClockWarning, ThePartsParameterIsNamedWhereASmallerValueReachesTheClock) {
  Platform fast = platform_with({"buffers.act_binary.depth=1024"}),
           slow = platform_with({"buffers.act_binary.depth=768"});
  const ClockEstimate aligned = estimate_clock(fast), unaligned = estimate_clock(slow);
  ASSERT_EQ(unaligned.limit().unit, "load");
  ASSERT_LT(unaligned.fmax_hz, aligned.fmax_hz);
  const std::int64_t between = (unaligned.fmax_hz + aligned.fmax_hz) / 2 / 1'000'000;
  slow = platform_with({"buffers.act_binary.depth=768", "clock=" + std::to_string(between) + " MHz"});
  const auto warning = clock_warning(slow);
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->levers, testing::ElementsAre(Lever{"buffers.act_binary.depth=512"}, testing::_));
  expect_levers_mend(slow);
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The units of rtl/ do in every cycle what the model says (README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "platform/platform.h"
#include "unit_bench.h"

namespace blendsim::conformance {
namespace {

constexpr int instructions = 500;
constexpr std::array<std::string_view, 4> platform_names = {"zu3eg", "tiny", "wide", "odd"};

MachineParameters machine_of(std::string_view platform) {
  const std::string name(platform);
  const std::string path = name == "zu3eg" ? name : BLENDSIM_SOURCE "/test/conformance/platforms/" + name + ".yaml";
  return load_platform(path, {}, {BLENDSIM_CONFIGS}).machine;
}

struct Case {
  std::size_t unit, platform, profile;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (std::size_t unit = 0; unit < unit_streams().size(); ++unit) {
    for (std::size_t platform = 0; platform < platform_names.size(); ++platform) {
      for (std::size_t profile = 0; profile < profiles.size(); ++profile) out.push_back({unit, platform, profile});
    }
  }
  return out;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return std::string(name(unit_streams()[c.unit].unit)) + "_" + std::string(platform_names[c.platform]) + "_" +
         std::string(profiles[c.profile].name);
}

void PrintTo(const Case& c, std::ostream* out) {
  *out << name(unit_streams()[c.unit].unit) << " on " << platform_names[c.platform] << ", " << profiles[c.profile].name;
}

class RtlUnitConformance : public testing::TestWithParam<Case> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RtlUnitConformance);

TEST_P(RtlUnitConformance, StartsEndsAccountsTokensAndWordsAreTheModels) {
#ifndef BLENDSIM_VERILATOR
  GTEST_SKIP() << "verilator is not installed";
#else
  const Case& c = GetParam();
  const MachineParameters machine = machine_of(platform_names[c.platform]);
  const std::uint64_t seed = 1 + c.profile + profiles.size() * (c.platform + platform_names.size() * c.unit);
  Compared compared;
  const std::string difference = run_unit_case(unit_streams()[c.unit], platform_names[c.platform], machine,
                                               profiles[c.profile], seed, instructions, compared);
  EXPECT_TRUE(difference.empty()) << difference;
  append_row("unit", std::string(name(unit_streams()[c.unit].unit)) + " " + std::string(profiles[c.profile].name),
             platform_names[c.platform], compared);
#endif
}

INSTANTIATE_TEST_SUITE_P(Units, RtlUnitConformance, testing::ValuesIn(cases()), case_name);

// A build for fewer units (BLENDSIM_CONFORMANCE_UNITS) proves less, and says so.
TEST(ConformanceUnits, AllTakePart) {
  std::set<UnitId> units;
  for (const UnitStream& stream : unit_streams()) units.insert(stream.unit);
  EXPECT_EQ(units.size(), all_units.size());
}

TEST(ConformancePlatforms, AreLegalAndDifferInEveryUnit) {
  std::set<std::int64_t> rows, lanes, latencies;
  for (const std::string_view platform : platform_names) {
    const MachineParameters machine = machine_of(platform);
    rows.insert(machine.xnor_array.rows * 1000 + machine.xnor_array.words);
    lanes.insert(machine.pool_unit.lanes);
    latencies.insert(machine.dispatcher.token_latency);
  }
  EXPECT_GE(rows.size(), 3U);
  EXPECT_GE(lanes.size(), 3U);
  EXPECT_GE(latencies.size(), 3U);
}

}  // namespace
}  // namespace blendsim::conformance

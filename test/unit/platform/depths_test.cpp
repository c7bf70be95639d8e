// SPDX-License-Identifier: Apache-2.0
// Depths that are left out, and keys that --set reaches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "platform/platform.h"
#include "platform/platform_schema.h"

namespace blendsim {
namespace {

using testing::HasSubstr;
using testing::Not;

const ConfigPaths paths{BLENDSIM_CONFIGS};

std::array<std::int64_t, 4> depths(const Platform& p) {
  return {p.machine.xnor_array.depth, p.machine.mac_array.depth, p.machine.post_unit.depth, p.machine.pool_unit.depth};
}
std::string refusal(const std::string& platform, const std::vector<std::string>& sets) {
  try {
    static_cast<void>(load_platform(platform, sets, paths));
  } catch (const DiagnosticError& error) {
    return error.what();
  }
  return "accepted";
}

using Depths = std::array<std::int64_t, 4>;

// xnor: addresses 4 + read 2 + 3 + 1 + ceil(log2(8 * words)) + 2; mac: issue 5 + read 2 + 1 + 3
// (packed 5) + 3 + adder levels; post: an
// element waits for its record (5: q2's six words of 32 bits a lane), read 2 + 34 + 15 thresholds by 3 comparators;
// pool: issue 5 + read 2 + 8.
TEST(Depths, LeftOutAreTheLeastThatEachPipelineTakes) {
  EXPECT_EQ(depths(load_platform("zu3eg", {}, paths)), (Depths{17, 15, 46, 15}));
  EXPECT_EQ(depths(load_platform("z7020", {}, paths)), (Depths{17, 15, 56, 15})) << "one comparator a lane";
  EXPECT_EQ(depths(load_platform("zu3eg-wide", {}, paths)), (Depths{17, 18, 46, 15}));
  EXPECT_EQ(depths(load_platform("k26", {}, paths)), (Depths{18, 16, 46, 15}));
  EXPECT_EQ(depths(load_platform("zu7ev", {}, paths)), (Depths{18, 17, 59, 16})) << "UltraRAM reads take a cycle more";
  EXPECT_EQ(depths(load_platform("vu9p", {}, paths)), (Depths{24, 23, 70, 20})) << "given, more than the least";
}

TEST(Depths, FollowTheParametersThatSetChanges) {
  EXPECT_EQ(depths(load_platform("zu3eg", {"xnor_array.words=6"}, paths)), (Depths{18, 15, 46, 15}));
  EXPECT_EQ(depths(load_platform("z7020", {"xnor_array.words=24"}, paths)), (Depths{20, 15, 56, 15}));
  EXPECT_EQ(depths(load_platform("zu3eg", {"mac_array.columns=1"}, paths)), (Depths{17, 12, 46, 15}));
  EXPECT_EQ(depths(load_platform("zu3eg", {"mac_array.columns=16"}, paths)), (Depths{17, 16, 46, 15}));
  EXPECT_EQ(depths(load_platform("zu3eg", {"buffers.act_fixed.latency=5 cycles"}, paths)), (Depths{17, 18, 46, 18}));
  EXPECT_EQ(load_platform("zu3eg", {"buffers.act_binary.latency=4 cycles"}, paths).machine.xnor_array.depth, 19);
  // Weights are asked for early enough while they take at most a cycle longer than the map.
  EXPECT_EQ(load_platform("zu3eg", {"buffers.weights_binary.latency=3 cycles"}, paths).machine.xnor_array.depth, 17);
  EXPECT_EQ(load_platform("zu3eg", {"buffers.weights_binary.latency=4 cycles"}, paths).machine.xnor_array.depth, 18);
  // Likewise the fixed weights; two products a slice take its pre-adder and the parting of their sums.
  const auto mac = [](const std::vector<std::string>& sets) {
    return load_platform("zu3eg", sets, paths).machine.mac_array.depth;
  };
  EXPECT_EQ(mac({"buffers.weights_fixed.latency=3 cycles"}), 15);
  EXPECT_EQ(mac({"buffers.weights_fixed.latency=4 cycles"}), 16);
  EXPECT_EQ(mac({"buffers.parameters.latency=8 cycles"}), 15) << "start words meet the accumulator alone";
  EXPECT_EQ(mac({"mac_array.products_per_dsp=2"}), 17);
  EXPECT_EQ(mac({"mac_array.products_per_dsp=2", "mac_array.columns=1"}), 12) << "one column has nothing to share";
  // The first of two slices has a record of 15 words of 1,024 bits; q2's four of the second end it.
  EXPECT_EQ(depths(load_platform("zu3eg", {"xnor_array.rows=32", "mac_array.rows=32", "post_unit.lanes=32"}, paths)),
            (Depths{17, 15, 59, 15}));
  // A half of a slice waits as long for its record as the whole.
  EXPECT_EQ(depths(load_platform("zu3eg", {"post_unit.lanes=8"}, paths)), (Depths{17, 15, 46, 15}));
}

TEST(Depths, AutoIsTheSameAsLeftOutAlsoOverAGivenNumber) {
  const Platform automatic = load_platform("vu9p", {"xnor_array.depth=auto", "pool_unit.depth=auto"}, paths);
  EXPECT_EQ(depths(automatic), (Depths{20, 23, 70, 16}));
  EXPECT_THAT(automatic.yaml(), HasSubstr("  depth: 20 cycles\n"));
  EXPECT_THAT(refusal("zu3eg", {"xnor_array.rows=auto"}), HasSubstr("--set xnor_array.rows"));
}

TEST(Depths, ASmallerOneStaysAContradictionAndALargerOneIsTheUsers) {
  EXPECT_THAT(refusal("zu3eg", {"xnor_array.words=6", "xnor_array.depth=17 cycles"}),
              HasSubstr("--set xnor_array.depth: xnor_array.depth is 17 cycles, but its pipeline takes 18 cycles"));
  EXPECT_THAT(refusal("zu3eg", {"pool_unit.depth=14 cycles"}), HasSubstr("its pipeline takes 15 cycles"));
  EXPECT_EQ(load_platform("zu3eg", {"pool_unit.depth=20 cycles"}, paths).machine.pool_unit.depth, 20);
}

TEST(Depths, TheTemplateShowsTheNumberAndWhereItComesFrom) {
  const std::string derived = commented_yaml(load_platform("zu3eg", {}, paths));
  EXPECT_THAT(derived, HasSubstr("  # depth: 46 cycles"));
  EXPECT_THAT(derived, HasSubstr("derived: the least that its pipeline takes (an element waits 6 cycles for its record "
                                 "(the longest has 27 words"));
  const std::string given = commented_yaml(load_platform("zu3eg", {"post_unit.depth=50 cycles"}, paths));
  EXPECT_THAT(given, HasSubstr("  depth: 50 cycles"));
  EXPECT_THAT(given, Not(HasSubstr("derived: the least that its pipeline takes (an element")));
}

TEST(Set, ReachesEveryKeyByItsFullName) {
  Platform zu3eg = load_platform("zu3eg", {}, paths);
  for (const Leaf& leaf : platform_leaves(zu3eg)) {
    const std::string value = leaf.text != nullptr ? *leaf.text : leaf.value_text();
    const Platform same = load_platform("zu3eg", {leaf.path + "=" + value}, paths);
    EXPECT_THAT(differences(zu3eg, same), testing::IsEmpty()) << leaf.path;
  }
}

TEST(Set, ErrorsNameTheKeyThatWasSet) {
  Platform zu3eg = load_platform("zu3eg", {}, paths);
  for (const Leaf& leaf : platform_leaves(zu3eg)) {
    if (leaf.path == "name" || leaf.path == "summary") continue;  // any text will do
    EXPECT_THAT(refusal("zu3eg", {leaf.path + "=no such value"}), HasSubstr("--set " + leaf.path + ": ")) << leaf.path;
  }
}

TEST(Assumptions, OfShippedPlatformsHoldTheValueWithinTheirRange) {
  std::size_t checked = 0;
  for (const std::string& name : platform_names(paths)) {
    Platform platform = load_platform(name, {}, paths);
    for (const Leaf& leaf : platform_leaves(platform)) {
      for (const Assumption& assumption : platform.assumptions) {
        if (assumption.key != leaf.path || leaf.number == nullptr || !leaf.row.choices.empty()) continue;
        const std::size_t dots = assumption.range.find(".."), space = assumption.range.find(' ', dots);
        ASSERT_NE(dots, std::string::npos);
        const std::string unit = space == std::string::npos ? "" : assumption.range.substr(space);
        ParameterRow row = leaf.row;
        row.step = 1;
        const ParsedValue low = parse_value(assumption.range.substr(0, dots) + unit, row);
        const ParsedValue high = parse_value(assumption.range.substr(dots + 2), row);
        ASSERT_TRUE(low.value && high.value) << name << " " << assumption.key;
        EXPECT_LE(*low.value, *leaf.number) << name << " " << assumption.key;
        EXPECT_GE(*high.value, *leaf.number) << name << " " << assumption.key;
        ++checked;
      }
    }
  }
  EXPECT_GE(checked, 15U);
}

}  // namespace
}  // namespace blendsim

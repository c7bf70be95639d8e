// SPDX-License-Identifier: Apache-2.0
// A variant is what reading the platform again with --set gives, or is refused for the same reasons.
#include "platform/variants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "platform/platform_schema.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

std::multiset<std::string> codes(const std::vector<Diagnostic>& list) {
  std::multiset<std::string> out;
  for (const Diagnostic& d : list) out.emplace(d.code.name());
  return out;
}

// Values of a leaf: its bounds, the base's and what lies around it, all of a choice.
std::vector<std::string> values_of(const Leaf& leaf, std::mt19937_64& random) {
  const ParameterRow& row = leaf.row;
  if (!row.choices.empty()) return {row.choices.begin(), row.choices.end()};
  std::vector<std::int64_t> numbers = {row.minimum,      row.maximum,      *leaf.number,    *leaf.number * 2,
                                       *leaf.number / 2, *leaf.number + 1, *leaf.number - 1};
  numbers.push_back(std::uniform_int_distribution<std::int64_t>(
      row.minimum, std::min(row.maximum, std::max(row.minimum, *leaf.number * 4)))(random));
  std::vector<std::string> out;
  for (const std::int64_t n : numbers) {
    const std::string text = format_value(n, row);
    if (parse_value(text, row).value) out.push_back(text);
  }
  if (leaf.path.ends_with(".depth") && !leaf.path.starts_with("buffers.")) out.emplace_back("auto");
  return out;
}

class Variants : public testing::TestWithParam<std::string> {};

TEST_P(Variants, AreWhatReadingThePlatformAgainGives) {
  const Platform base = load_platform(GetParam(), {}, paths);
  PlatformVariants variants(base);
  Platform copy = base;
  const std::vector<Leaf> leaves = platform_leaves(copy);
  std::mt19937_64 random(7);
  int valid = 0, refused = 0;
  for (int n = 0; n < 200; ++n) {
    std::vector<Setting> settings;
    std::vector<std::string> sets;
    const std::size_t count = 1 + random() % 4;
    while (settings.size() < count) {
      const Leaf& leaf = leaves[random() % leaves.size()];
      if (leaf.number == nullptr) continue;
      const std::vector<std::string> values = values_of(leaf, random);
      if (values.empty()) continue;
      const std::string value = values[random() % values.size()];
      settings.push_back(variants.setting(leaf.path, value, {}));
      sets.push_back(leaf.path + "=" + value);
    }
    const PlatformVariants::Variant variant = variants.make(settings);
    try {
      const Platform read = with_sets(base, sets);
      ASSERT_THAT(variant.contradictions, testing::IsEmpty())
          << testing::PrintToString(sets) << variant.contradictions.front().text();
      EXPECT_EQ(variant.platform.yaml(), read.yaml()) << testing::PrintToString(sets);
      EXPECT_THAT(variant.platform.derived, testing::UnorderedElementsAreArray(read.derived))
          << testing::PrintToString(sets);
      EXPECT_EQ(with_sets(variant.platform, {}).digest(), read.digest());
      EXPECT_EQ(variant.platform.overrides.size(), read.overrides.size());
      ++valid;
    } catch (const DiagnosticError& error) {
      EXPECT_EQ(codes(variant.contradictions), codes(error.diagnostics()))
          << testing::PrintToString(sets) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(valid, 30);
  EXPECT_GT(refused, 30);
}
INSTANTIATE_TEST_SUITE_P(Shipped, Variants, testing::Values("k26", "z7020", "vu9p"));

TEST(PlatformVariants, TextsOfCataloguesAreReadAgainOnce) {
  PlatformVariants variants(load_platform("k26", {}, paths));
  const Setting memory = variants.setting("memory.standard", "DDR4-2400-x8", {});
  const Setting rows = variants.setting("xnor_array.rows", "32", {});
  const auto variant = variants.make(std::vector{rows, memory});
  EXPECT_EQ(variant.platform.yaml(),
            load_platform("k26", {"xnor_array.rows=32", "memory.standard=DDR4-2400-x8"}, paths).yaml());
  EXPECT_EQ(variants.text(memory), "memory.standard=DDR4-2400-x8");
  EXPECT_EQ(variants.make({}).platform.yaml(), variants.base().yaml());
}

TEST(PlatformVariants, RefuseAKeyOrAValueInThePlatformsOwnWordsAtTheAskersPlace) {
  PlatformVariants variants(load_platform("k26", {}, paths));
  const Place place{"study.yaml", 7, "search.xnor_array.row"};
  const auto refusal = [&](const std::string& key, const std::string& value) -> std::string {
    try {
      (void)variants.setting(key, value, place);
    } catch (const DiagnosticError& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_THAT(refusal("xnor_array.row", "16"), testing::AllOf(testing::HasSubstr("error[bad-override]: study.yaml:7"),
                                                              testing::HasSubstr("did you mean 'xnor_array.rows'?")));
  EXPECT_THAT(refusal("xnor_array.rows", "17"), testing::HasSubstr("error[out-of-range]: study.yaml:7"));
  EXPECT_THAT(refusal("xnor_array.rows", "many"), testing::HasSubstr("error[wrong-type]: study.yaml:7"));
  EXPECT_THAT(refusal("clock", "100"), testing::HasSubstr("error[wrong-unit]: study.yaml:7"));
  EXPECT_THAT(refusal("memory.standard", "ddr9"), testing::HasSubstr("error[unknown-name]: study.yaml:7"));
}

}  // namespace
}  // namespace blendsim

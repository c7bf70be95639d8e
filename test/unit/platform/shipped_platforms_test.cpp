// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/catalogue.h"
#include "platform/platform.h"
#include "platform/platform_schema.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

TEST(ShippedPlatforms, EveryOneLoadsUnderItsFileName) {
  for (const std::string& name : platform_names(paths)) {
    SCOPED_TRACE(name);
    Platform platform;
    ASSERT_NO_THROW(try { platform = load_platform(name, {}, paths); } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
      throw;
    });
    EXPECT_EQ(platform.name, name);
    EXPECT_FALSE(platform.summary.empty());
    EXPECT_FALSE(platform.assumptions.empty()) << "every platform rests on assumptions; it must name them";
  }
}

TEST(ShippedPlatforms, CanonicalTextParsesBackToTheSamePlatform) {
  for (const std::string& name : platform_names(paths)) {
    SCOPED_TRACE(name);
    const Platform platform = load_platform(name, {}, paths);
    const Platform again = parse_platform(platform.yaml(), "program", paths);
    EXPECT_EQ(again.yaml(), platform.yaml());
    EXPECT_EQ(again.digest(), platform.digest());
    EXPECT_EQ(again.machine, platform.machine);
    EXPECT_EQ(again.limits, platform.limits);
    EXPECT_EQ(again.reserved, platform.reserved);
    EXPECT_EQ(again.assumptions.size(), platform.assumptions.size());
    EXPECT_THAT(differences(platform, again), testing::IsEmpty());
  }
}

TEST(ShippedPlatforms, TheCommentedTemplateIsAPlatformThatLoads) {
  for (const std::string& name : platform_names(paths)) {
    SCOPED_TRACE(name);
    const Platform platform = load_platform(name, {}, paths);
    const std::string text = commented_yaml(platform);
    const Platform again = parse_platform(text, "template", paths);
    EXPECT_THAT(differences(platform, again), testing::IsEmpty());
    Platform copy = platform;
    for (const Leaf& leaf : platform_leaves(copy)) EXPECT_THAT(text, testing::HasSubstr(std::string(leaf.row.sentence)));
  }
}

TEST(Catalogue, EveryDeviceAndEveryMemoryStandardIsComplete) {
  for (const std::string& name : device_names(paths)) {
    Diagnostics diagnostics;
    const auto device = find_device(name, {}, paths, diagnostics);
    ASSERT_TRUE(diagnostics.empty()) << diagnostics.list()[0].text();
    EXPECT_FALSE(device->source.empty());
    EXPECT_EQ(device->ff, 2 * device->lut) << name << ": these families have two flip-flops a LUT";
  }
  for (const std::string& name : dram_names(paths)) {
    Diagnostics diagnostics;
    const auto timing = find_dram(name, {}, paths, diagnostics);
    ASSERT_TRUE(diagnostics.empty()) << diagnostics.list()[0].text();
    EXPECT_GE(timing->rc, timing->ras + timing->rp) << name;
  }
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

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
    ASSERT_NO_THROW(
        try { platform = load_platform(name, {}, paths); } catch (const std::exception& e) {
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
    for (const Leaf& leaf : platform_leaves(copy))
      EXPECT_THAT(text, testing::HasSubstr(std::string(leaf.row.sentence)));
  }
}

// A catalogue of one's own: only the entry asked for is read, and what is wrong with it stands in its line.
TEST(Catalogue, IsReadForOneEntryAndItsErrorsKeepTheirLines) {
  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "blendsim_catalogue";
  std::filesystem::create_directories(root / "devices");
  std::ifstream shipped(device_file(paths));
  std::string text((std::istreambuf_iterator<char>(shipped)), {});
  const auto find = [&](const std::string& name) {
    std::ofstream(root / "devices" / "devices.yaml") << text;
    Diagnostics diagnostics;
    (void)find_device(name, {}, {root.string()}, diagnostics);
    return diagnostics.empty() ? std::string() : diagnostics.list().front().text();
  };
  const std::vector<std::string> names = device_names(paths);
  const std::string last = names.back();
  EXPECT_EQ(find(last), "");
  EXPECT_THAT(find("xcz"), testing::HasSubstr("no device 'xcz'"));
  text.replace(text.rfind("uram: "), 6, "urams: ");
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.rfind("urams: ")), '\n');
  EXPECT_THAT(find(last), testing::HasSubstr("devices.yaml:" + std::to_string(line) + ":"));
  EXPECT_EQ(find(names.front()), "");
  text += "  " + names.front() + ": {}\n";
  EXPECT_THAT(find(names.front()), testing::HasSubstr("duplicate-key"));
  std::filesystem::remove_all(root);
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

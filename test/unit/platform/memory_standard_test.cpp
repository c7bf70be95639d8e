// SPDX-License-Identifier: Apache-2.0
// A memory that is named later brings its own timing, whatever stated the timing of the one before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/diagnostic.h"
#include "platform/catalogue.h"
#include "platform/platform.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

// What a program embeds or a file of traffic carries.
Platform from_text(const Platform& platform) { return parse_platform(platform.yaml(), "program", paths); }

DramTiming timing_of(const std::string& standard) {
  Diagnostics diagnostics;
  return find_dram(standard, {}, paths, diagnostics).value();
}

TEST(MemoryStandard, SetOverCanonicalTextIsTheSameAsSetOverTheFile) {
  for (const std::string& name : platform_names(paths)) {
    const Platform text = from_text(load_platform(name, {}, paths));
    for (const std::string& standard : dram_names(paths)) {
      const std::vector<std::string> sets = {"memory.standard=" + standard};
      const Platform changed = with_sets(text, sets);
      EXPECT_EQ(changed.yaml(), load_platform(name, sets, paths).yaml()) << name << " with " << standard;
      EXPECT_EQ(changed.machine.memory.timing, timing_of(standard)) << name << " with " << standard;
    }
    for (const std::string& device : device_names(paths)) {
      const std::vector<std::string> sets = {"board.device=" + device};
      const auto outcome = [](const auto& read) {
        try {
          return read().yaml();
        } catch (const DiagnosticError&) {
          return std::string("refused");  // such as a clock above the part's
        }
      };
      EXPECT_EQ(outcome([&] { return with_sets(text, sets); }),
                outcome([&] { return load_platform(name, sets, paths); }))
          << name << " with " << device;
    }
  }
}

TEST(MemoryStandard, TimingSetBehindItStandsAndTimingSetBeforeItWasAnotherMemorys) {
  const std::string standard = "memory.standard=DDR4-2400", cl = "memory.timing.cl=30";
  const DramTiming catalogue = timing_of("DDR4-2400");
  ASSERT_NE(catalogue.cl, 30);
  for (const Platform& base : {load_platform("zu3eg", {}, paths), from_text(load_platform("zu3eg", {}, paths))}) {
    DramTiming behind = catalogue;
    behind.cl = 30;
    EXPECT_EQ(with_sets(base, {standard, cl}).machine.memory.timing, behind);
    EXPECT_EQ(with_sets(base, {cl, standard}).machine.memory.timing, catalogue);
    EXPECT_EQ(with_sets(with_sets(base, {cl}), {standard}).machine.memory.timing, catalogue);
    EXPECT_EQ(with_sets(base, {cl}).machine.memory.timing.cl, 30) << "over the standard that stays";
  }
}

TEST(MemoryStandard, OfAFileThatExtendsBringsItsOwnTimingToo) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("blendsim_memory" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string schema = "schema: blendsim.platform/1\n";
  std::ofstream(folder / "slow.yaml") << schema + "name: slow\nextends: zu3eg\nmemory: {timing: {cl: 60}}\n";
  std::ofstream(folder / "other.yaml") << schema + "name: other\nextends: slow.yaml\nmemory: {standard: DDR4-2400}\n";
  EXPECT_EQ(load_platform((folder / "slow.yaml").string(), {}, paths).machine.memory.timing.cl, 60);
  EXPECT_EQ(load_platform((folder / "other.yaml").string(), {}, paths).machine.memory.timing, timing_of("DDR4-2400"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "power/technology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "power/activity.h"
#include "power/terms.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};
using testing::HasSubstr;

TEST(Technology, EveryShippedOneHasASourcedEntryForEveryPrimitive) {
  for (const char* name : {"ultrascale-plus-16nm", "7series-28nm"}) {
    const Technology t = load_technology(name, paths);
    for (std::size_t p = 0; p < primitive_count; ++p) {
      const PhysicalConstant& c = t.primitives[p];
      EXPECT_GT(c.value, 0) << primitives[p].name;
      EXPECT_LT(c.low, c.high) << primitives[p].name;
      EXPECT_FALSE(c.source.empty() || c.group.empty() || c.at.empty()) << primitives[p].name;
    }
  }
}

class TechnologyFile : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) /
            ("blendsim_technology_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(root_ / "technologies");
    std::ifstream shipped(paths.root + "/technologies/ultrascale-plus-16nm.yaml");
    std::stringstream text;
    text << shipped.rdbuf();
    text_ = text.str();
    replace("name: ultrascale-plus-16nm", "name: mine");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void replace(const std::string& from, const std::string& to) {
    const std::size_t at = text_.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text_.replace(at, from.size(), to);
  }
  std::string load() {
    std::ofstream(root_ / "technologies" / "mine.yaml") << text_;
    try {
      static_cast<void>(load_technology("mine", {root_.string()}));
    } catch (const DiagnosticError& e) {
      return e.what();
    }
    return "";
  }

  std::filesystem::path root_;
  std::string text_;
};

TEST_F(TechnologyFile, IsAcceptedWhenComplete) { EXPECT_EQ(load(), ""); }

TEST_F(TechnologyFile, WithoutAPrimitiveIsRefusedNamingIt) {
  const std::size_t begin = text_.find("  ff_toggle: "), end = text_.find("  ff_clock: ");
  text_.erase(begin, end - begin);
  EXPECT_THAT(load(), HasSubstr("error[missing-key]"));
  EXPECT_THAT(load(), HasSubstr("the key 'primitives.ff_toggle' is missing"));
}

TEST_F(TechnologyFile, WithAnUnknownPrimitiveIsRefusedOfferingTheNearest) {
  replace("  ff_toggle: ", "  ff_togle: ");
  const std::string text = load();
  EXPECT_THAT(text, HasSubstr("'primitives.ff_togle': 'primitives' has no key 'ff_togle'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'ff_toggle'?"));
}

TEST_F(TechnologyFile, WithABareNumberIsRefused) {
  replace("value: 6 pJ", "value: 6");
  EXPECT_THAT(load(), HasSubstr("error[wrong-unit]"));
  EXPECT_THAT(load(), HasSubstr("'6' has no unit; expected one of: nJ, pJ, fJ"));
}

TEST_F(TechnologyFile, WithAValueOutsideItsBandIsRefused) {
  replace("value: 6 pJ, low: 2.5 pJ", "value: 6 pJ, low: 7.5 pJ");
  EXPECT_THAT(load(), HasSubstr("error[contradiction]"));
  EXPECT_THAT(load(), HasSubstr("value 6 pJ is not between low 7500 fJ and high 12500 fJ"));
}

TEST(Technology, AnUnknownNameOffersTheNearest) {
  try {
    static_cast<void>(load_technology("ultrascale-plus-16", paths));
    FAIL();
  } catch (const DiagnosticError& e) {
    EXPECT_THAT(e.what(), HasSubstr("error[unknown-name]"));
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'ultrascale-plus-16nm'?"));
  }
}

class ActivityFile : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) /
            ("blendsim_activity_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    std::filesystem::copy(paths.root + "/activity", root_ / "activity", std::filesystem::copy_options::recursive);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string load_with(const std::string& file, const std::string& from, const std::string& to) {
    const std::filesystem::path path = root_ / "activity" / file;
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    std::string all = text.str();
    const std::size_t at = all.find(from);
    if (at == std::string::npos) return "no '" + from + "' in " + file;
    std::ofstream(path) << all.replace(at, from.size(), to);
    return load();
  }
  std::string load() {
    try {
      static_cast<void>(load_activity({root_.string()}));
    } catch (const DiagnosticError& e) {
      return e.what();
    }
    return "";
  }

  std::filesystem::path root_;
};

TEST_F(ActivityFile, IsAcceptedWhenComplete) { EXPECT_EQ(load(), ""); }

TEST_F(ActivityFile, WithoutATermIsRefusedNamingIt) {
  EXPECT_THAT(load_with("load.yaml", "  byte:", "  bite:"), HasSubstr("the key 'terms.byte' is missing"));
}

TEST_F(ActivityFile, WithATermOfNothingIsRefusedUnlessItSaysSo) {
  EXPECT_THAT(load_with("xnor_array-dsp.yaml", "  result_bit: {}", "  result_bit:"),
              HasSubstr("'terms.result_bit' is empty"));
}

TEST_F(ActivityFile, OfAnotherModuleIsRefused) {
  EXPECT_THAT(load_with("load.yaml", "module: load", "module: store"), HasSubstr("but the file is load.yaml"));
}

TEST_F(ActivityFile, ThatIsMissingIsNamed) {
  std::filesystem::remove(root_ / "activity" / "pool_unit.yaml");
  EXPECT_THAT(load(), HasSubstr("pool_unit.yaml"));
}

TEST_F(ActivityFile, WithANegativeCountIsRefused) {
  EXPECT_THAT(load_with("profile.yaml", "xnor_operand: ", "xnor_operand: -"), HasSubstr("error[out-of-range]"));
}

}  // namespace
}  // namespace blendsim

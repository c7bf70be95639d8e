// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "estimate/estimate.h"
#include "platform/catalogue.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};
using testing::HasSubstr;

// A technology whose entry a costs a+1 fJ, from 0 to twice that.
Technology counting_technology() {
  Technology t;
  for (std::size_t a = 0; a < t.energy.size(); ++a) {
    const auto e = static_cast<std::int64_t>(a + 1);
    t.energy[a] = {e, 0, 2 * e, "test"};
  }
  return t;
}

Run one_action(Action action, std::size_t unit, std::int64_t count) {
  Run run;
  run.cycles = 250;
  run.actions[unit][action] = count;
  run.layer_actions.resize(2);
  run.layer_actions[1][action] = count;
  return run;
}

// Where two machines differ and their energies do not, the report says why.
TEST(Power, NamesTheParametersThatChangeNoEnergy) {
  const Technology technology = load_technology("ultrascale-plus-16nm", paths);
  std::vector<std::int64_t> energies;
  for (const std::string set : {"xnor_array.implementation=dsp", "xnor_array.implementation=lut"}) {
    const Platform platform = load_platform("zu3eg", {set}, paths);
    const PowerEstimate p = estimate_power(one_action(Action::xnor_word, 2, 1000), 1, platform, technology);
    energies.push_back(p.dynamic_fj);
    ASSERT_EQ(p.notes.size(), 1U);
    for (const std::string key : {"xnor_array.implementation", "buffers.*.kind", "memory.standard"})
      EXPECT_THAT(p.notes[0], HasSubstr(key));
    EXPECT_THAT(p.notes[0], HasSubstr(set.substr(set.size() - 3) + " here"));
  }
  EXPECT_EQ(energies[0], energies[1]) << "then the note is wrong";
}

TEST(Power, EveryActionIsCountedOnceAtItsEnergy) {
  const Platform platform = load_platform("zu3eg", {}, paths);
  const Technology technology = counting_technology();
  for (std::size_t a = 0; a < action_names.size(); ++a) {
    const PowerEstimate p = estimate_power(one_action(static_cast<Action>(a), 2, 1000), 1, platform, technology);
    const auto expected = static_cast<std::int64_t>(1000 * (a + 1));
    EXPECT_EQ(p.dynamic_fj + p.dram_fj, expected) << action_names[a];
    EXPECT_EQ(action_names[a].starts_with("dram_"), p.dram_fj == expected) << action_names[a];
    EXPECT_EQ(p.unit_fj[2], p.dynamic_fj);
    EXPECT_THAT(p.layer_fj, testing::ElementsAre(0, expected));
  }
}

TEST(Power, AveragesOverTheRunAndDividesByTheImages) {
  const Platform platform = load_platform("zu3eg", {}, paths);
  // 250 cycles at 250 MHz are 1 us; 10^9 actions of 1 fJ are 1 uJ: 1 W.
  const PowerEstimate p =
      estimate_power(one_action(Action::xnor_word, 2, 1'000'000'000), 4, platform, counting_technology());
  EXPECT_DOUBLE_EQ(p.seconds, 1e-6);
  EXPECT_DOUBLE_EQ(p.dynamic_w, 1.0);
  EXPECT_DOUBLE_EQ(p.total_w, 1.0 + p.static_w);
  EXPECT_DOUBLE_EQ(p.energy_per_inference_j, p.total_w * 1e-6 / 4);
  EXPECT_EQ(p.dynamic_low_fj, 0);
  EXPECT_EQ(p.dynamic_high_fj, 2 * p.dynamic_fj);
  EXPECT_LT(p.low_w, p.total_w);
  EXPECT_GT(p.high_w, p.total_w);
}

TEST(Power, StaticPowerDoublesEvery28Kelvin) {
  Platform platform = load_platform("zu3eg", {}, paths);
  const blendsim::Run run = one_action(Action::mac, 3, 1);
  const auto at = [&](std::int64_t celsius) {
    platform.junction_celsius = celsius;
    return estimate_power(run, 1, platform, counting_technology()).static_microwatt;
  };
  const std::int64_t reference = platform.device.static_celsius;
  EXPECT_EQ(at(reference), platform.device.static_microwatt);
  EXPECT_EQ(at(reference + 28), 2 * platform.device.static_microwatt);
  EXPECT_EQ(at(reference + 56), 4 * platform.device.static_microwatt);
  EXPECT_EQ(at(reference - 28), platform.device.static_microwatt / 2);
  EXPECT_EQ(at(reference + 14), platform.device.static_microwatt * 3 / 2) << "linear between doublings";
}

TEST(Power, IsTheSameWithValuesAndWithout) {
  const Platform platform = load_platform("zu3eg", {}, paths);
  blendsim::Run run = one_action(Action::mac, 3, 1);
  const auto with = estimate_power(run, 1, platform, counting_technology()).dynamic_fj;
  run.values = false;
  EXPECT_EQ(estimate_power(run, 1, platform, counting_technology()).dynamic_fj, with);
}

TEST(Power, AnEnergyBeyond63BitsIsOurErrorAndNeverWraps) {
  const Platform platform = load_platform("zu3eg", {}, paths);
  EXPECT_THROW(static_cast<void>(estimate_power(one_action(Action::unit_clock, 2, INT64_MAX / 2), 1, platform,
                                                counting_technology())),
               InvariantError);
}

// BISMO on an Ultra96: 15.4 binary TOPS below 8 W, so at most 0.52 pJ an operation at board level; ours counts the chip
// alone.
TEST(Technology, AnXnorOperationCostsLessThanThePublishedBoardLevelBound) {
  const Technology t = load_technology("ultrascale-plus-16nm", paths);
  const std::int64_t word = t.energy[static_cast<std::size_t>(Action::xnor_word)].high;
  const std::int64_t weights = 48 * t.energy[static_cast<std::size_t>(Action::weights_binary_read)].high;
  EXPECT_LE(word + weights, 2 * 48 * 520) << "48 XNORs and additions are 96 operations";
}

TEST(Technology, EveryShippedOneHasASourcedEntryForEveryAction) {
  for (const char* name : {"ultrascale-plus-16nm", "7series-28nm"}) {
    const Technology t = load_technology(name, paths);
    for (std::size_t a = 0; a < t.energy.size(); ++a) {
      if (t.energy[a].source.starts_with("part of ")) continue;  // counted within another action's energy
      EXPECT_GT(t.energy[a].femtojoule, 0) << action_names[a];
      EXPECT_LT(t.energy[a].low, t.energy[a].high) << action_names[a];
      EXPECT_FALSE(t.energy[a].source.empty()) << action_names[a];
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

TEST_F(TechnologyFile, WithoutAnActionIsRefusedNamingIt) {
  const std::size_t begin = text_.find("  mac: ");
  text_.erase(begin, text_.find('\n', begin) - begin + 1);
  EXPECT_THAT(load(), HasSubstr("error[missing-key]"));
  EXPECT_THAT(load(), HasSubstr("the key 'actions.mac' is missing"));
}

TEST_F(TechnologyFile, WithAnUnknownActionIsRefusedOfferingTheNearest) {
  replace("  mac: ", "  maac: ");
  const std::string text = load();
  EXPECT_THAT(text, HasSubstr("mine.yaml:11: 'actions.maac': 'actions' has no key 'maac'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'mac'?"));
}

TEST_F(TechnologyFile, WithABareNumberIsRefused) {
  replace("energy: 7 pJ", "energy: 7");
  EXPECT_THAT(load(), HasSubstr("error[wrong-unit]"));
  EXPECT_THAT(load(), HasSubstr("'7' has no unit; expected one of: nJ, pJ, fJ"));
}

TEST_F(TechnologyFile, WithAnEnergyOutsideItsBandIsRefused) {
  replace("low: 3.5 pJ", "low: 7.5 pJ");
  EXPECT_THAT(load(), HasSubstr("error[contradiction]"));
  EXPECT_THAT(load(), HasSubstr("energy 7 pJ is not between low 7500 fJ and high 15 pJ"));
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

}  // namespace
}  // namespace blendsim

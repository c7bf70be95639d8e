// SPDX-License-Identifier: Apache-2.0
#include "explore/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/diagnostic.h"
#include "explore/study_values.h"
#include "journal_fixture.h"

namespace blendsim::explore::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(StudyValues, RangesAreStepsFactorsOrEveryNumber) {
  const auto of = [](const char* text) { return range_values(text).value_or(std::vector<std::string>{"none"}); };
  EXPECT_THAT(of("3..12 step 3"), ElementsAre("3", "6", "9", "12"));
  EXPECT_THAT(of("32..200 x2"), ElementsAre("32", "64", "128"));
  EXPECT_THAT(of("1..3"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(of("100..200 step 50 MHz"), ElementsAre("100 MHz", "150 MHz", "200 MHz"));
  EXPECT_THAT(of("7..7"), ElementsAre("7"));
  for (const char* wrong : {"12..3", "1..8 step 0", "1..8 x1", "0..8 x2", "a..b", "1..", "1...3", "-3..3", "1..8 by 2"})
    EXPECT_THAT(of(wrong), ElementsAre("none")) << wrong;
}

TEST(StudyValues, BoundsCarryTheFiguresUnit) {
  const auto value = [](const char* text, const char* unit) {
    const auto bound = bound_of(text, unit);
    return bound ? bound->value : -1;
  };
  EXPECT_DOUBLE_EQ(value("<= 80 us", "s"), 80e-6);
  EXPECT_DOUBLE_EQ(value(">=200MHz", "Hz"), 200e6);
  EXPECT_DOUBLE_EQ(value("<= 40 uJ", "J"), 40e-6);
  EXPECT_DOUBLE_EQ(value("<= 2.5 W", "W"), 2.5);
  EXPECT_DOUBLE_EQ(value("<= 40000", "LUT"), 40000);
  EXPECT_DOUBLE_EQ(value("<= 12 KiB", "bytes"), 12288);
  EXPECT_TRUE(bound_of("<= 1 s", "s")->at_most);
  EXPECT_FALSE(bound_of(">= 1 s", "s")->at_most);
  for (const char* wrong : {"80 us", "< 80 us", "<= us", "<= 80", "<= 80 kB", "<= 1.2.3 s", "<= 80 us or so"})
    EXPECT_EQ(value(wrong, "s"), -1) << wrong;
  EXPECT_DOUBLE_EQ(*duration_of("1.5 min"), 90);
  EXPECT_FALSE(duration_of("10"));
  EXPECT_FALSE(duration_of("0 s"));
}

class Studies : public testing::Test {
 protected:
  Study read(const std::string& yaml) {
    std::ofstream(folder / "study.yaml") << yaml;
    return read_study(folder / "study.yaml", {BLENDSIM_CONFIGS});
  }
  std::string refusal(const std::string& yaml) {
    try {
      (void)read(yaml);
    } catch (const DiagnosticError& error) {
      return error.what();
    }
    return "taken";
  }
  Folder folder;
};

const std::string whole = R"(schema: blendsim.study/1
name: small
networks: [neuroblend_tiny]
platform: k26
search:
  xnor_array.rows: [16, 32]
  buffers.act_fixed: {regions: 1..4, depth: 256..1024 x2}
  buffers.weights_binary.kind: [bram, uram]
objectives: {latency: min, gops: max}
limits: {fits: true, lut: "<= 60000", latency: "<= 1 ms"}
method: {name: random, seed: 7, batch: 16}
budget: {evaluations: 100, time: 2 min}
journal: there.db
)";

TEST_F(Studies, SayWhatIsVariedAndSought) {
  const Study study = read(whole);
  ASSERT_EQ(study.space.dimensions.size(), 4u);
  EXPECT_EQ(study.space.size(), 2 * 4 * 3 * 2);
  EXPECT_EQ(study.space.dimensions[2].name, "buffers.act_fixed.depth");
  EXPECT_THAT(study.space.dimensions[2].values, ElementsAre("256", "512", "1024"));
  EXPECT_TRUE(study.space.dimensions[2].ordered);
  EXPECT_FALSE(study.space.dimensions[3].ordered);
  EXPECT_THAT(study.figure_names, ElementsAre("latency", "gops", "lut"));
  ASSERT_EQ(study.limits.size(), 2u);
  EXPECT_EQ(study.limits[0].figure, 2u);
  EXPECT_DOUBLE_EQ(study.limits[1].bound, 1e-3);
  EXPECT_TRUE(study.objectives[1].maximise);
  EXPECT_EQ(study.seed, 7u);
  EXPECT_EQ(study.batch, 16u);
  EXPECT_EQ(study.budget.evaluations, 100);
  EXPECT_EQ(study.budget.seconds, 120);
  EXPECT_EQ(study.journal, folder / "there.db");
  EXPECT_EQ(study.variants->text(study.settings_of({1, 3, 2, 1})[3]), "buffers.weights_binary.kind=uram");
}

TEST_F(Studies, FindTheBasePlatformsPoint) {
  const Study study = read(whole);
  const Point base = study.base_point();
  for (std::size_t d = 0; d < base.size(); ++d) {
    const Setting setting = study.settings_of(base)[d];
    if (study.space.dimensions[d].name == "buffers.act_fixed.depth") continue;  // the base's is none of the values
    EXPECT_EQ(study.space.dimensions[d].values[base[d]], study.variants->base_value(setting.key)) << d;
  }
}

TEST_F(Studies, SearchEverythingVariesSizesAndNothingElse) {
  std::string yaml = whole;
  const std::size_t begin = yaml.find("search:"), end = yaml.find("objectives:");
  const Study study = read(yaml.replace(begin, end - begin, "search: auto\n"));
  EXPECT_GT(study.space.dimensions.size(), 15u);
  for (const Dimension& d : study.space.dimensions) {
    EXPECT_GT(d.values.size(), 1u) << d.name;
    EXPECT_THAT(d.name, testing::Not(testing::AnyOf(HasSubstr("latency"), HasSubstr("memory"), HasSubstr("clock"))));
  }
}

TEST_F(Studies, AreRefusedAtTheLineThatIsWrong) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string yaml = whole;
    return yaml.replace(yaml.find(from), from.size(), to);
  };
  EXPECT_THAT(
      refusal(with("xnor_array.rows", "xnor_array.row")),
      AllOf(HasSubstr("error[bad-override]"), HasSubstr("study.yaml:6"), HasSubstr("did you mean 'xnor_array.rows'?")));
  EXPECT_THAT(refusal(with("[16, 32]", "[16, 17]")),
              AllOf(HasSubstr("error[out-of-range]"), HasSubstr("study.yaml:6")));
  EXPECT_THAT(refusal(with("[16, 32]", "[16, 16]")), HasSubstr("is given twice"));
  EXPECT_THAT(refusal(with("1..4", "4..1")), AllOf(HasSubstr("study.yaml:7"), HasSubstr("is no range")));
  EXPECT_THAT(refusal(with("gops: max", "gop: max")),
              AllOf(HasSubstr("error[unknown-name]"), HasSubstr("study.yaml:9"), HasSubstr("gops")));
  EXPECT_THAT(refusal(with("gops: max", "gops: most")), HasSubstr("write min or max"));
  EXPECT_THAT(refusal(with("<= 60000", "60000")), AllOf(HasSubstr("study.yaml:10"), HasSubstr("is no bound on lut")));
  EXPECT_THAT(refusal(with("<= 1 ms", "<= 1")), HasSubstr("such as \"<= 80 us\""));
  EXPECT_THAT(refusal(with("name: random", "name: randon")),
              AllOf(HasSubstr("study.yaml:11"), HasSubstr("did you mean 'random'?")));
  EXPECT_THAT(refusal(with("evaluations: 100, time: 2 min", "")), HasSubstr("neither evaluations nor time"));
  EXPECT_THAT(refusal(with("time: 2 min", "time: 2")), HasSubstr("'2' is no time"));
  EXPECT_THAT(refusal(with("batch: 16", "batch: 0")), HasSubstr("0 is not from 1"));
  EXPECT_THAT(refusal(with("platform: k26", "platform: k27")),
              AllOf(HasSubstr("study.yaml:4"), HasSubstr("no platform 'k27'")));
  const std::size_t limits = whole.find("limits:"), limits_end = whole.find('\n', limits);
  EXPECT_THAT(refusal(with(whole.substr(limits, limits_end - limits), "limits: [fits]")),
              AllOf(HasSubstr("error[wrong-type]"), HasSubstr("study.yaml:10"), HasSubstr("expected a map")));
  const std::size_t goals = whole.find("objectives:"), goals_end = whole.find('\n', goals);
  EXPECT_THAT(refusal(with(whole.substr(goals, goals_end - goals), "objectives: {}")),
              AllOf(HasSubstr("error[wrong-type]"), HasSubstr("one to 6 figures")));
  EXPECT_THAT(refusal(with("  xnor_array.rows: [16, 32]", "  xnor_array.rows: [16, 32]\n  xnor_array: {rows: [48]}")),
              AllOf(HasSubstr("error[duplicate-key]"), HasSubstr("xnor_array.rows is searched twice")));
  EXPECT_THAT(refusal(with("there.db", "''")), HasSubstr("expected the name of a file"));
  EXPECT_THAT(refusal(with("limits:", "limit:")),
              AllOf(HasSubstr("error[unknown-key]"), HasSubstr("did you mean 'limits'?")));
  EXPECT_THAT(refusal(with("networks: [neuroblend_tiny]", "networks: [neuroblend_tiny, mlp_w2a2]")),
              HasSubstr("latency is not of one network"));
  for (const std::string key : {"networks", "platform", "search", "objectives", "budget"}) {
    std::string yaml = whole;
    const std::size_t begin = yaml.find("\n" + key + ":") + 1, end = yaml.find("\n", yaml.find_first_of("}]6", begin));
    yaml.erase(begin, (key == "search" ? yaml.find("objectives:") - 1 : end) - begin + 1);
    EXPECT_THAT(refusal(yaml), HasSubstr("the key '" + key + "' is missing")) << yaml;
  }
}

TEST_F(Studies, AreAnotherStudyByAnythingButNameBudgetAndJournal) {
  const auto digest = [this](const std::string& from, const std::string& to) {
    std::string yaml = whole;
    Study study = read(yaml.replace(yaml.find(from), from.size(), to));
    set_network_digests(study, {"1"});
    return study.identity.digest;
  };
  const std::string same = digest("name: small", "name: small");
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"name: small", "name: large"},
                                 {"evaluations: 100", "evaluations: 200"},
                                 {"there.db", "here.db"}})
    EXPECT_EQ(digest(from, to), same) << from;
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"platform: k26", "platform: zu7ev"},
                                 {"[16, 32]", "[16, 48]"},
                                 {"latency: min", "latency: max"},
                                 {"seed: 7", "seed: 8"},
                                 {"60000", "60001"},
                                 {"fits: true", "fits: false"},
                                 {"random", "sobol"}})
    EXPECT_NE(digest(from, to), same) << from;
}

}  // namespace
}  // namespace blendsim::explore::test

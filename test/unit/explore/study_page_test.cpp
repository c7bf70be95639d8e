// SPDX-License-Identifier: Apache-2.0
// The JSON of a study's page, of trials of which everything is known.
#include "explore/study_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "explore/findings_text.h"
#include "journal_fixture.h"

namespace blendsim::explore::test {
namespace {

// k26 has 32 rows, three comparators and bursts of 16 beats, of which the space has not the second.
const std::string yaml = R"(schema: blendsim.study/1
name: small
networks: [neuroblend_tiny]
platform: k26
search:
  xnor_array.rows: [16, 32, 64]
  post_unit.comparators: [1, 7]
  load.burst: [4 beats, 16 beats]
objectives: {latency: min, gops: max}
limits: {lut: "<= 90000"}
method: {name: random, seed: 7, batch: 4}
budget: {evaluations: 100}
)";

class StudyPage : public testing::Test {
 protected:
  StudyPage() {
    std::ofstream(folder / "study.yaml") << yaml;
    study = read_study(folder / "study.yaml", {BLENDSIM_CONFIGS});
  }

  [[nodiscard]] static Trial complete(std::int64_t id, Point point, double latency, double gops, bool verified) {
    Trial out{id, std::move(point), {}, verified};
    out.outcome.stage = DesignStage::complete;
    out.outcome.figures = {latency, gops, 50'000};
    return out;
  }
  [[nodiscard]] static Trial refused(std::int64_t id, Point point) {
    Trial out{id, std::move(point), {}, false};
    out.outcome = {DesignStage::program, "does-not-fit", "act_fixed", 1, {nan, nan, 50'000}};
    return out;
  }

  // Two batches: one of four points asked for, of which a device was too small for one and one was refused, one of two.
  void find() {
    add({0, 3, {{{"device-too-small", "lut"}, 1}}, 0, 1.5},
        {complete(0, {0, 0, 0}, 4, 1, true), refused(1, {1, 0, 0}), complete(3, {2, 0, 1}, 2, 3, true)});
    add({4, 5, {}, 0, 0.5}, {complete(4, {2, 1, 1}, 3, 5, true), complete(5, {2, 1, 0}, 3, 2, false)});
  }
  void add(BatchRecord batch, const std::vector<Trial>& trials) {
    findings.add(batch, trials);
    batch.hypervolume = findings.hypervolume();
    batches.push_back(batch);
  }
  [[nodiscard]] Json page(std::size_t most = most_page_points) const {
    return study_page(study, findings, batches, "small study.yaml", most);
  }

  Folder folder;
  Study study;
  Findings findings{study.objectives};
  std::vector<BatchRecord> batches;
};

TEST_F(StudyPage, CountsWhatWasAskedForAndSaysWhatItWasAskedOf) {
  find();
  const Json json = page();
  EXPECT_EQ(json["schema"], "blendsim.study_page/1");
  EXPECT_EQ(json["command"], "small study.yaml");
  EXPECT_EQ(json["counts"], Json({{"asked", 6}, {"compiled", 5}, {"complete", 4}, {"shown", 4}}));
  EXPECT_EQ(json["seconds"], 2.0);
  EXPECT_EQ(json["study"]["limits"], Json({"fits the board", "lut <= 90,000"}));
  EXPECT_EQ(json["study"]["budget"], Json({{"evaluations", 100}, {"oracle_calls", nullptr}, {"seconds", nullptr}}));
  EXPECT_EQ(json["study"]["space"], 12.0);
  EXPECT_EQ(json["figures"][0], Json({{"name", "latency"}, {"unit", "s"}, {"goal", "min"}}));
  EXPECT_EQ(json["figures"][1]["goal"], "max");
  EXPECT_EQ(json["figures"][2], Json({{"name", "lut"}, {"unit", study.figures[2].metric->unit}, {"goal", nullptr}}));
}

TEST_F(StudyPage, HasAColumnOfTheCompletePointsForEachKeyAndFigure) {
  find();
  const Json points = page()["points"];
  EXPECT_EQ(points["id"], Json({0, 3, 4, 5}));
  EXPECT_EQ(points["keys"], Json({{0, 2, 2, 2}, {0, 0, 1, 1}, {0, 1, 1, 0}}));
  EXPECT_EQ(points["figures"],
            Json({{4.0, 2.0, 3.0, 3.0}, {1.0, 3.0, 5.0, 2.0}, {50'000.0, 50'000.0, 50'000.0, 50'000.0}}));
}

TEST_F(StudyPage, ItsFrontIsWhatNoOtherBeats) {
  find();
  EXPECT_EQ(page()["front"], Json({1, 2}));  // places of 3 (the faster) and 4 (more operations a second)
}

TEST_F(StudyPage, KeysSayWhatTheBasePlatformHas) {
  const Json keys = page()["keys"];
  ASSERT_EQ(keys.size(), 3u);
  for (std::size_t d = 0; d < keys.size(); ++d) {
    const std::string base = study.variants->base_value(study.settings[d].front().key);
    EXPECT_EQ(keys[d]["base_text"], base);
    if (keys[d]["base"].is_null()) {
      EXPECT_THAT(keys[d]["values"].get<std::vector<std::string>>(), testing::Not(testing::Contains(base)));
    } else {
      EXPECT_EQ(keys[d]["values"][keys[d]["base"].get<std::size_t>()], base);
    }
  }
}

TEST_F(StudyPage, TheBaseIsThePointThatChangesNothing) {
  study.space.dimensions.erase(study.space.dimensions.begin() + 1);
  study.settings.erase(study.settings.begin() + 1);
  for (std::uint8_t rows = 0; rows < 3; ++rows) {
    for (std::uint8_t burst = 0; burst < 2; ++burst) {
      const std::int64_t id = 2 * rows + burst;
      add({id, id, {}, 0, 0}, {complete(id, {rows, burst}, 10 - rows, burst, false)});
    }
  }
  const Json json = page();
  ASSERT_TRUE(json["base"].is_number());
  const auto id = json["points"]["id"][json["base"].get<std::size_t>()].get<std::int64_t>();
  EXPECT_THAT(changed_keys(study, findings.find(id)->point), testing::IsEmpty());
}

// Of minimised and maximised objectives the volume is below the worst of the first batch: latency 4, gops 1.
TEST_F(StudyPage, TheHistoryIsTheHypervolumeAfterEachBatch) {
  find();
  const Json json = page();
  const double first = (4 - 2) * (3 - 1);           // of (2, 3)
  const double second = first + (4 - 3) * (5 - 3);  // and of what (3, 5) adds
  EXPECT_EQ(json["history"], Json({{"evaluated", {3, 5}}, {"hypervolume", {first, second}}}));
  EXPECT_EQ(json["hypervolume"], second);
}

TEST_F(StudyPage, OfTooManyPointsTheFrontStaysAndASampleOfTheOthers) {
  std::vector<Trial> trials;
  for (std::int64_t id = 0; id < 1000; ++id)
    trials.push_back(complete(id, {0, 0, 0}, 10 + static_cast<double>(id), 1, false));
  trials.push_back(complete(1000, {1, 0, 0}, 1, 1, true));
  trials.push_back(complete(1001, {2, 0, 0}, 2, 2, true));
  add({0, 1001, {}, 0, 1}, trials);
  const Json json = page(102);
  EXPECT_EQ(json["counts"]["complete"], 1002);
  EXPECT_EQ(json["counts"]["shown"], 102);
  const auto ids = json["points"]["id"].get<std::vector<std::int64_t>>();
  ASSERT_EQ(ids.size(), 102u);
  for (std::int64_t n = 0; n < 100; ++n) EXPECT_EQ(ids[static_cast<std::size_t>(n)], 10 * n);
  EXPECT_EQ(json["front"], Json({100, 101}));
}

TEST_F(StudyPage, OutsideIsWhatTheTextSays) {
  find();
  const Json json = page();
  EXPECT_EQ(json["outside"], Json({{{"what", "device-too-small lut"}, {"count", 1}},
                                   {{"what", "does-not-fit act_fixed"}, {"count", 1}}}));
  EXPECT_EQ(json["moved_by"].size(), 2u);
  EXPECT_EQ(page().dump(), json.dump());
}

TEST_F(StudyPage, AStudyThatFoundNothingHasNoPoints) {
  const Json json = page();
  EXPECT_EQ(json["points"]["id"], Json::array());
  EXPECT_EQ(json["front"], Json::array());
  EXPECT_TRUE(json["base"].is_null());
  EXPECT_EQ(json["hypervolume"], 0.0);
}

}  // namespace
}  // namespace blendsim::explore::test

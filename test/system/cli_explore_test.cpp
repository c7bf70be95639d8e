// SPDX-License-Identifier: Apache-2.0
// blendsim explore as its users run it: a study that stops and goes on, its points as platforms that `run` repeats.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "process.h"
#include "shell.h"

namespace blendsim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::string study = R"(schema: blendsim.study/1
networks: [neuroblend_tiny]
platform: k26
search:
  xnor_array.rows: [16, 32, 48]
  xnor_array.words: [3, 6]
  mac_array.columns: [4, 8, 16]
  post_unit.lanes: [16, 32]
  post_unit.comparators: [1, 3]
  buffers.act_fixed: {regions: 1..4, depth: 128..2048 x2}
  buffers.accumulators.depth: [32, 64, 128]
objectives: {cycles: min, lut: min}
limits: {fits: true}
method: {name: METHOD, batch: 32}
budget: {evaluations: 300}
)";

class CliExplore : public ::testing::Test {
 protected:
  void SetUp() override { write("study.yaml", "evolve"); }
  void write(const std::string& file, const std::string& method) {
    std::string text = study;
    work.write(file, text.replace(text.find("METHOD"), 6, method));
  }
  // A file's lines by their first cell.
  std::map<std::string, std::vector<std::string>> table(const std::string& file) {
    std::map<std::string, std::vector<std::string>> out;
    std::istringstream lines(read_text(work.path(file)));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream cells(line);
      std::vector<std::string> row;
      for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
      out[row.at(0)] = row;
    }
    return out;
  }
  ProcessResult explore(const std::string& options) { return run_shell("blendsim explore " + options, work.path("")); }
  Workspace work;
};

TEST_F(CliExplore, FindsTheSameWithAnyNumberOfJobsAndAfterAKill) {
  const ProcessResult one = explore("study.yaml --csv one.csv");
  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.out,
              AllOf(HasSubstr("points"), HasSubstr("within the limits"), HasSubstr("cycles"), HasSubstr("moved by")));
  std::filesystem::remove(work.path("study.db"));
  ASSERT_EQ(explore("study.yaml --jobs 3 --csv three.csv").status, 0);
  EXPECT_EQ(read_text(work.path("one.csv")), read_text(work.path("three.csv")));
  std::filesystem::remove(work.path("study.db"));
  for (const std::string after : {"0.05", "0.1", "0.2", "0.4"})
    (void)run_shell("exec blendsim explore study.yaml --jobs 2 -q & sleep " + after + "; kill -9 $!; wait $!; true",
                    work.path(""));
  ASSERT_EQ(explore("study.yaml --csv killed.csv").status, 0);
  EXPECT_EQ(read_text(work.path("one.csv")), read_text(work.path("killed.csv")));
}

TEST_F(CliExplore, HasOnItsFrontWhatRunRepeatsOnThePlatformThatItWrites) {
  ASSERT_EQ(explore("study.yaml --csv all.csv -q").status, 0);
  ASSERT_EQ(run_shell("blendsim zoo neuroblend_tiny -o net.onnx -q", work.path("")).status, 0);
  const ProcessResult shown = explore("study.yaml --show --all");
  std::istringstream lines(shown.out);
  const auto rows = table("all.csv");
  int tried = 0;
  for (std::string line; std::getline(lines, line) && tried < 4;) {
    std::istringstream words(line);
    std::string id;
    words >> id;
    const auto row = rows.find(id);
    if (row == rows.end() || row->second[4] != "1") continue;  // no line of the front
    ASSERT_EQ(explore("study.yaml --take " + id + " -o point.yaml -q").status, 0);
    const ProcessResult run =
        run_shell("blendsim run net.onnx --platform point.yaml --timing-only --json r.json -q", work.path(""));
    ASSERT_EQ(run.status, 0) << run.err << read_text(work.path("point.yaml"));
    const Json report = Json::parse(read_text(work.path("r.json")));
    EXPECT_EQ(std::to_string(report["cycles"].get<std::int64_t>()), row->second[5]) << id;
    EXPECT_EQ(std::to_string(report["resources"]["lut"].get<std::int64_t>()), row->second[6]) << id;
    ++tried;
  }
  EXPECT_GE(tried, 2);
}

TEST_F(CliExplore, SaysWhichNeighboursOfAPointAreBetter) {
  ASSERT_EQ(explore("study.yaml -q").status, 0);
  const ProcessResult why = explore("study.yaml --why 0");
  ASSERT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, AllOf(HasSubstr("as it is"), HasSubstr("xnor_array.rows="), HasSubstr("better")));
  const ProcessResult none = explore("study.yaml --why 999999");
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("there is no point 999999"));
}

TEST_F(CliExplore, GoesOnWithMoreBudgetAndRefusesAnotherStudy) {
  ASSERT_EQ(explore("study.yaml -q").status, 0);
  std::string text = read_text(work.path("study.yaml"));
  work.write("study.yaml", text.replace(text.find("300"), 3, "400"));
  const ProcessResult more = explore("study.yaml");
  ASSERT_EQ(more.status, 0) << more.err;
  work.write("study.yaml", text.replace(text.find("[16, 32, 48]"), 12, "[16, 32, 64]"));
  const ProcessResult other = explore("study.yaml");
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("error[study-changed]"), HasSubstr("search.xnor_array.rows: 16, 32, 48 -> 16, 32, 64")));
}

TEST_F(CliExplore, EndsAfterTheRunningBatchOnCtrlC) {
  std::string text = read_text(work.path("study.yaml"));
  work.write("study.yaml", text.replace(text.find("300"), 3, "1000000"));
  // once there is a journal the command listens to the signal, however busy the host is
  const ProcessResult stopped = run_shell(
      "exec blendsim explore study.yaml & for i in $(seq 300); do [ -s study.db ] && break; sleep 0.1; done; sleep "
      "0.5; "
      "kill -INT $!; wait $!",
      work.path(""));
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("points"));
  EXPECT_EQ(explore("study.yaml --show").status, 0);
}

TEST_F(CliExplore, WithoutAJournalThereIsNothingToShow) {
  const ProcessResult shown = explore("study.yaml --show");
  EXPECT_EQ(shown.status, 1);
  EXPECT_THAT(shown.err, HasSubstr("study.db"));
  EXPECT_FALSE(std::filesystem::exists(work.path("study.db")));
  EXPECT_EQ(explore("study.yaml --csv study.db").status, 2);
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// A report read again is the report: the same text, the same file; what was edited is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/diagnostic.h"
#include "report/csv.h"
#include "report/saved_report.h"
#include "unit/report/sample.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Saved : public ::testing::Test {
 protected:
  ~Saved() override { std::filesystem::remove(path_); }
  const std::string& write(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }
  // What is wrong with a text; "none".
  std::string code_of(const std::string& text) {
    try {
      (void)read_report(write(text));
      return "none";
    } catch (const DiagnosticError& problem) {
      return std::string(problem.diagnostics().front().code.name());
    }
  }

  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("blendsim_saved_" + std::to_string(::getpid()))).string();
};

TEST_F(Saved, IsPrintedAsItWasAndWrittenAsItWas) {
  for (const std::size_t images : {1, 2, 25}) {
    Sample sample;
    sample.source = images == 1 ? "random" : "file";
    sample.remarks = {"a remark"};
    sample.run.completions.resize(images, sample.run.cycles);
    sample.outputs.assign(images, {{{1, 3}, {0.5F, 231, 410}}});
    const std::string text = report_json(sample.input());
    const SavedReport read = read_report(write(text));
    EXPECT_EQ(report_text(read.whole()), report_text(sample.input()));
    EXPECT_EQ(json_text(read.whole()), text);
  }
}

Json with_timeline(const Json& timeline) {
  Json report = report_object(Sample().input());
  report["timeline"] = {{"digest", report_digest(timeline)}};
  report["timeline"].update(timeline);
  return report;
}

TEST_F(Saved, KeepsATimelineOnALineOfItsOwn) {
  const Json report = with_timeline({{"main", {{"start", {1, 2, 3}}}}});
  const std::string text = json_text(report), plain = report_json(Sample().input());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::count(plain.begin(), plain.end(), '\n') + 1);
  EXPECT_EQ(Json::parse(text), report);
  EXPECT_EQ(read_report(write(text)).whole(), report);
}

TEST_F(Saved, ATimelineIsNotInTheReportsDigestAndHasItsOwn) {
  const std::string good = json_text(with_timeline({{"main", {{"start", {1, 2, 3}}}}}));
  EXPECT_EQ(code_of(good), "none");
  EXPECT_EQ(read_report(path_).digest, report_object(Sample().input()).at("digest"));
  std::string bad = good;
  bad.replace(bad.find("[1,2,3]"), 7, "[1,2,4]");
  EXPECT_EQ(code_of(bad), "report-damaged");
  Json without = Json::parse(good);
  without["timeline"].erase("digest");
  EXPECT_EQ(code_of(json_text(without)), "report-damaged");
  without["timeline"] = 7;
  EXPECT_EQ(code_of(json_text(without)), "report-damaged");
}

TEST(LayersCsv, HasARowALayerUnderTheNamesOfTheJson) {
  Sample sample;
  sample.program.layers[1].name = "conv \"1\", wide";
  const Json report = report_object(sample.input());
  const std::vector<NamedReport> one = {{"a.json", report}}, two = {{"a.json", report}, {"b.json", report}};
  const std::string csv = layers_csv(one);
  EXPECT_THAT(csv, StartsWith("name,op,unit,start,end,cycles,critical_cycles,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 4);
  EXPECT_THAT(csv, HasSubstr("\n\"conv \"\"1\"\", wide\",Conv,xnor_array,"));
  const std::string both = layers_csv(two);
  EXPECT_THAT(both, StartsWith("report,name,op,"));
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 7);
  EXPECT_THAT(both, HasSubstr("\nb.json,input,Load,load,"));
}

}  // namespace
}  // namespace blendsim

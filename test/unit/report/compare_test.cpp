// SPDX-License-Identifier: Apache-2.0
// Two reports and more: what went in, what came out, and what is no report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/diagnostic.h"
#include "report/fields.h"
#include "sample.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string write_file(const std::string& name, const std::string& text) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("blendsim_report_" + std::to_string(::getpid()) + name)).string();
  std::ofstream(path) << text;
  return path;
}

TEST(CompareReports, FindsAReportEqualToItselfWhateverTheHost) {
  Sample a, b;
  b.host.wall_s = 2;
  const std::string x = write_file("a.json", report_json(a.input())), y = write_file("b.json", report_json(b.input()));
  EXPECT_TRUE(compare_reports(x, y).equal);
}

TEST(CompareReports, SaysWhichKeyDiffersAndWhereTheCyclesComeFrom) {
  Sample a, b;
  b.platform.machine.xnor_array.rows = 32;
  b.platform.overrides = {"xnor_array.rows=32"};
  b.run.cycles = 900;
  b.run.completions = {900};
  b.run.layer_critical_cycles[1] = 110;
  b.run.layer_critical_by[1][2] = 110;
  b.run.units[2] = {.busy = 100, .stall_memory = 50, .idle = 750};
  const std::string x = write_file("a.json", report_json(a.input())), y = write_file("b.json", report_json(b.input()));
  const Comparison comparison = compare_reports(x, y);
  EXPECT_FALSE(comparison.equal);
  EXPECT_THAT(comparison.text, HasSubstr("platform.xnor_array.rows: 16 -> 32"));
  EXPECT_THAT(comparison.text, HasSubstr("the runs differ by -100 cycles\nlayers by their cycles on the critical path, "
                                         "all 1 that changed\n  conv1: -100\n"));
  EXPECT_THAT(comparison.text, HasSubstr("\n  xnor_array busy: -100\n"));
  EXPECT_THAT(comparison.text, HasSubstr("outputs are equal"));
}

std::string compared(const Sample& a, const Sample& b) {
  return compare_reports(write_file("a.json", report_json(a.input())), write_file("b.json", report_json(b.input())))
      .text;
}

TEST(CompareReports, NamesTheOptionsThatChangeWhatComesOut) {
  Sample a, b;
  b.choices.stall_seed = 3;
  EXPECT_THAT(compared(a, b), HasSubstr("what went in differs:\n  run: no option -> --stalls 3\n"));
  b.choices = {.timing_only = false, .stall_seed = {}, .flips = {"100:act_fixed:3:1", "200:act_fixed:3:1"}};
  EXPECT_THAT(compared(b, a), HasSubstr("run: --flip 100:act_fixed:3:1 --flip 200:act_fixed:3:1 -> no option\n"));
  b.choices = {.timing_only = true, .stall_seed = {}, .flips = {}};
  EXPECT_THAT(compared(a, b), HasSubstr("run: no option -> --timing-only\n"));
}

TEST(CompareReports, SaysWhichTextsDifferWhereNothingElseDoes) {
  Sample a, b;
  b.remarks = {"trace t.vcd ends early"};
  EXPECT_THAT(compared(a, b), HasSubstr("also different: notes; "));
  EXPECT_THAT(compared(a, b), HasSubstr("same network, input, options, platform, program and version\n"));
}

TEST(CompareReports, OfAPlatformNamesTheKeysAndNotHowTheyWereWritten) {
  Sample a, b;
  b.platform.overrides = {"xnor_array.rows=32"};
  b.platform.machine.xnor_array.rows = 32;
  EXPECT_THAT(compared(a, b), AllOf(HasSubstr("platform.xnor_array.rows: 16 -> 32"), Not(HasSubstr("overrides"))));
  b.platform.machine.xnor_array.rows = 16;
  EXPECT_THAT(compared(a, b), HasSubstr("the reports are equal"));
}

TEST(CompareReports, OfManySaysWhichInputEachHadAndWhoseOutputsDiffer) {
  Sample a, b, c;
  b.digest = "cd";
  b.outputs = {{{{1, 3}, {1, 2, 3}}}};
  c.choices.stall_seed = 3;
  std::vector<std::string> paths;
  for (const Sample* sample : {&a, &b, &c})
    paths.push_back(write_file("many" + std::to_string(paths.size()) + ".json", report_json(sample->input())));
  const std::string text = compare_reports(paths).text;
  EXPECT_THAT(text, HasSubstr("\n     input.digest: ab -> cd\n     OUTPUTS DIFFER\nC"));
  EXPECT_THAT(text, HasSubstr("\n     run: no option -> --stalls 3\n\n"));
}

std::string code_of(const std::string& a, const std::string& b) {
  try {
    (void)compare_reports(a, b);
  } catch (const DiagnosticError& error) {
    return std::string(error.diagnostics().front().code.name());
  }
  return "none";
}

TEST(CompareReports, RefusesWhatIsNoReport) {
  const std::string good = write_file("good.json", report_json(Sample().input()));
  EXPECT_EQ(code_of(good, "/nowhere/x.json"), "file-unreadable");
  EXPECT_EQ(code_of(good, write_file("cut.json", report_json(Sample().input()).substr(0, 500))), "file-damaged");
  EXPECT_EQ(code_of(good, write_file("other.json", R"({"schema":"blendsim.report/2"})")), "report-schema");
  EXPECT_EQ(code_of(good, write_file("bare.json", R"({"schema":"blendsim.report/2"})")), "report-schema");
  const std::string deep = R"({"schema":"blendsim.report/2","digest":"x","a":)" + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}";
  EXPECT_EQ(code_of(good, write_file("deep.json", deep)), "file-damaged");
}

// Whatever is edited, the digest left as it was: numbers, texts, keys, order, what is missing or too much.
TEST(CompareReports, RefusesAReportWhoseContentIsNotThatOfItsDigest) {
  const std::string text = report_json(Sample().input()), good = write_file("good.json", text);
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string out = text;
    const std::size_t at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return write_file("edited.json", out.replace(at, from.size(), to));
  };
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"\"cycles\": 1000", "\"cycles\": 900"},
                                          {"\"total_w\": 1.5", "\"total_w\": 1.25"},
                                          {"\"by-hand\"", "\"by-foot\""},
                                          {"\"binary_macs\"", "\"binary_mac\""},
                                          {"\"init_cycles\": 400,\n", ""},
                                          {"\"init_cycles\": 400,", "\"init_cycles\": 400, \"more\": 1,"},
                                          {"\"digest\": \"", "\"digest\": \"0"}}) {
    EXPECT_EQ(code_of(good, edited(from, to)), "report-damaged") << from;
    EXPECT_EQ(code_of(edited(from, to), good), "report-damaged") << from;
  }
  EXPECT_EQ(code_of(good, edited("\"wall_s\": 0.5", "\"wall_s\": 0.75")), "none") << "the host is not in the digest";
}

// Spaces and spellings of one number are no content; every double that a report may hold comes back as it was.
TEST(CompareReports, FindsTheDigestAgainFromTheFileAlone) {
  Sample sample;
  sample.outputs = {{{{1, 5}, {0.1F, -0.0F, 1e-30F, 3.4e38F, 16777216.5F}}}};
  sample.power.watts.dynamic = 1.0 / 3;
  sample.platform.name = "Z\xc3\xbcrich \xff \"quoted\"\n";
  const std::string text = report_json(sample.input());
  const std::string pretty = write_file("pretty.json", text),
                    dense = write_file("dense.json", Json::parse(text).dump());
  EXPECT_TRUE(compare_reports(pretty, dense).equal);
}

TEST(CompareReports, ComparesTheContentAndNotTheDigests) {
  const std::string folder = BLENDSIM_SHARED "/cases/reliability/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the shared cases are not there";
  EXPECT_EQ(code_of(folder + "compare_original_report.json", folder + "compare_original_report.json"), "none");
  EXPECT_EQ(code_of(folder + "compare_original_report.json", folder + "compare_changed_report.json"), "report-damaged");
}

}  // namespace
}  // namespace blendsim

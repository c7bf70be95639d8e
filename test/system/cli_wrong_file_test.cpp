// SPDX-License-Identifier: Apache-2.0
// A file of a kind that a command does not take, and an input that the network cannot hold: one sentence says which and
// what to do instead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "process.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;

class CliWrongFile : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    ASSERT_EQ(blendsim_cli({"zoo", "mlp_w2a2", "-o", file("net.onnx")}).status, 0);
    ASSERT_EQ(blendsim_cli({"compile", file("net.onnx"), "--platform", "zu7ev", "--set", "clock=200 MHz", "-o",
                            file("net.program"), "--lowered", file("lowered.onnx")})
                  .status,
              0);
    ASSERT_EQ(blendsim_cli({"run", file("net.program"), "--timing-only", "--json", file("report.json")}).status, 0);
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static std::string file(const std::string& name) { return files_->path(name); }

  static void expect_one_error(const std::vector<std::string>& arguments, const std::string& is,
                               const std::string& hint) {
    const ProcessResult result = blendsim_cli(arguments);
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_THAT(result.err, HasSubstr("error[file-unrecognised]: "));
    EXPECT_EQ(result.err.find("error[", 1), std::string::npos) << result.err;
    EXPECT_THAT(result.err, HasSubstr(is));
    EXPECT_THAT(result.err, HasSubstr("hint: " + hint));
  }

  static inline Workspace* files_ = nullptr;
  Workspace work;
};

TEST_F(CliWrongFile, ALoweredNetworkIsNotTakenForAnOriginal) {
  const std::string is = "this is a lowered network",
                    hint = "give `blendsim run` or `blendsim compile` the original network, or run the program";
  expect_one_error({"run", file("lowered.onnx"), "--platform", "zu7ev"}, is, hint);
  expect_one_error({"compile", file("lowered.onnx"), "--platform", "zu7ev", "-o", work.path("p")}, is, hint);
  expect_one_error({"inspect", file("lowered.onnx")}, is, hint);
  expect_one_error({"compare", file("report.json"), file("lowered.onnx")}, is, hint);
  for (const std::string other : {"platforms", "rtl"}) {
    std::vector<std::string> line = {other, file("lowered.onnx")};
    if (other == "rtl") line.insert(line.end(), {"-o", work.path("rtl")});
    expect_one_error(line, is, hint);
  }
  expect_one_error({"run", file("net.onnx"), "--platform", file("lowered.onnx")}, is, hint);
  expect_one_error({"run", file("net.program"), "--input", file("lowered.onnx")}, is, hint);
}

TEST_F(CliWrongFile, AReportIsNeitherNetworkNorProgramNorPlatform) {
  const std::string is = "this is a report of `blendsim run --json`",
                    hint = "`blendsim report " + file("report.json") + "` shows it again";
  expect_one_error({"run", file("report.json"), "--platform", "zu7ev"}, is, hint);
  expect_one_error({"compile", file("report.json"), "--platform", "zu7ev", "-o", work.path("p")}, is, hint);
  expect_one_error({"inspect", file("report.json")}, is, hint);
  expect_one_error({"platforms", file("report.json")}, is, hint);
  expect_one_error({"run", file("net.onnx"), "--platform", file("report.json")}, is, hint);
  expect_one_error({"run", file("net.program"), "--input", file("report.json")}, is, hint);
}

TEST_F(CliWrongFile, AProgramIsCompiledAlready) {
  const std::string hint = "`blendsim run " + file("net.program") + "` simulates it, and writes a report with --json";
  expect_one_error({"compile", file("net.program"), "--platform", "zu7ev", "-o", work.path("p")}, "this is a program",
                   hint);
  expect_one_error({"compare", file("report.json"), file("net.program")}, "expected a report, this is a program", hint);
  expect_one_error({"run", file("net.onnx"), "--platform", file("net.program")},
                   "expected a platform, this is a program", hint);
}

TEST_F(CliWrongFile, ANetworkAPlatformAndAPictureNameTheirCommand) {
  expect_one_error({"compare", file("report.json"), file("net.onnx")}, "this is an ONNX network",
                   "`blendsim run " + file("net.onnx") + " --platform PLATFORM` simulates it");
  const std::string yaml = work.write("mine.yaml", blendsim_cli({"platforms", "k26"}).out);
  expect_one_error({"run", yaml, "--platform", "k26"}, "this is a YAML text",
                   "a platform is given to a command: --platform " + yaml);
  const std::string picture = work.path("x.npy");
  write_npy(picture, FloatArray{{1}, {0}});
  expect_one_error({"inspect", picture}, "this is a NumPy array",
                   "`blendsim run NETWORK --platform PLATFORM --input " + picture + "` reads it");
}

// Every command says what a trace is and what reads it; none takes it for a network.
TEST_F(CliWrongFile, OurOwnTracesAreKnown) {
  const std::map<std::string, std::pair<std::string, std::string>> kinds = {
      {"t.pftrace", {"this is a trace for Perfetto", "ui.perfetto.dev shows it"}},
      {"t.fst", {"this is a trace of waves", "GTKWave shows it"}},
      {"t.vcd", {"this is a trace of waves", "GTKWave shows it"}},
      {"t.sqlite", {"this is an SQLite file", "sqlite3 reads it"}}};
  for (const auto& [name, words] : kinds) {
    const std::string trace = work.path(name);
    ASSERT_EQ(blendsim_cli({"run", file("net.program"), "--timing-only", "-q", "--trace", trace}).status, 0);
    for (const std::vector<std::string>& line : {std::vector<std::string>{"run", trace},
                                                 {"why", trace},
                                                 {"debug", trace},
                                                 {"inspect", trace},
                                                 {"report", trace},
                                                 {"compare", trace, trace},
                                                 {"replay", trace},
                                                 {"diff", trace, file("net.program")},
                                                 {"diff", file("net.program"), "--events", trace},
                                                 {"compile", trace, "--platform", "k26", "-o", "x"},
                                                 {"run", file("net.onnx"), "--platform", trace},
                                                 {"run", file("net.program"), "--input", trace}}) {
      SCOPED_TRACE(line.front() + " " + name);
      expect_one_error(line, words.first, words.second);
    }
  }
  const std::string table = work.path("t.npy");
  ASSERT_EQ(blendsim_cli({"run", file("net.program"), "--timing-only", "-q", "--trace", table}).status, 0);
  expect_one_error({"run", file("net.program"), "--input", table}, "this is a table of records",
                   "`blendsim diff PROGRAM " + table + "` compares it with the model");
  EXPECT_EQ(blendsim_cli({"diff", file("net.program"), table}).status, 0);
}

// --- inputs that the network's quantiser cannot hold
// ------------------------------------------------------------------
class CliClipped : public CliWrongFile {
 protected:
  // A picture of 0 to 255 as .npy.
  std::string picture() const {
    FloatArray array{{1, 1, 16, 16}, std::vector<float>(256)};
    for (std::size_t i = 0; i < array.values.size(); ++i) array.values[i] = static_cast<float>(i);
    const std::string path = work.path("picture.npy");
    write_npy(path, array);
    return path;
  }
  struct Result {
    std::string warnings;
    Json notes;
  };
  Result run(std::vector<std::string> arguments) const {
    const std::string json = work.path("r.json");
    arguments.insert(arguments.begin(), {"run", file("net.program"), "--input", picture(), "--json", json});
    const ProcessResult result = blendsim_cli(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return {result.err, Json::parse(read_text(json)).at("notes")};
  }
};

TEST_F(CliClipped, PictureWithoutAScaleIsWarnedOfWithTheShareAndTheHint) {
  const Result r = run({});
  EXPECT_THAT(r.warnings, testing::ContainsRegex("^warning: input: [0-9.]+ % of the input's values are clipped"));
  EXPECT_THAT(r.warnings, HasSubstr("they lie in [0, 255] and --input-scale was not given; "));
  EXPECT_THAT(r.warnings, HasSubstr("needs --input-scale 1/255\n"));
  EXPECT_EQ("warning: " + r.notes.at(0).get<std::string>() + "\n", r.warnings);
}

TEST_F(CliClipped, PictureInItsRangeIsNot) { EXPECT_THAT(run({"--input-scale", "1/255"}).warnings, IsEmpty()); }

TEST_F(CliClipped, PictureWithAWrongScaleIsTold) {
  EXPECT_THAT(run({"--input-scale", "1/5"}).warnings, HasSubstr("after --input-scale; check the scale"));
}

TEST_F(CliClipped, PictureOfWhichNothingIsLeftIsWarnedOfToo) {
  EXPECT_THAT(run({"--input-scale", "1/100000000"}).warnings, HasSubstr("become one and the same integer"));
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Every explanation is true: the command of its example fails with the code, those of its remedy succeed after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/diagnostic_explanations.h"
#include "compiler/compile.h"
#include "shell.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;

// What stands between backquotes.
std::vector<std::string> commands_in(std::string_view text) {
  std::vector<std::string> commands;
  for (std::size_t begin = text.find('`'); begin != std::string_view::npos;) {
    const std::size_t end = text.find('`', begin + 1);
    commands.emplace_back(text.substr(begin + 1, end - begin - 1));
    begin = text.find('`', end + 1);
  }
  return commands;
}

// Codes whose example is a network, a program or a state of the machine that no command line makes.
const std::set<std::string_view> in_words = {"study-changed",
                                             "journal-in-use",
                                             "worker-died",
                                             "unsupported-operator",
                                             "unsupported-attribute",
                                             "bad-graph",
                                             "dynamic-shape",
                                             "shape-mismatch",
                                             "bad-constant",
                                             "constants-too-large",
                                             "not-constant",
                                             "not-quantised",
                                             "number-width",
                                             "not-lowerable",
                                             "export-bound",
                                             "program-invalid",
                                             "program-version",
                                             "deadlock",
                                             "hazard",
                                             "unwritten-read",
                                             "token-overflow"};

// mine.yaml of the examples that have one.
const std::map<std::string_view, std::string> platforms = {
    {"yaml-syntax", "schema: blendsim.platform/1\nextends: k26\nname: mine\nxnor_array: [\n"},
    {"unknown-key", "schema: blendsim.platform/1\nextends: k26\nname: mine\nxnor_array: {row: 32}\n"},
    {"duplicate-key", "schema: blendsim.platform/1\nextends: k26\nname: mine\nclock: 250 MHz\nclock: 200 MHz\n"},
    {"missing-key", "schema: blendsim.platform/1\nextends: k26\n"},
};

class CliExplain : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    run("blendsim zoo mlp_w2a2 -o net.onnx");
    run("blendsim compile net.onnx --platform k26 -o net.program");
    run("blendsim run net.program --json a.json");
    run("blendsim run net.program --json b.json");
    write_npy(files_->path("x.npy"), FloatArray{{1, 1, 16, 16}, std::vector<float>(256)});
    files_->write("other.json", "{\"rows\": 3}\n");
    std::string edited = read_text(files_->path("a.json"));
    edited.replace(edited.find("\"cycles\": "), 10, "\"cycles\": 1");
    files_->write("edited.json", edited);
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static void run(const std::string& line) {
    const ProcessResult result = run_shell(line, files_->path(""));
    ASSERT_EQ(result.status, 0) << line << '\n' << result.err;
  }
  // What the example speaks of.
  static void prepare(std::string_view code) {
    files_->write("cut.onnx", "");
    files_->write("cut.program", read_text(files_->path("net.program")).substr(0, 4000));
    if (const auto found = platforms.find(code); found != platforms.end()) files_->write("mine.yaml", found->second);
    const std::string bad = files_->path("bad.npy");
    if (code == "input-shape") write_npy(bad, FloatArray{{1, 3, 8, 8}, std::vector<float>(192)});
    if (code == "input-value")
      write_npy(bad, FloatArray{{1, 1, 16, 16}, std::vector<float>(256, std::numeric_limits<float>::quiet_NaN())});
    if (code != "input-type") return;
    std::string header = "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1, 16, 16), }";
    header.resize(117, ' ');
    files_->write("bad.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + '\n' + std::string(2048, '\0'));
  }
  static inline Workspace* files_ = nullptr;
};

TEST_F(CliExplain, ExamplesFailWithTheCodeAndRemediesWork) {
  for (const Explanation& e : explanations()) {
    SCOPED_TRACE(e.code.name());
    const std::vector<std::string> failing = commands_in(e.example);
    ASSERT_EQ(failing.size(), in_words.contains(e.code.name()) ? 0U : 1U);
    prepare(e.code.name());
    for (const std::string& line : failing) {
      const ProcessResult result = run_shell(line, files_->path(""));
      EXPECT_THAT(result.err, HasSubstr("[" + std::string(e.code.name()) + "]: ")) << line << '\n' << result.out;
    }
    for (const std::string& line : commands_in(e.remedy)) {
      const ProcessResult result = run_shell(line, files_->path(""));
      EXPECT_EQ(result.status, 0) << line << '\n' << result.err;
    }
    run("blendsim compile net.onnx --platform k26 -o net.program");
  }
}

TEST_F(CliExplain, PrintsCauseExampleAndRemedyOfEveryCode) {
  const auto squeezed = [](const std::string& text) {
    std::string out;
    std::istringstream words(text);
    for (std::string word; words >> word;) out += word + ' ';
    return out;
  };
  const std::string all = squeezed(blendsim_cli({"explain"}).out);
  for (const Explanation& e : explanations()) {
    const std::string one = squeezed(blendsim_cli({"explain", std::string(e.code.name())}).out);
    EXPECT_THAT(one, HasSubstr(" cause " + std::string(e.cause) + " example " + std::string(e.example) + " remedy " +
                               std::string(e.remedy)));
    EXPECT_THAT(all, HasSubstr(std::string(e.code.name()) + " " + std::string(e.cause)));
  }
  const std::string help = squeezed(blendsim_cli({"compile", "--help"}).out);
  for (const PassDescription& pass : passes()) {
    const std::string name(pass.name), does(pass.does);
    EXPECT_EQ(squeezed(blendsim_cli({"explain", name}).out), squeezed(name + ": " + does));
    EXPECT_THAT(all, HasSubstr(squeezed(does)));
    EXPECT_THAT(help, HasSubstr(name));
  }
}

// By the name of the JSON, and as the tables shorten it.
TEST_F(CliExplain, AFigureOfTheReportIsExplainedByItsNames) {
  for (const char* name : {"stall_memory", "memory", "units.UNIT.stall_memory"}) {
    const ProcessResult result = blendsim_cli({"explain", name});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("units.UNIT.stall_memory (cycles): ")) << name;
  }
  EXPECT_THAT(blendsim_cli({"explain", "bound by"}).out, HasSubstr("layers[].bound_by: "));
  EXPECT_THAT(blendsim_cli({"explain", "critical"}).out, HasSubstr("layers[].critical_cycles (cycles): "));
}

// Whatever heads a column or a line of the report.
TEST_F(CliExplain, EveryHeadingAndLabelOfTheReportIsExplained) {
  const Workspace here;
  ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", here.path("net.onnx")}).status, 0);
  const ProcessResult run = blendsim_cli({"run", here.path("net.onnx"), "--platform", "zu3eg", "--wide"});
  ASSERT_EQ(run.status, 0) << run.err;
  std::set<std::string> words = {"cycles, first", "critical, all"};
  const std::regex heading("^(layer|unit|buffer|resource)  .*"), label("^([a-z]+)  +[^ ].*"), gap("  +");
  std::istringstream text(run.out);
  bool in_table = false;
  for (std::string line; std::getline(text, line);) {
    std::smatch found;
    if (std::regex_match(line, heading)) {
      in_table = true;
      for (std::sregex_token_iterator at(line.begin(), line.end(), gap, -1), end; at != end; ++at) words.insert(*at);
    } else if (line.empty()) {
      in_table = false;
    } else if (line.starts_with("fits")) {
      in_table = false;
      words.insert("fits");
    } else if (!in_table && std::regex_match(line, found, label)) {
      words.insert(found[1]);
    }
  }
  for (const char* word : {"util", "mapping", "busy %", "peak bits", "used", "latency", "throughput", "bottleneck"})
    ASSERT_TRUE(words.contains(word)) << word << "\n" << run.out;
  for (const std::string& word : words) EXPECT_EQ(blendsim_cli({"explain", word}).status, 0) << "'" << word << "'";
  const std::string list = blendsim_cli({"explain"}).out;
  for (const char* name : {"stall_memory", "peak_bits", "bound_by"}) EXPECT_THAT(list, HasSubstr(name));
}

TEST_F(CliExplain, OffersTheNearestCode) {
  const ProcessResult result = blendsim_cli({"explain", "input-shap"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("error[unknown-code]"));
  EXPECT_THAT(result.err, HasSubstr("did you mean 'input-shape'?"));
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Tables fit the terminal, colour and progress are for terminals only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "shell.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

class CliTerminal : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend20", "-o", files_->path("net.onnx")}).status, 0);
    ASSERT_EQ(blendsim_cli({"compile", files_->path("net.onnx"), "--platform", "k26", "--set", "clock=100 MHz", "-o",
                            files_->path("net.program")})
                  .status,
              0);
    ASSERT_EQ(blendsim_cli({"zoo", "mlp_w2a2", "-o", files_->path("mlp.onnx")}).status, 0);
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static std::string folder() { return files_->path(""); }
  static inline Workspace* files_ = nullptr;
};

TEST_F(CliTerminal, AReportFitsEightyColumnsWhereNoWidthIsKnown) {
  const ProcessResult result = run_shell("blendsim run net.program --timing-only", folder());
  for (const std::string& line : lines_of(result.out)) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_THAT(result.out, HasSubstr(" more layers: --all; "));
  EXPECT_THAT(result.out, HasSubstr(": --wide)"));
}

TEST_F(CliTerminal, TheLayersOfTheCriticalPathComeFirstAndAllComeInTheNetworksOrder) {
  const ProcessResult ten = run_shell("blendsim run net.program --timing-only", folder());
  const ProcessResult all = run_shell("blendsim run net.program --timing-only --all", folder());
  const auto rows = [](const std::string& text) {
    std::vector<std::string> names;
    bool inside = false;
    for (const std::string& line : lines_of(text)) {
      if (inside && (line.empty() || line[0] == '(')) break;
      if (inside) names.push_back(line.substr(0, line.find(' ')));
      inside = inside || line.starts_with("layer ");
    }
    return names;
  };
  EXPECT_EQ(rows(ten.out).size(), 10U);
  EXPECT_GT(rows(all.out).size(), 30U);
  EXPECT_EQ(rows(all.out).front(), "input");
  EXPECT_EQ(rows(all.out).back(), "output");
}

TEST_F(CliTerminal, TheTerminalsWidthDecidesAndColumnsDecidesMore) {
  const std::string list = "blendsim platforms";
  const ProcessResult wide = run_terminal(list, folder(), 250), narrow = run_terminal(list, folder(), 60);
  EXPECT_THAT(wide.out, HasSubstr("summary"));
  EXPECT_THAT(wide.out, Not(HasSubstr("--wide")));
  EXPECT_THAT(narrow.out, HasSubstr("summary: --wide)"));
  for (const std::string& line : lines_of(run_terminal("NO_COLOR=1 " + list, folder(), 60).out))
    EXPECT_LE(line.size(), 60U) << line;
  EXPECT_THAT(run_shell("COLUMNS=250 " + list, folder()).out, Not(HasSubstr("--wide")));
  EXPECT_THAT(run_shell(list + " --wide", folder()).out, HasSubstr("summary"));
}

TEST_F(CliTerminal, ColourIsForTerminalsAndNotWhereItIsUnwanted) {
  const std::string run = "blendsim run net.program --timing-only", colour = "\x1b[";
  EXPECT_THAT(run_terminal(run, folder()).out, HasSubstr("fits        \x1b[32myes\x1b[0m"));
  EXPECT_THAT(run_shell(run, folder()).out, Not(HasSubstr(colour)));
  EXPECT_THAT(run_terminal("NO_COLOR=1 " + run + " 2>/dev/null", folder()).out, Not(HasSubstr(colour)));
  EXPECT_THAT(run_terminal("NO_COLOR= " + run, folder()).out, HasSubstr(colour)) << "an empty NO_COLOR is none";
  EXPECT_THAT(run_terminal("TERM=dumb " + run + " 2>/dev/null", folder()).out, Not(HasSubstr(colour)));
}

TEST_F(CliTerminal, ADiagnosisIsOnOneLineInAPipeAndBrokenAndColouredOnATerminal) {
  const std::string line = "blendsim run mlp.onnx --platform zu3eg --set mac_array.rows=64";
  const ProcessResult pipe = run_shell(line, folder());
  EXPECT_THAT(pipe.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(pipe.err, HasSubstr("or --allow-oversize simulates the machine all the same\n"));
  const ProcessResult terminal = run_terminal(line, folder());
  EXPECT_THAT(terminal.out, HasSubstr("\x1b[1;31merror[device-too-small]:\x1b[0m"));
  EXPECT_THAT(terminal.out, HasSubstr("\x1b[36m  hint:\x1b[0m"));
}

TEST_F(CliTerminal, ABatchTellsCountRateAndTimeLeftOnATerminalAndNothingInAPipe) {
  constexpr std::int64_t images = 800;  // more than a second of work
  write_npy(files_->path("many.npy"),
            FloatArray{{images, 3, 32, 32}, std::vector<float>(static_cast<std::size_t>(images) * 3 * 32 * 32)});
  for (const std::string jobs : {"", " --jobs 2"}) {
    const std::string line = "blendsim run net.program --input many.npy -q" + jobs;
    const ProcessResult terminal = run_terminal(line, folder());
    EXPECT_EQ(terminal.status, 0) << terminal.out;
    EXPECT_THAT(terminal.out,
                ::testing::ContainsRegex("simulating: [0-9]+ of 800 images, [0-9.]+/(s|min), [0-9].* left"));
    EXPECT_THAT(terminal.out, HasSubstr("\r\x1b[K")) << "the line is cleared";
    EXPECT_THAT(run_shell(line, folder()).err, Not(HasSubstr("simulating")));
  }
}

}  // namespace
}  // namespace blendsim

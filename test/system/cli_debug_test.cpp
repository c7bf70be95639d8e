// SPDX-License-Identifier: Apache-2.0
// blendsim debug as one uses it: scripts, standard input, a terminal, and the sessions of docs/debug.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "shell.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CliDebug : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend20", "-o", files_->path("net.onnx")}).status, 0);
    ASSERT_EQ(
        blendsim_cli({"compile", files_->path("net.onnx"), "--platform", "k26", "-o", files_->path("net.program")})
            .status,
        0);
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static std::string folder() { return files_->path(""); }
  static inline Workspace* files_ = nullptr;
};

TEST_F(CliDebug, ASessionOfThePageIsWhatTheBinarySays) {
  std::istringstream page(read_text(BLENDSIM_SOURCE "/docs/debug.md"));
  int sessions = 0;
  for (std::string line; std::getline(page, line);) {
    if (line != "$ blendsim debug net.program") continue;
    std::string commands, shown;
    while (std::getline(page, line) && line != "```") {
      shown += line + '\n';
      if (line.starts_with("(")) commands += line.substr(line.find(") ") + 2) + '\n';
    }
    files_->write("commands", commands);
    const ProcessResult result = run_shell("blendsim debug net.program --echo < commands", folder());
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, shown);
    ++sessions;
  }
  EXPECT_GE(sessions, 2);
}

TEST_F(CliDebug, CommandsComeFromOptionsThenFilesAndAreNotEchoed) {
  files_->write("script", "# a remark\n\ngoto 100\ninfo queues\n");
  const ProcessResult result = run_shell("blendsim debug net.program -e 'goto 50' -x script", folder());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out.find("cycle 50 of "), 0U) << result.out;
  EXPECT_THAT(result.out, HasSubstr("cycle 100 of "));
  EXPECT_THAT(result.out, HasSubstr("dispatcher"));
  EXPECT_THAT(result.out, Not(HasSubstr("info queues")));
  EXPECT_EQ(result.err, "");
}

TEST_F(CliDebug, StandardInputIsAScriptToo) {
  const ProcessResult piped = run_shell("printf 'goto 70\\nquit\\ngoto 80\\n' | blendsim debug net.program", folder());
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(piped.out.find("cycle 70 of "), 0U) << piped.out;
  EXPECT_THAT(piped.out, Not(HasSubstr("cycle 80"))) << "quit was given";
  EXPECT_EQ(run_shell("printf 'goto 70\\nquit\\n' | blendsim debug net.program -x -", folder()).out, piped.out);
}

TEST_F(CliDebug, AScriptsErrorEndsItWithItsLine) {
  files_->write("script", "goto 100\nstpe\ngoto 200\n");
  const ProcessResult result = run_shell("blendsim debug net.program -x script", folder());
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.out, HasSubstr("cycle 100 of "));
  EXPECT_THAT(result.out, Not(HasSubstr("cycle 200")));
  EXPECT_THAT(result.err, HasSubstr("error[usage]: script:2: no command is named 'stpe'"));
  EXPECT_THAT(result.err, HasSubstr("did you mean 'step'?"));
  const ProcessResult none = run_shell("blendsim debug net.program -x nowhere", folder());
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("file-unreadable"));
}

TEST_F(CliDebug, AnErrorNamesTheCommandThatItIsOf) {
  const ProcessResult result = run_shell("blendsim debug net.program -e 'goto 50' -e stpe -e 'goto 60'", folder());
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("error[usage]: --command:2: no command is named 'stpe'"));
}

// "a%3Aacc" is the file of a:acc.
std::string tensor_of_file(const std::string& stem) {
  std::string name;
  for (std::size_t i = 0; i < stem.size(); ++i) {
    const bool escaped = stem[i] == '%';
    name += escaped ? static_cast<char>(std::stoi(stem.substr(i + 1, 2), nullptr, 16)) : stem[i];
    i += escaped ? 2 : 0;
  }
  return name;
}

// Nothing is written for a concatenation, and --tensors has it all the same.
TEST_F(CliDebug, EveryTensorThatRunWritesIsPrinted) {
  ASSERT_EQ(run_shell("blendsim zoo convnet_mixed -o mixed.onnx && "
                      "blendsim run mixed.onnx --platform vu9p --allow-oversize -q --tensors mixed",
                      folder())
                .status,
            0);
  // The last value of every channel, each printed for itself.
  std::string commands = "goto end\n";
  std::vector<std::pair<std::string, std::int64_t>> expected;
  for (const auto& entry : std::filesystem::directory_iterator(files_->path("mixed"))) {
    const std::string name = tensor_of_file(entry.path().stem().string());
    const IntArray all = read_int_npy(entry.path().string());
    const std::int64_t height = all.shape.at(2), width = all.shape.at(3);
    for (std::int64_t c = 0; c < all.shape.at(1); ++c) {
      const std::string value =
          name + "[" + std::to_string(c) + "][" + std::to_string(height - 1) + "][" + std::to_string(width - 1) + "]";
      commands += "print " + value + "\n";
      expected.emplace_back(value, all.values.at(static_cast<std::size_t>((c + 1) * height * width - 1)));
    }
  }
  commands += "print both\ninfo buffers\n";
  files_->write("commands", commands);
  const ProcessResult result =
      run_shell("blendsim debug mixed.onnx --platform vu9p --allow-oversize -x commands", folder());
  ASSERT_EQ(result.status, 0) << result.err;
  std::istringstream lines(result.out);
  std::size_t printed = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  value     ")) continue;
    ASSERT_LT(printed, expected.size());
    EXPECT_EQ(std::stoll(line.substr(12)), expected[printed].second) << expected[printed].first;
    ++printed;
  }
  EXPECT_EQ(printed, expected.size());
  const std::string buffers = result.out.substr(result.out.rfind("buffer "));
  EXPECT_THAT(result.out, HasSubstr("  channels from "));
  EXPECT_THAT(buffers, Not(HasSubstr("both"))) << "a buffer holds its parts";
}

TEST_F(CliDebug, ATerminalHasAPromptCompletionHistoryAndGoesOnAfterAnError) {
  const std::string keys = R"(printf 'goto 100\nstpe\nstep\n\nprint stem.o\t\n\033[A\nq\n')";
  const ProcessResult result =
      run_shell("(sleep 2; " + keys + "; sleep 2) | script -qec 'blendsim debug net.program' /dev/null", folder());
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("`help` lists the commands"));
  EXPECT_THAT(result.out, HasSubstr("(0) "));
  EXPECT_THAT(result.out, HasSubstr("(100) "));
  EXPECT_THAT(result.out, HasSubstr("no command is named 'stpe'"));
  // No tensor is named stem.o; the arrow brings the line back.
  const std::size_t completed = result.out.find("stem.out: INT8");
  ASSERT_NE(completed, std::string::npos) << result.out;
  EXPECT_NE(result.out.find("stem.out: INT8", completed + 1), std::string::npos) << result.out;
  // Two steps: the second by an empty line.
  std::size_t prompts = 0;
  for (std::size_t at = result.out.find("of 14,061"); at != std::string::npos;
       at = result.out.find("of 14,061", at + 1))
    ++prompts;
  EXPECT_EQ(prompts, 3U) << result.out;
}

TEST_F(CliDebug, ANetworkIsCompiledFirst) {
  const ProcessResult result = run_shell("blendsim debug net.onnx --platform k26 -e 'info run'", folder());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("neuroblend20"));
}

}  // namespace
}  // namespace blendsim

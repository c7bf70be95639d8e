// SPDX-License-Identifier: Apache-2.0
// Help, as people expect it: by every usual way, with value names and examples, within 80 columns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli_tree.h"
#include "shell.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> example_lines(const std::string& help) {
  std::vector<std::string> lines;
  std::istringstream text(help.substr(help.find("Examples:\n") + 10));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("  ") && !line.starts_with("   ")) lines.push_back(line.substr(2));
  }
  return lines;
}

TEST(CliHelp, BareBlendsimHelpAndItsOptionPrintTheSame) {
  const ProcessResult bare = blendsim_cli({});
  EXPECT_EQ(bare.status, 0);
  EXPECT_THAT(bare.err, IsEmpty());
  EXPECT_THAT(bare.out, HasSubstr("Usage: blendsim COMMAND"));
  for (const std::string word : {"help", "--help", "-h"}) EXPECT_EQ(blendsim_cli({word}).out, bare.out) << word;
}

TEST(CliHelp, OfACommandIsThatOfItsOption) {
  for (const std::string& command : commands_of_help()) {
    const ProcessResult help = blendsim_cli({command, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(blendsim_cli({"help", command}).out, help.out) << command;
    EXPECT_THAT(help.out, HasSubstr("Usage: blendsim " + command + " [OPTIONS]"));
  }
  const ProcessResult unknown = blendsim_cli({"help", "runn"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'run'?"));
}

TEST(CliHelp, VersionHasAShortOption) {
  EXPECT_EQ(blendsim_cli({"-V"}).out, blendsim_cli({"--version"}).out);
  EXPECT_THAT(blendsim_cli({"-V"}).out, HasSubstr("blendsim "));
}

TEST(CliHelp, FitsEightyColumnsAndNamesValuesForWhatTheyAre) {
  std::vector<std::string> texts = {blendsim_cli({}).out};
  for (const std::string& command : commands_of_help()) texts.push_back(blendsim_cli({"help", command}).out);
  for (const std::string& text : texts) {
    std::istringstream lines(text.substr(0, text.find("Examples:")));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
    for (const std::string type : {"TEXT", "UINT", "INT", "FLOAT"}) EXPECT_THAT(text, Not(HasSubstr(" " + type)));
    EXPECT_THAT(text, Not(testing::ContainsRegex("repeats *\\(")));
  }
  EXPECT_THAT(blendsim_cli({"help", "run"}).out, HasSubstr("\nInput:\n  --input FILE"));
}

TEST(CliHelp, HasTwoExamplesWhoseOptionsExist) {
  EXPECT_EQ(example_lines(blendsim_cli({}).out).size(), 2U);
  for (const std::string& command : commands_of_help()) {
    const std::vector<std::string> lines = example_lines(blendsim_cli({"help", command}).out);
    EXPECT_EQ(lines.size(), 2U) << command;
    const OptionMap options = options_of(command);
    for (const std::string& line : lines) {
      EXPECT_THAT(line, HasSubstr("blendsim " + command));
      std::istringstream words(line);
      for (std::string word; words >> word && word != "&&" && word != ">";) {
        if (!word.starts_with('-')) continue;
        const bool known = std::any_of(options.begin(), options.end(), [&](const auto& option) {
          return (" " + option.first + " ").find(" " + word + " ") != std::string::npos;
        });
        EXPECT_TRUE(known) << line << ": " << word;
      }
    }
  }
}

TEST(CliHelp, IsAsWideAsTheTerminalAndInColourThere) {
  const Workspace work;
  const ProcessResult wide = run_terminal("blendsim help run", work.path(""), 200);
  EXPECT_THAT(wide.out, HasSubstr("\x1b[1mInput:\x1b[0m"));
  EXPECT_THAT(wide.out, HasSubstr("the report stays the same (default: 1)")) << "on one line";
  EXPECT_THAT(blendsim_cli({"help", "run"}).out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The hunts of docs/find_a_lost_cycle.md, command by command: what the page shows is what they print, digits aside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "process.h"

namespace blendsim {
namespace {

struct Shown {
  std::string command;
  std::vector<std::string> lines;  // of its output; "..." stands for any number of them
};

// Lines "$ COMMAND" of the page's blocks, and what follows each.
std::vector<Shown> commands_of(const std::string& page) {
  std::vector<Shown> commands;
  std::istringstream text(page);
  bool block = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      block = !block;
    } else if (block && line.starts_with("$ ")) {
      commands.push_back({line.substr(2), {}});
    } else if (block && !commands.empty() && !line.empty()) {
      commands.back().lines.push_back(line);
    }
  }
  return commands;
}

// Numbers become N and runs of blanks one.
std::string masked(const std::string& line) {
  static const std::regex number("[0-9][0-9,.]*[0-9]|[0-9]"), blanks(" +");
  return std::regex_replace(std::regex_replace(line, number, "N"), blanks, " ");
}

TEST(Docs, TheHuntsGoAsThePageSays) {
  const Workspace work;
  const std::vector<Shown> commands = commands_of(read_text(BLENDSIM_SOURCE "/docs/find_a_lost_cycle.md"));
  ASSERT_GT(commands.size(), 8u);
  const std::string folder = std::filesystem::path(BLENDSIM_BINARY).parent_path();
  for (const Shown& shown : commands) {
    SCOPED_TRACE(shown.command);
    const ProcessResult result = run_process(
        {"bash", "-c", "cd " + work.path("") + " && PATH=" + folder + ":$PATH && " + shown.command + " 2>&1"});
    EXPECT_THAT(result.status, testing::AnyOf(0, 4)) << result.out;
    std::istringstream text(result.out);
    for (const std::string& want : shown.lines) {
      if (want == "...") continue;
      bool found = false;
      for (std::string line; !found && std::getline(text, line);) found = masked(line) == masked(want);
      ASSERT_TRUE(found) << "not printed, or not there: " << want << "\nin\n" << result.out;
    }
  }
}

}  // namespace
}  // namespace blendsim

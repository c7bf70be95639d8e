// SPDX-License-Identifier: Apache-2.0
// docs/cli.md has every command and option that the binary has, with the names of their values, and no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_tree.h"

namespace blendsim {
namespace {

using ::testing::Contains;
using ::testing::Key;

// "## run" -> its rows
std::map<std::string, OptionMap> sections_of_page() {
  std::map<std::string, OptionMap> sections;
  std::string section;
  std::istringstream lines(read_text(BLENDSIM_SOURCE "/docs/cli.md"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (line == "| option | meaning |") sections[section];
    if (!sections.contains(section) || !line.starts_with("| `")) continue;
    std::string cell;
    for (std::size_t i = 2; i < line.size() && !(line[i] == '|' && line[i - 1] != '\\'); ++i) {
      if (line[i] != '`' && line[i] != '\\') cell += line[i];
    }
    add_option(cell, sections[section]);
  }
  return sections;
}

TEST(CliPage, HasEveryOptionOfEveryCommandAndNoOther) {
  std::map<std::string, OptionMap> page = sections_of_page();
  EXPECT_THAT(page["Every command"], Contains(Key("-h --help")));
  EXPECT_THAT(page["Every command"], Contains(Key("-V --version")));
  page.erase("Every command");
  const std::vector<std::string> commands = commands_of_help();
  EXPECT_GE(commands.size(), 11U);
  for (const std::string& command : commands) {
    EXPECT_EQ(page[command], options_of(command)) << command;
    page.erase(command);
  }
  EXPECT_TRUE(page.empty()) << page.begin()->first << " is no command";
}

TEST(CliPage, BeginsWithALineOfEveryCommand) {
  const std::string page = read_text(BLENDSIM_SOURCE "/docs/cli.md");
  const std::string top = page.substr(0, page.find("\n## "));
  for (const std::string& command : commands_of_help()) {
    EXPECT_TRUE(top.find("blendsim " + command + " ") != std::string::npos ||
                top.find(", " + command + " ") != std::string::npos)
        << command;
  }
}

}  // namespace
}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The option tree as `--help` shows it.
#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "process.h"

namespace blendsim {

// "-o --output" -> "FILE"; "FILE" -> "" for a value that is known by its place.
using OptionMap = std::map<std::string, std::string>;

// "-o, --output FILE" or, from the page, "-o FILE, --output FILE".
inline void add_option(const std::string& text, OptionMap& options) {
  std::string names, value, word;
  for (std::istringstream words(text); words >> word;) {
    const bool comma = word.ends_with(',');
    if (comma) word.pop_back();
    if (word.starts_with('-')) {
      names += (names.empty() ? "" : " ") + word;
    } else {
      value = word;
    }
  }
  names.empty() ? options[value] = "" : options[names] = value;
}

// Of a command, from its help; without -h, which all of them have.
inline OptionMap options_of(const std::string& command) {
  OptionMap options;
  std::istringstream lines(blendsim_cli({"help", command}).out);
  for (std::string line; std::getline(lines, line) && line != "Examples:";) {
    if (!line.starts_with("  ") || line.starts_with("   ")) continue;
    const std::string left = line.substr(2, line.find("  ", 2) - 2);
    if (left != "-h, --help") add_option(left, options);
  }
  return options;
}

inline std::vector<std::string> commands_of_help() {
  std::vector<std::string> names;
  std::istringstream lines(blendsim_cli({"help"}).out);
  for (std::string line; std::getline(lines, line) && line != "Examples:";) {
    if (line.starts_with("  ") && line[2] >= 'a' && line[2] <= 'z')
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

}  // namespace blendsim

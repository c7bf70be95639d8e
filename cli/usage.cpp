// SPDX-License-Identifier: Apache-2.0
#include "cli/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "cli/files.h"
#include "cli/option_tree.h"

namespace blendsim::cli {

namespace {

std::string or_help(const std::string& near, const std::string& command) {
  return near.empty() ? fmt::format("see `blendsim{} --help`", command) : fmt::format("did you mean '{}'?", near);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const OptionRow& row : option_rows(app)) names.insert(names.end(), row.names.begin(), row.names.end());
  return names;
}

// An option's name without its dashes, as its letters are what may be misspelt.
std::string nearest_option(const std::string& word, const std::vector<std::string>& names) {
  std::vector<std::string> letters;
  for (const std::string& name : names) {
    if (name.starts_with("--")) letters.push_back(name.substr(2));
  }
  const std::string near = nearest(word.substr(std::min(word.find_first_not_of('-'), word.size())), letters);
  return near.empty() ? near : "--" + near;
}

// Commands that have the option, as "run, compile".
std::string owners(const CLI::App& app, const std::string& option) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::vector<std::string> options = option_names(*command);
    if (std::find(options.begin(), options.end(), option) != options.end()) names.push_back(command->get_name());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// The first word that looks like an option and is none of the command's. What follows an option that takes a value is
// that value, whatever it looks like.
std::optional<std::string> unknown_option(const CLI::App& command, std::span<const std::string> words) {
  const std::vector<OptionRow> rows = option_rows(command);
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') continue;
    const bool is_long = word[1] == '-';
    const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const OptionRow& row) {
      return std::find(row.names.begin(), row.names.end(), name) != row.names.end();
    });
    if (found == rows.end()) return name;
    if (!found->title.empty() && name == word) ++i;
  }
  return std::nullopt;
}

Diagnostic diagnostic(const std::string& message, const std::string& hint) { return {"usage", {}, message, hint}; }

}  // namespace

void check_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  usage_error(fmt::format("no command is named '{}'", word), or_help(nearest(word, names), ""));
}

Diagnostic usage_diagnostic(const CLI::App& app, const std::vector<std::string>& words,
                            const CLI::ParseError& problem) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty() || words[0].starts_with('-')) {
    const std::string word = words.empty() ? "" : words[0].substr(0, words[0].find('='));
    const std::string owned_by = owners(app, word);
    if (!owned_by.empty()) {
      return diagnostic(fmt::format("{} stands in front of the command", word),
                        fmt::format("write it behind one that has it: {}", owned_by));
    }
    if (const auto unknown = unknown_option(app, words))
      return diagnostic(fmt::format("blendsim has no option {}", *unknown),
                        or_help(nearest_option(*unknown, option_names(app)), ""));
    return diagnostic(problem.what(), or_help("", ""));
  }
  const CLI::App& command = *chosen.front();
  if (const auto unknown = unknown_option(command, std::span(words).subspan(1))) {
    const std::string near = nearest_option(*unknown, option_names(command));
    const std::string owned_by = owners(app, *unknown);
    return diagnostic(fmt::format("{} has no option {}", command.get_name(), *unknown),
                      near.empty() && !owned_by.empty() ? fmt::format("it is an option of: {}", owned_by)
                                                        : or_help(near, " " + command.get_name()));
  }
  return diagnostic(problem.what(), or_help("", " " + command.get_name()));
}

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/commands.h"
#include "cli/option_tree.h"

namespace blendsim::cli {

namespace {

using Row = std::pair<std::string, std::string>;  // what is typed, what it does

// Two columns under a heading; a left part that is too long has a line of its own.
std::string section(const std::string& heading, const std::vector<Row>& rows, const TextLayout& layout) {
  constexpr std::size_t margin = 2, left = 24;
  std::string out = painted(heading + ":", Paint::heading, layout) + '\n';
  for (const auto& [typed, does] : rows) {
    const bool fits = typed.size() + margin <= left;
    const std::string line = fits ? fmt::format("  {:<{}}{}", typed, left, does)
                                  : fmt::format("  {}\n{}{}", typed, std::string(margin + left, ' '), does);
    out += wrapped(line + '\n', margin + left, layout);
  }
  return out + '\n';
}

std::string examples(std::span<const Example> rows, const TextLayout& layout) {
  std::string out = painted("Examples:", Paint::heading, layout) + '\n';
  for (const Example& row : rows) {
    out += fmt::format("  {}\n", painted(row.line, Paint::name, layout));
    out += wrapped(fmt::format("      {}\n", row.does), 6, layout);
  }
  return out;
}

std::string options(const CLI::App& app, const TextLayout& layout) {
  std::string out;
  const std::vector<OptionRow> all = option_rows(app);
  for (const std::string& group : option_groups(all)) {
    std::vector<Row> rows;
    for (const OptionRow& row : all) {
      if (row.group == group) rows.emplace_back(row.text(), row.sentence());
    }
    out += section(group, rows, layout);
  }
  return out;
}

std::string command_list(const TextLayout& layout) {
  std::string out, heading;
  std::vector<Row> rows;
  const auto finish = [&] {
    if (!rows.empty()) out += section(heading, rows, layout);
    rows.clear();
  };
  for (const Command& command : commands()) {
    if (command.group != heading) finish();
    heading = command.group;
    rows.emplace_back(command.name, command.summary);
  }
  finish();
  return out;
}

std::string top(const CLI::App& app, const std::string& summary, const TextLayout& layout) {
  return wrapped(summary + "\n\n" + painted("Usage:", Paint::heading, layout) + ' ' + usage_line(app) + "\n\n", 0,
                 layout);
}

}  // namespace

std::string help_text(const CLI::App& app, const TextLayout& layout) {
  if (app.get_parent() == nullptr) {
    return top(app, app.get_description(), layout) + command_list(layout) + options(app, layout) +
           examples(first_steps(), layout) +
           wrapped(
               "\n`blendsim help COMMAND` describes a command, `blendsim explain CODE` a diagnostic, and docs/cli.md "
               "all of it.\n",
               0, layout);
  }
  const auto all = commands();
  const auto row =
      std::find_if(all.begin(), all.end(), [&](const Command& command) { return command.name == app.get_name(); });
  return top(app, app.get_description(), layout) + options(app, layout) + examples(row->examples, layout);
}

}  // namespace blendsim::cli

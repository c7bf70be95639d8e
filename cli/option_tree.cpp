// SPDX-License-Identifier: Apache-2.0
#include "cli/option_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace blendsim::cli {

std::string OptionRow::text() const {
  if (positional()) return title;
  return fmt::format("{}{}{}{}", fmt::join(names, ", "), optional, title.empty() ? "" : " ", title);
}

std::string OptionRow::sentence() const {
  std::vector<std::string> more;
  if (required) more.emplace_back("required");
  if (repeats) more.emplace_back("repeats");
  if (!fallback.empty()) more.push_back("default: " + fallback);
  for (const std::string& other : needs) more.push_back("with " + other);
  for (const std::string& other : excludes) more.push_back("not with " + other);
  return more.empty() ? description : fmt::format("{} ({})", description, fmt::join(more, "; "));
}

namespace {

std::vector<std::string> long_names(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::sort(names.begin(), names.end());  // the set is one of addresses
  return names;
}

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  for (const std::string& name : option.get_snames()) row.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) row.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) row.kind = option.get_type_name();
  else if (option.get_type_name().starts_with("[=")) row.optional = option.get_type_name();
  row.title = option.get_positional() ? option.get_name(true) : row.kind;
  row.group = option.get_positional() ? "Arguments" : option.get_group();
  row.description = option.get_description();
  row.fallback = option.get_default_str();
  row.needs = long_names(option.get_needs());
  row.excludes = long_names(option.get_excludes());
  row.required = option.get_required();
  row.repeats = option.get_items_expected_max() > 1;
  return row;
}

}  // namespace

std::vector<OptionRow> option_rows(const CLI::App& command) {
  std::vector<OptionRow> rows;
  for (const CLI::Option* option : command.get_options()) rows.push_back(row_of(*option));
  const auto is_help = [](const OptionRow& row) { return row.names.size() == 2 && row.names[1] == "--help"; };
  std::stable_partition(rows.begin(), rows.end(), [&](const OptionRow& row) { return !is_help(row); });
  return rows;
}

std::vector<std::string> option_groups(const std::vector<OptionRow>& rows) {
  std::vector<std::string> groups;
  for (const OptionRow& row : rows) {
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
  }
  return groups;
}

std::string usage_line(const CLI::App& command) {
  if (command.get_parent() == nullptr) return command.get_name() + " COMMAND [OPTIONS]";
  std::string line = fmt::format("{} {} [OPTIONS]", command.get_parent()->get_name(), command.get_name());
  for (const OptionRow& row : option_rows(command)) {
    if (row.positional()) line += row.required ? " " + row.title : " [" + row.title + "]";
  }
  return line;
}

std::vector<std::string> choices(std::string_view kind) {
  std::vector<std::string> words;
  if (kind.find('|') == std::string_view::npos) return words;
  while (true) {
    const std::size_t end = std::min(kind.find('|'), kind.size());
    words.emplace_back(kind.substr(0, end));
    if (end == kind.size()) return words;
    kind.remove_prefix(end + 1);
  }
}

const CLI::App& root(const CLI::App& app) { return app.get_parent() == nullptr ? app : root(*app.get_parent()); }

}  // namespace blendsim::cli

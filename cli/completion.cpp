// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "cli/candidates.h"
#include "cli/option_tree.h"

namespace blendsim::cli {

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

// As one word between single quotes: of a POSIX shell, of fish.
std::string quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }
std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string bash_reply(const Candidates& values) {
  const std::string_view kind = values.paths == Paths::files     ? "files"
                                : values.paths == Paths::folders ? "folders"
                                                                 : "words";
  return fmt::format("_blendsim_reply {} {}", kind, quoted(joined(values.words)));
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const OptionRow& row : option_rows(app)) names.insert(names.end(), row.names.begin(), row.names.end());
  return names;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string values, places;
  std::vector<std::string> first = names_of(app);
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string name = command->get_name();
    first.push_back(name);
    for (const OptionRow& row : option_rows(*command)) {
      if (row.positional() || row.title.empty()) continue;
      for (const std::string& option : row.names)
        values += fmt::format("        '{} {}') {}; return ;;\n", name, option, bash_reply(candidates(app, row.kind)));
    }
    places += fmt::format("        '{} -'*) _blendsim_reply words {} ;;\n", name, quoted(joined(names_of(*command))));
    places += fmt::format("        '{} '*) {} ;;\n", name, bash_reply(positional_candidates(*command)));
  }
  return fmt::format(R"(# Completion of blendsim for bash, made by `blendsim completion bash`.
_blendsim_reply() {{  # files, folders or words, and words to choose from
    mapfile -t COMPREPLY < <(compgen -W "$2" -- "$current")
    case $1 in
        files) compopt -o filenames; mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -f -- "$current") ;;
        folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    esac
    [[ ${{COMPREPLY[0]}} != *= ]] || compopt -o nospace
}}

_blendsim() {{
    local current=${{COMP_WORDS[COMP_CWORD]}}
    if ((COMP_CWORD == 1)); then
        _blendsim_reply words {}
        return
    fi
    case "${{COMP_WORDS[1]}} ${{COMP_WORDS[COMP_CWORD - 1]}}" in
{}    esac
    case "${{COMP_WORDS[1]}} $current" in
{}    esac
}}
complete -F _blendsim blendsim
)",
                     quoted(joined(first)), values, places);
}

namespace {

// A text inside an argument of _arguments: [description], :value:.
std::string zsh_text(std::string text) {
  for (const std::string_view special : {"\\", "[", "]", ":"})
    text = replaced(text, special, "\\" + std::string(special));
  return text;
}

std::string zsh_action(const Candidates& values) {
  std::string action;
  if (!values.words.empty()) {
    const bool open = values.words.front().ends_with('=');
    action += fmt::format("compadd {}-- {}; ", open ? "-S \"\" " : "", joined(values.words));
  }
  if (values.paths != Paths::none) action += values.paths == Paths::files ? "_files; " : "_files -/; ";
  return action.empty() ? " " : "{ " + action + "}";
}

std::string zsh_command(const CLI::App& app, const CLI::App& command) {
  std::string out;
  int place = 0;
  for (const OptionRow& row : option_rows(command)) {
    const std::string value =
        row.title.empty() ? "" : fmt::format(":{}:{}", zsh_text(row.title), zsh_action(candidates(app, row.kind)));
    if (row.positional()) {
      out += fmt::format(" \\\n                {}",
                         quoted(fmt::format("{}{}{}", ++place, row.required ? "" : ":", value)));
      continue;
    }
    for (const std::string& name : row.names) {
      const std::string others = row.repeats ? "*" : fmt::format("({})", joined(row.names));
      out += fmt::format(" \\\n                {}",
                         quoted(fmt::format("{}{}[{}]{}", others, name, zsh_text(row.sentence()), value)));
    }
  }
  return out;
}

}  // namespace

std::string zsh_completion(const CLI::App& app) {
  std::string names, cases;
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string name = command->get_name();
    names += fmt::format("            {}\n", quoted(name + ":" + zsh_text(command->get_description())));
    cases += fmt::format("        {})\n            _arguments -s{} ;;\n", name, zsh_command(app, *command));
  }
  return fmt::format(R"(#compdef blendsim
# Completion of blendsim for zsh, made by `blendsim completion zsh`.
_blendsim() {{
    local -a commands
    if (( CURRENT == 2 )); then
        commands=(
{}        )
        _describe command commands
        compadd -- {}
        return
    fi
    shift words
    (( CURRENT-- ))
    case $words[1] in
{}    esac
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _blendsim "$@"
else
    compdef _blendsim blendsim
fi
)",
                     names, joined(names_of(app)), cases);
}

namespace {

std::string fish_values(const Candidates& values) {
  std::string out = values.paths == Paths::none ? " -f" : values.paths == Paths::files ? " -F" : "";
  if (values.paths == Paths::folders) out += " -f -a '(__fish_complete_directories)'";
  if (!values.words.empty()) out += " -a " + fish_quoted(joined(values.words));
  return out;
}

std::string fish_name(const std::string& option) {
  return option.starts_with("--") ? " -l " + option.substr(2) : " -s " + option.substr(1);
}

}  // namespace

std::string fish_completion(const CLI::App& app) {
  std::string out = "# Completion of blendsim for fish, made by `blendsim completion fish`.\ncomplete -c blendsim -f\n";
  const auto options = [&](const CLI::App& command, const std::string& condition) {
    for (const OptionRow& row : option_rows(command)) {
      if (row.positional()) continue;
      out += fmt::format("complete -c blendsim -n {}", fish_quoted(condition));
      for (const std::string& name : row.names) out += fish_name(name);
      out += " -d " + fish_quoted(row.sentence());
      if (!row.title.empty()) out += " -r" + fish_values(candidates(app, row.kind));
      out += '\n';
    }
  };
  options(app, "__fish_use_subcommand");
  for (const CLI::App* command : app.get_subcommands({})) {
    out += fmt::format("complete -c blendsim -n __fish_use_subcommand -a {} -d {}\n", command->get_name(),
                       fish_quoted(command->get_description()));
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string condition = "__fish_seen_subcommand_from " + command->get_name();
    options(*command, condition);
    const Candidates places = positional_candidates(*command);
    if (places.words.empty() && places.paths == Paths::none) continue;
    out += fmt::format("complete -c blendsim -n {}{}\n", fish_quoted(condition), fish_values(places));
  }
  return out;
}

}  // namespace blendsim::cli

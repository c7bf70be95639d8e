// SPDX-License-Identifier: Apache-2.0
// blendsim man: the manual pages, one of blendsim and one of each command, from the option tree.
#include <fmt/format.h>

#include <filesystem>
#include <string_view>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/option_tree.h"
#include "cli/text_output.h"

namespace blendsim::cli {

namespace {

// Text as roff reads it: a hyphen is a minus, and a line does not begin with a control character.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string page_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : app.get_parent()->get_name() + "-" + app.get_name();
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string options(const CLI::App& app) {
  std::string out = ".SH OPTIONS\n";
  const std::vector<OptionRow> rows = option_rows(app);
  for (const std::string& group : option_groups(rows)) {
    out += fmt::format(".SS {}\n", roff(group));
    for (const OptionRow& row : rows) {
      if (row.group == group) out += fmt::format(".TP\n.B {}\n{}\n", roff(row.text()), roff(row.sentence()));
    }
  }
  return out;
}

std::string examples(std::span<const Example> rows) {
  std::string out = ".SH EXAMPLES\n";
  for (const Example& row : rows) out += fmt::format(".TP\n.B {}\n{}\n", roff(row.line), roff(row.does));
  return out;
}

std::string top(const CLI::App& app) {
  const std::string name = page_name(app);
  return fmt::format(
      ".TH {} 1 \"\" \"blendsim {}\" \"BlendSim\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.B {}\n.SH DESCRIPTION\n{}.\n",
      upper(roff(name)), BLENDSIM_VERSION, roff(name), roff(app.get_description()), roff(usage_line(app)),
      roff(app.get_description()));
}

constexpr std::string_view exit_statuses =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\ndone\n"
    ".TP\n.B 1\nthe input or the configuration is wrong; every diagnosis is on standard error\n"
    ".TP\n.B 2\nwrong usage\n"
    ".TP\n.B 3\nthe simulation itself failed: deadlock, hazard, unwritten read, token overflow\n"
    ".TP\n.B 4\ncompared things differ\n"
    ".TP\n.B 5\nBlendSim itself is wrong: a broken invariant\n";

std::string main_page(const CLI::App& app) {
  std::string out = top(app) + ".SH COMMANDS\n";
  std::string_view group;
  for (const Command& command : commands()) {
    if (command.group != group) out += fmt::format(".SS {}\n", roff(command.group));
    group = command.group;
    out += fmt::format(".TP\n.BR {}\\-{} (1)\n{}\n", roff(app.get_name()), roff(command.name), roff(command.summary));
  }
  return out + options(app) + std::string(exit_statuses) +
         ".SH ENVIRONMENT\n"
         ".TP\n.B BLENDSIM_CONFIGS\nFolder with platforms, devices and technologies\n"
         ".TP\n.B COLUMNS\nWidth of tables and lines, in characters\n"
         ".TP\n.B NO_COLOR\nNo colour, where it is set and not empty\n" +
         examples(first_steps());
}

std::string command_page(const CLI::App& app, const Command& command) {
  return top(*app.get_subcommand(std::string(command.name))) + options(*app.get_subcommand(std::string(command.name))) +
         std::string(exit_statuses) + examples(command.examples) +
         fmt::format(".SH SEE ALSO\n.BR {} (1)\n", roff(app.get_name()));
}

void write_pages(const CLI::App& app, const std::string& folder) {
  make_folder(folder);
  const auto write = [&](const CLI::App& of, const std::string& page) {
    write_text((std::filesystem::path(folder) / (page_name(of) + ".1")).string(), page);
  };
  write(app, main_page(app));
  for (const Command& command : commands())
    write(*app.get_subcommand(std::string(command.name)), command_page(app, command));
}

}  // namespace

void declare_man(CLI::App& command, ExitStatus&) {
  struct Arguments {
    std::string folder;
    TextOptions text;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("DIR", arguments->folder, "Folder for blendsim.1, blendsim-run.1 and the others")
      ->type_name("DIR")
      ->required();
  add_quiet_option(command, arguments->text);
  command.callback([arguments, &command] {
    write_pages(root(command), arguments->folder);
    text_output(arguments->text).stream << fmt::format("wrote {} manual pages to {}\n", commands().size() + 1,
                                                       arguments->folder);
  });
}

}  // namespace blendsim::cli

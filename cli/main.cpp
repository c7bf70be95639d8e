// SPDX-License-Identifier: Apache-2.0
// blendsim: the command line. Subcommands are in command_*.cpp; what their options mean is in docs/cli.md.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"

namespace {

using blendsim::ExitStatus;

// A first word that is no command, with the nearest one that is.
void check_command(const CLI::App& app, std::string_view word) {
  if (word.starts_with('-')) return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  const std::string near = blendsim::nearest(word, names);
  blendsim::cli::usage_error(fmt::format("no command is named '{}'", word),
                             near.empty() ? "see `blendsim --help`" : fmt::format("did you mean '{}'?", near));
}

ExitStatus run(int argc, char** argv) {
  ExitStatus status = ExitStatus::done;
  CLI::App app{"Cycle-accurate, bit-exact simulator of NeuroBlend-class neural-network accelerators", "blendsim"};
  app.set_version_flag("--version", std::string("blendsim ") + BLENDSIM_VERSION);
  app.require_subcommand(1);
  app.footer("docs/cli.md describes every option; `blendsim explain` lists every diagnostic.");
  for (const blendsim::cli::Command& command : blendsim::cli::commands()) {
    CLI::App* added = app.add_subcommand(std::string(command.name), std::string(command.summary));
    added->group(std::string(command.group));
    command.declare(*added, status);
  }
  if (argc > 1) check_command(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) {
      app.exit(problem);  // --help, --version
      return ExitStatus::done;
    }
    const auto chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
    const blendsim::Diagnostic diagnostic{"usage", {}, problem.what(), fmt::format("see `blendsim{} --help`", command)};
    std::cerr << diagnostic.text() << '\n';
    return ExitStatus::bad_usage;
  }
  std::cout.flush();
  if (!std::cout) {
    throw blendsim::DiagnosticError("file-unwritable", {.file = "standard output"}, "cannot be written",
                                    "check where it leads");
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const blendsim::DiagnosticError& problem) {
    std::cout.flush();
    std::cerr << problem.what() << '\n';
    return static_cast<int>(problem.status());
  } catch (const std::exception& problem) {
    std::cout.flush();
    std::cerr << "blendsim itself is wrong here, not its input: " << problem.what()
              << "\n  please report it with the command line and the files that it reads\n";
  } catch (...) {  // SystemC throws types of its own
    std::cerr << "blendsim itself is wrong here, not its input: an exception of an unknown type\n";
  }
  return static_cast<int>(ExitStatus::broken_invariant);
}

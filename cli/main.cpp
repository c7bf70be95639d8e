// SPDX-License-Identifier: Apache-2.0
// blendsim: the command line. The table of subcommands is in commands.cpp; what their options mean is in docs/cli.md.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/usage.h"

namespace {

using blendsim::ExitStatus;

void declare(CLI::App& app, ExitStatus& status) {
  app.set_help_flag("-h,--help", "Print this help")->group("Help");
  app.set_version_flag("-V,--version", std::string("blendsim ") + BLENDSIM_VERSION, "Print the version")->group("Help");
  app.formatter_fn([](const CLI::App* shown, std::string, CLI::AppFormatMode) {
    return blendsim::cli::help_text(*shown, blendsim::cli::terminal_layout(STDOUT_FILENO));
  });
  app.require_subcommand(1);
  for (const blendsim::cli::Command& command : blendsim::cli::commands()) {
    CLI::App* added = app.add_subcommand(std::string(command.name), std::string(command.summary));
    added->set_help_flag("-h,--help", "Print this help")->group("Help");
    command.declare(*added, status);
  }
}

ExitStatus run(int argc, char** argv) {
  ExitStatus status = ExitStatus::done;
  CLI::App app{"Cycle-accurate, bit-exact simulator of NeuroBlend-class neural-network accelerators", "blendsim"};
  declare(app, status);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) {
    std::cout << app.help();
    return status;
  }
  if (!words[0].starts_with('-')) blendsim::cli::check_command(app, words[0]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0) {
      blendsim::cli::print_diagnoses(blendsim::cli::usage_diagnostic(app, words, problem).text());
      return ExitStatus::bad_usage;
    }
    app.exit(problem);  // --help, --version
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
  blendsim::cli::handle_interrupts();
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const blendsim::DiagnosticError& problem) {
    std::cout.flush();
    blendsim::cli::print_diagnoses(problem.what());
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

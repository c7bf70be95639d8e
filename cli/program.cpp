// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "cli/help.h"
#include "cli/terminal.h"
#include "cli/usage.h"

namespace blendsim::cli {

void declare_program(CLI::App& app) {
  app.set_help_flag("-h,--help", "Print this help")->group("Help");
  app.set_version_flag("-V,--version", app.get_name() + ' ' + BLENDSIM_VERSION, "Print the version")->group("Help");
  app.formatter_fn([](const CLI::App* shown, std::string, CLI::AppFormatMode) {
    return help_text(*shown, terminal_layout(STDOUT_FILENO));
  });
  app.require_subcommand(1);
}

CLI::App& add_command(CLI::App& app, const Command& command) {
  CLI::App* added = app.add_subcommand(std::string(command.name), std::string(command.summary));
  added->set_help_flag("-h,--help", "Print this help")->group("Help");
  return *added;
}

ExitStatus run_command_line(CLI::App& app, int argc, char** argv, const ExitStatus& status) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) {
    std::cout << app.help();
    return status;
  }
  if (!words[0].starts_with('-')) check_command(app, words[0]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0) {
      print_diagnoses(usage_diagnostic(app, words, problem).text());
      return ExitStatus::bad_usage;
    }
    app.exit(problem);  // --help, --version
  }
  std::cout.flush();
  if (!std::cout) {
    throw DiagnosticError("file-unwritable", {.file = "standard output"}, "cannot be written", "check where it leads");
  }
  return status;
}

int exit_status_of(const std::function<ExitStatus()>& run) {
  try {
    return static_cast<int>(run());
  } catch (const DiagnosticError& problem) {
    std::cout.flush();
    print_diagnoses(problem.what());
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

}  // namespace blendsim::cli

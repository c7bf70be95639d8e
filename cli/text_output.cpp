// SPDX-License-Identifier: Apache-2.0
#include "cli/text_output.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "cli/files.h"
#include "cli/terminal.h"

namespace blendsim::cli {

void add_quiet_option(CLI::App& command, TextOptions& options) {
  command.add_flag("-q,--quiet", options.quiet, "Print no text but diagnoses")->group("Text");
}

void add_wide_option(CLI::App& command, TextOptions& options) {
  command.add_flag("--wide", options.wide, "Show every column, and break no line")->group("Text");
}

void add_all_option(CLI::App& command, TextOptions& options, const std::string& rows) {
  command.add_flag("--all", options.all, "Show all " + rows + " in their order, not the ten that matter most")
      ->group("Text");
}

std::string name_of_output(const std::string& path) { return is_standard_output(path) ? "standard output" : path; }

TextOutput text_output(const TextOptions& options, std::initializer_list<std::string> results) {
  static std::ostream nowhere(nullptr);
  const bool taken = std::any_of(results.begin(), results.end(), is_standard_output);
  const int descriptor = taken ? STDERR_FILENO : STDOUT_FILENO;
  TextLayout layout = terminal_layout(descriptor), lines = line_layout(descriptor);
  layout.wide = options.wide;
  layout.all = options.all;
  lines.wide = lines.wide || options.wide;
  return {options.quiet ? nowhere : taken ? std::cerr : std::cout, layout, lines};
}

}  // namespace blendsim::cli

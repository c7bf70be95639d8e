// SPDX-License-Identifier: Apache-2.0
// What is said of a command line that CLI11 does not take.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace blendsim::cli {

// Throws DiagnosticError usage for a word that is no command, with the nearest one that is.
void check_command(const CLI::App& app, const std::string& word);

// words: the command line behind the program's name. An option that the command does not have is named before what
// CLI11 says, with the nearest one that it has, or with the command that has it.
[[nodiscard]] Diagnostic usage_diagnostic(const CLI::App& app, const std::vector<std::string>& words,
                                          const CLI::ParseError& problem);

}  // namespace blendsim::cli

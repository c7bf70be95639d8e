// SPDX-License-Identifier: Apache-2.0
// What the programs that have commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/diagnostic.h"
#include "cli/commands.h"

namespace blendsim::cli {

// The flags of every program, and how its help is laid out.
void declare_program(CLI::App& app);
// The command without options but --help.
CLI::App& add_command(CLI::App& app, const Command& command);
// Parses, which runs the command. Returns bad_usage, diagnosed, where the line is not understood, else `status` as it
// is then. Throws what commands throw; DiagnosticError usage, or file-unwritable for standard output.
[[nodiscard]] ExitStatus run_command_line(CLI::App& app, int argc, char** argv, const ExitStatus& status);
// What main() returns: what `run` does, or what it throws, printed.
[[nodiscard]] int exit_status_of(const std::function<ExitStatus()>& run);

}  // namespace blendsim::cli

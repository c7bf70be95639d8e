// SPDX-License-Identifier: Apache-2.0
// The subcommands. One is one file, cli/command_NAME.cpp, which holds a function that declares its options and what
// happens when it is chosen; and one row of the table in commands.cpp. Help, completion and manual pages follow.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <span>
#include <string_view>

#include "base/diagnostic.h"

namespace blendsim::cli {

struct Example {
  std::string_view line, does;  // "blendsim run net.onnx --platform k26", "..."
};

struct Command {
  std::string_view name;
  std::string_view group;    // heading in `blendsim --help`: Simulate, Prepare, ...
  std::string_view summary;  // one line, no full stop
  // `status` is what the process exits with when the command returns; it is ExitStatus::done beforehand.
  void (*declare)(CLI::App& command, ExitStatus& status);
  std::array<Example, 2> examples;
};

// Every command, group by group, in the order in which help lists them.
[[nodiscard]] std::span<const Command> commands();
// The examples of `blendsim --help`.
[[nodiscard]] std::span<const Example> first_steps();

void declare_compare(CLI::App& command, ExitStatus& status);
void declare_compile(CLI::App& command, ExitStatus& status);
void declare_completion(CLI::App& command, ExitStatus& status);
void declare_debug(CLI::App& command, ExitStatus& status);
void declare_diff(CLI::App& command, ExitStatus& status);
void declare_explain(CLI::App& command, ExitStatus& status);
void declare_explore(CLI::App& command, ExitStatus& status);
void declare_help(CLI::App& command, ExitStatus& status);
void declare_inspect(CLI::App& command, ExitStatus& status);
void declare_man(CLI::App& command, ExitStatus& status);
void declare_platforms(CLI::App& command, ExitStatus& status);
void declare_power(CLI::App& command, ExitStatus& status);
void declare_quantise(CLI::App& command, ExitStatus& status);
void declare_replay(CLI::App& command, ExitStatus& status);
void declare_report(CLI::App& command, ExitStatus& status);
void declare_rtl(CLI::App& command, ExitStatus& status);
void declare_run(CLI::App& command, ExitStatus& status);
void declare_why(CLI::App& command, ExitStatus& status);
void declare_zoo(CLI::App& command, ExitStatus& status);

}  // namespace blendsim::cli

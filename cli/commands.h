// SPDX-License-Identifier: Apache-2.0
// The subcommands, one file each. Each function declares its options and what happens when it is chosen.
#pragma once

#include <CLI/CLI.hpp>

#include "base/diagnostic.h"

namespace blendsim::cli {

void add_zoo(CLI::App& app, ExitStatus& status);
void add_compile(CLI::App& app, ExitStatus& status);
void add_run(CLI::App& app, ExitStatus& status);
void add_inspect(CLI::App& app, ExitStatus& status);
void add_platforms(CLI::App& app, ExitStatus& status);
void add_compare(CLI::App& app, ExitStatus& status);
void add_explain(CLI::App& app, ExitStatus& status);

}  // namespace blendsim::cli

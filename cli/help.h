// SPDX-License-Identifier: Apache-2.0
// `--help`: the usage line, options by heading with the names of their values, two examples; as wide as the terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "report/format_text.h"

namespace blendsim::cli {

// Of the app (the commands by heading) or of a command.
[[nodiscard]] std::string help_text(const CLI::App& app, const TextLayout& layout);

}  // namespace blendsim::cli

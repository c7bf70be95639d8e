// SPDX-License-Identifier: Apache-2.0
// Completion scripts of three shells, from the option tree.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace blendsim::cli {

// To be sourced, or put where the shell looks for completions.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

}  // namespace blendsim::cli

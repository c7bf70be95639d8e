// SPDX-License-Identifier: Apache-2.0
// What a value may be, for a shell that completes it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/option_tree.h"

namespace blendsim::cli {

enum class Paths { none, files, folders };

struct Candidates {
  std::vector<std::string> words;
  Paths paths = Paths::none;
};

// Of a value of this kind (OptionRow::kind): the names that this binary knows now, of platforms as they lie in the
// configuration folder. None for a number.
[[nodiscard]] Candidates candidates(const CLI::App& app, const std::string& kind);

// Of all values that a command takes by their place.
[[nodiscard]] Candidates positional_candidates(const CLI::App& command);

}  // namespace blendsim::cli

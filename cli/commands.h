// SPDX-License-Identifier: Apache-2.0
// The subcommands, one file each. Each function declares its options and what happens when it is chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

#include "base/diagnostic.h"

namespace blendsim::cli {

// A seed: digits only, so that -1 is not read as the largest number.
inline CLI::Validator whole_number(bool from_one) {
  const std::string what = from_one ? "a whole number from 1 on" : "a whole number";
  return CLI::Validator(
      [from_one, what](const std::string& text) {
        const bool digits =
            !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
        const bool zero = text.find_first_not_of('0') == std::string::npos;
        return digits && text.size() < 20 && !(from_one && zero) ? std::string{} : "'" + text + "' is not " + what;
      },
      "");
}

void add_zoo(CLI::App& app, ExitStatus& status);
void add_compile(CLI::App& app, ExitStatus& status);
void add_run(CLI::App& app, ExitStatus& status);
void add_inspect(CLI::App& app, ExitStatus& status);
void add_platforms(CLI::App& app, ExitStatus& status);
void add_rtl(CLI::App& app, ExitStatus& status);
void add_compare(CLI::App& app, ExitStatus& status);
void add_explain(CLI::App& app, ExitStatus& status);

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
// Checks of options' values.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

namespace blendsim::cli {

// Digits only, so that -1 is not read as the largest number.
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

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
// Checks of options' values.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <sstream>
#include <string>
#include <vector>

#include "cli/option_tree.h"

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

// A number from `least` to `most`; NaN compares with neither and is refused too.
inline CLI::Validator number_between(double least, double most, const std::string& unit = "") {
  return CLI::Validator(
      [=](const std::string& text) {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        if (whole && value >= least && value <= most) return std::string{};
        std::ostringstream out;
        out << "'" << text << "' is no number from " << least << " to " << most << unit;
        return out.str();
      },
      "");
}

// From 0 to 1; NaN compares with neither and is refused too.
inline CLI::Validator fraction() {
  return CLI::Validator(
      [](const std::string& text) {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        return whole && value >= 0 && value <= 1 ? std::string{} : "'" + text + "' is no number from 0 to 1";
      },
      "");
}

// An option whose value is one of several words: allowed is "onnx|qonnx", which help shows as the value's name.
inline CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value,
                               const std::string& allowed, const std::string& description) {
  const auto is_allowed = [allowed](const std::string& text) {
    const std::vector<std::string> words = choices(allowed);
    return std::find(words.begin(), words.end(), text) != words.end() ? std::string{}
                                                                      : "'" + text + "' is none of " + allowed;
  };
  return command.add_option(name, value, description)
      ->type_name(allowed)
      ->check(CLI::Validator(is_allowed, ""))
      ->capture_default_str();
}

}  // namespace blendsim::cli

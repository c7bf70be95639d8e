// SPDX-License-Identifier: Apache-2.0
// Commands and options as data, read from the tree that CLI11 parses by: help, completion, manual pages and the search
// for a misspelt name walk the same rows.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace blendsim::cli {

struct OptionRow {
  std::vector<std::string> names;  // {"-o", "--output"}; none: it is known by its place
  std::string title;               // what stands for the value in a text: "FILE", "A"; empty: it takes no value
  std::string optional;            // "[=N]": a value that a flag may be given; else empty
  std::string kind;                // what the value is: "FILE", "PLATFORM", "onnx|qonnx" (one of these)
  std::string group, description, fallback;  // fallback: the value where none is given; may be empty
  std::vector<std::string> needs, excludes;  // long names of others
  bool required = false, repeats = false;

  [[nodiscard]] bool positional() const { return names.empty(); }
  [[nodiscard]] std::string text() const;      // "-o, --output FILE", "--activity[=N]", "FILE"
  [[nodiscard]] std::string sentence() const;  // the description with what else there is to know
};

// In the order of declaration; the flag for help is the last one.
[[nodiscard]] std::vector<OptionRow> option_rows(const CLI::App& command);
// Headings in the order of their first option.
[[nodiscard]] std::vector<std::string> option_groups(const std::vector<OptionRow>& rows);

// "blendsim run [OPTIONS] FILE"
[[nodiscard]] std::string usage_line(const CLI::App& command);

// "onnx|qonnx" -> {"onnx", "qonnx"}; none for a kind that is a name.
[[nodiscard]] std::vector<std::string> choices(std::string_view kind);

// The app that commands hang on.
[[nodiscard]] const CLI::App& root(const CLI::App& app);

}  // namespace blendsim::cli

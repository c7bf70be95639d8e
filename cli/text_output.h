// SPDX-License-Identifier: Apache-2.0
// Where text for people goes, and how it is laid out there.
#pragma once

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <ostream>
#include <string>

#include "report/format_text.h"

namespace blendsim::cli {

struct TextOptions {
  bool quiet = false, wide = false, all = false;
};

// Each declares one flag, in the group "Text".
void add_quiet_option(CLI::App& command, TextOptions& options);
void add_wide_option(CLI::App& command, TextOptions& options);
void add_all_option(CLI::App& command, TextOptions& options, const std::string& rows);

// "standard output" for "-".
[[nodiscard]] std::string name_of_output(const std::string& path);

struct TextOutput {
  std::ostream& stream;
  TextLayout layout;
  TextLayout lines{};  // of what is no table and no report: line_layout()

  // Lines, of which those that are too long go on behind `indent` blanks.
  void say(std::string_view text, std::size_t indent) const { stream << wrapped(text, indent, lines); }
};

// results: the files that the command writes. Text goes to standard output; to standard error where "-" among them
// takes that; nowhere if the user wants quiet.
[[nodiscard]] TextOutput text_output(const TextOptions& options, std::initializer_list<std::string> results = {});

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
// What is said beside the results, on standard error, and how wide and colourful a stream is.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "report/format_text.h"

namespace blendsim::cli {

// Of STDOUT_FILENO or STDERR_FILENO: the width is $COLUMNS, else the terminal's, else 80; colour on a terminal only,
// and neither where $NO_COLOR is set nor where $TERM is "dumb".
[[nodiscard]] TextLayout terminal_layout(int descriptor);

// The same for lines that are no table's: broken on a terminal and where $COLUMNS asks for a width; elsewhere what
// reads them wants each whole.
[[nodiscard]] TextLayout line_layout(int descriptor);

// Diagnoses as Diagnostic::text() gives them, on standard error: broken and coloured on a terminal, as they are
// elsewhere.
void print_diagnoses(std::string_view text);

// What is not wrong enough to stop for.
void warning(const std::string& what);
void warning(const Diagnostic& what);

// A line about what is being done: on a terminal only.
void progress(const std::string& what);

// Count, rate and time left of long work: one line on standard error, renewed in place and cleared at the end. On a
// terminal only.
class Progress {
 public:
  // "simulating", "images", 100
  Progress(std::string what, std::string items, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool shown() const { return shown_; }
  void at(std::size_t done);  // so many of the total; as often as one likes

 private:
  using Clock = std::chrono::steady_clock;
  const std::string what_, items_;
  const std::size_t total_;
  const bool shown_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

}  // namespace blendsim::cli

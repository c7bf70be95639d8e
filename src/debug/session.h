// SPDX-License-Identifier: Apache-2.0
// A debugging session over a run that has been: command lines in, text out (docs/debug.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "debug/subject.h"

namespace blendsim::debug {

struct Bench;

class Session {
 public:
  // Begins in cycle 0 of main.
  explicit Session(const Subject& subject);
  ~Session();

  // Performs one command line and returns what it has to say, in whole lines. An empty line and one that begins with
  // "# " say nothing. Throws DiagnosticError (usage, bad_usage) for a command that cannot be performed; the session
  // stands where it stood.
  std::string perform(std::string_view line);
  [[nodiscard]] bool over() const;           // `quit` was given
  [[nodiscard]] std::string prompt() const;  // "(12,345) "
  // What the last word of a beginning of a line could become, whole words.
  [[nodiscard]] std::vector<std::string> completions(std::string_view line) const;
  // Does an empty line at a terminal perform this one again, as for commands that move?
  [[nodiscard]] static bool repeats(std::string_view line);

  [[nodiscard]] Bench& bench() { return *bench_; }

 private:
  std::unique_ptr<Bench> bench_;
};

}  // namespace blendsim::debug

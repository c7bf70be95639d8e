// SPDX-License-Identifier: Apache-2.0
// How BlendSim says that something is wrong with what it was given.
//
// A stage (import, resolve, lower, compile, run) collects every Diagnostic it can find and throws them together as one
// DiagnosticError at its border. InvariantError is different: it says that BlendSim itself is wrong.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic_codes.h"

namespace blendsim {

// Where the trouble stands. Empty members are not printed.
struct Place {
  std::string file{};
  int line = 0;        // 1-based, 0 = unknown
  std::string node{};  // ONNX node, tensor, instruction or parameter: what a user would search for

  [[nodiscard]] std::string text() const;  // "file:line: node 'X'"
};

// Changes that belong together, as --set takes them: {"buffers.act_fixed.regions=2", "buffers.act_fixed.depth=65536"}.
using Lever = std::vector<std::string>;

struct Diagnostic {
  Code code;
  Place place;
  std::string message;  // what is wrong and what was expected
  std::string hint;     // what would mend it; may be empty
  // What may remove the trouble, most promising first; not printed. compile() tries them and writes the hint.
  std::vector<Lever> levers{};

  // "error[code]: place: message\n  hint: ..."; `severity` stands where "error" does.
  [[nodiscard]] std::string text(std::string_view severity = "error") const;
};

// What the command line turns a failure into (docs/cli.md, "Exit status").
enum class ExitStatus {
  done = 0,
  bad_input = 1,
  bad_usage = 2,
  simulation_failed = 3,
  differs = 4,
  broken_invariant = 5
};

class DiagnosticError : public std::exception {
 public:
  explicit DiagnosticError(std::vector<Diagnostic> diagnostics, ExitStatus status = ExitStatus::bad_input);
  DiagnosticError(Code code, Place place, std::string message, std::string hint = {});

  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  [[nodiscard]] ExitStatus status() const { return status_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<Diagnostic> diagnostics_;
  ExitStatus status_;
  std::string text_;
};

// Collects the diagnostics of one stage.
class Diagnostics {
 public:
  void error(Code code, Place place, std::string message, std::string hint = {});
  void add(const Diagnostic& diagnostic) { list_.push_back(diagnostic); }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& list() const { return list_; }
  void throw_if_any(ExitStatus status = ExitStatus::bad_input);

 private:
  std::vector<Diagnostic> list_;
};

// A broken invariant of ours. `where` names unit, instruction and cycle as far as they are known.
class InvariantError : public std::exception {
 public:
  InvariantError(std::string where, std::string message);
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// The candidate nearest to `word` by edit distance, or empty when none is near: "did you mean 'rows'?".
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Every diagnostic code. A Code can only be made from a literal that is listed: a misspelt code does not compile. What
// `blendsim explain CODE` prints of each is in diagnostic_explanations.cpp.
#pragma once

#include <array>
#include <string_view>

namespace blendsim {

// Sorted by area; add names to the area's end, and what explains them to diagnostic_explanations.cpp.
inline constexpr auto code_names = std::to_array<std::string_view>({
    // files
    "file-unreadable",
    "file-unwritable",
    "file-unrecognised",
    "file-damaged",
    // input tensors
    "input-shape",
    "input-type",
    "input-value",
    "input-scale",
    // network
    "unsupported-operator",
    "unsupported-attribute",
    "bad-graph",
    "dynamic-shape",
    "shape-mismatch",
    "bad-constant",
    "constants-too-large",
    "not-constant",
    "not-quantised",
    "number-width",
    "not-lowerable",
    "export-bound",
    "unknown-network",
    // platform
    "yaml-syntax",
    "unknown-key",
    "duplicate-key",
    "missing-key",
    "wrong-type",
    "wrong-unit",
    "out-of-range",
    "unknown-name",
    "contradiction",
    "bad-override",
    "clock-above-estimate",
    // compiler and program
    "does-not-fit",
    "device-too-small",
    "unit-too-narrow",
    "program-invalid",
    "program-damaged",
    "program-version",
    "platform-mismatch",
    // simulation
    "deadlock",
    "hazard",
    "unwritten-read",
    "token-overflow",
    // exploration
    "study-changed",
    "journal-in-use",
    "worker-died",
    // command line
    "usage",
    "unknown-code",
    "report-schema",
    "report-damaged",
});

class Code {
 public:
  consteval Code(const char* name) : name_(name) {  // NOLINT: implicit on purpose, a literal is a code
    for (const std::string_view listed : code_names) {
      if (listed == name_) return;
    }
    throw "this diagnostic code is not in code_names";
  }
  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  constexpr bool operator==(const Code&) const = default;

 private:
  std::string_view name_;
};

}  // namespace blendsim

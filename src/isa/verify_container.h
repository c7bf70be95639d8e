// SPDX-License-Identifier: Apache-2.0
// Internal to verify(): what must hold of the container around the instructions. Each throws DiagnosticError
// program-invalid whose place is the path of the field in program.fbs: "layers[2].results[0].slices".
#pragma once

#include <fmt/format.h>

#include <string>

#include "isa/program.h"

namespace blendsim::verification {

// A table of the container, or one of its members.
struct Field {
  std::string path;

  [[noreturn]] void refuse(const std::string& member, const std::string& rule) const;
  // lo <= value <= hi
  void within(const std::string& member, std::int64_t value, std::int64_t lo, std::int64_t hi) const;
  // The rule is put in words only where it is broken. An empty member: the path itself.
  template <class... Args>
  void require(bool condition, const char* member, fmt::format_string<Args...> rule, Args&&... args) const {
    if (!condition) refuse(member, fmt::format(rule, std::forward<Args>(args)...));
  }
};

// Everything of the program but what its instructions do. Reads no value through an unchecked size.
void check_container(const Program& program, const MachineParameters& machine);

// Input and output steps on the host: shapes, operands, what they yield. After the views are known to be sound.
void check_host(const Program& program);

}  // namespace blendsim::verification

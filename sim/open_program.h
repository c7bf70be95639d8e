// SPDX-License-Identifier: Apache-2.0
// A program file on its way to the machine: whoever runs or shows one takes it through here.
#pragma once

#include <string>

#include "isa/program.h"
#include "platform/platform.h"

namespace blendsim {

struct OpenedProgram {
  Program program;
  Platform platform;  // the one that the program embeds
};

// Reads the file, resolves its platform and proves the program for it, whole, before anything else is done with it.
// Throws DiagnosticError: as read_program, parse_platform and check_program do.
[[nodiscard]] OpenedProgram open_program(const std::string& path, const ConfigPaths& paths);

// The program was compiled for this platform and is legal on its machine. Throws DiagnosticError program-invalid.
void check_program(const Program& program, const Platform& platform);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "sim/open_program.h"

#include <fmt/format.h>

#include "base/diagnostic.h"

namespace blendsim {

void check_program(const Program& program, const Platform& platform) {
  if (const std::string digest = platform.digest(); program.platform_digest != digest) {
    throw DiagnosticError("program-invalid", Place{{}, 0, "platform_digest"},
                          fmt::format("is {}, but platform_yaml has {}", program.platform_digest, digest),
                          "compile the network again");
  }
  verify(program, platform.machine);
}

OpenedProgram open_program(const std::string& path, const ConfigPaths& paths) {
  OpenedProgram opened{read_program(path), {}};
  opened.platform = parse_platform(opened.program.platform_yaml, path, paths);
  try {
    check_program(opened.program, opened.platform);
  } catch (const DiagnosticError& error) {  // the proof knows fields and instructions, not files
    std::vector<Diagnostic> list = error.diagnostics();
    for (Diagnostic& diagnostic : list) diagnostic.place.file = path;
    throw DiagnosticError(std::move(list), error.status());
  }
  return opened;
}

}  // namespace blendsim

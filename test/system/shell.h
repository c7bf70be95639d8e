// SPDX-License-Identifier: Apache-2.0
// Command lines as a user types them: by a shell, in a folder, with blendsim on the path; on a terminal too.
#pragma once

#include <filesystem>
#include <string>

#include "process.h"

namespace blendsim {

// `line` in `folder`, by bash.
inline ProcessResult run_shell(const std::string& line, const std::string& folder) {
  const std::string path = std::filesystem::path(BLENDSIM_BINARY).parent_path().string();
  return run_process({"env", "-u", "COLUMNS", "-u", "NO_COLOR", "TERM=xterm", "bash", "-c",
                      "cd '" + folder + "' && PATH='" + path + "':\"$PATH\" && " + line});
}

// The same on a pseudo terminal of `columns` characters, which both standard streams are.
inline ProcessResult run_terminal(const std::string& line, const std::string& folder, int columns = 80) {
  return run_shell("script -qec \"stty cols " + std::to_string(columns) + "; " + line + "\" /dev/null", folder);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// blendsim compare: two reports, layer by layer and unit by unit.
#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "report/report.h"

namespace blendsim::cli {

void declare_compare(CLI::App& command, ExitStatus& status) {
  auto files = std::make_shared<std::array<std::string, 2>>();
  command.add_option("a", (*files)[0], "Report A (JSON)")->required();
  command.add_option("b", (*files)[1], "Report B (JSON)")->required();
  command.callback([files, &status] {
    for (const std::string& file : *files) {
      if (!std::filesystem::is_regular_file(file)) continue;  // a pipe is read once
      const FileKind kind = file_kind(file);
      if (kind != FileKind::report && kind != FileKind::json) unexpected_kind(file, kind, "a report");
    }
    const Comparison comparison = compare_reports((*files)[0], (*files)[1]);
    std::cout << comparison.text;
    if (!comparison.equal) status = ExitStatus::differs;
  });
}

}  // namespace blendsim::cli

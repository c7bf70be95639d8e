// SPDX-License-Identifier: Apache-2.0
// blendsim compare: two reports, layer by layer and unit by unit; more of them in a table.
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/files.h"
#include "report/report.h"

namespace blendsim::cli {

void declare_compare(CLI::App& command, ExitStatus& status) {
  auto files = std::make_shared<std::vector<std::string>>();
  command.add_option("reports", *files, "Two or more reports (JSON)")->required()->expected(2, 1000);
  command.callback([files, &status] {
    for (const std::string& file : *files) {
      if (!std::filesystem::is_regular_file(file)) continue;  // a pipe is read once
      const FileKind kind = file_kind(file);
      if (kind != FileKind::report && kind != FileKind::json) unexpected_kind(file, kind, "a report");
    }
    const Comparison comparison = compare_reports(*files);
    std::cout << comparison.text;
    if (!comparison.equal) status = ExitStatus::differs;
  });
}

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
// blendsim compare: two reports, layer by layer and unit by unit; more of them in a table.
#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
#include "report/report.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::vector<std::string> reports;
  TextOptions text;
};

ExitStatus compare(const Arguments& arguments) {
  for (const std::string& file : arguments.reports) {
    if (file != "-" && !std::filesystem::is_regular_file(file)) continue;  // a pipe is read once
    const FileKind kind = file_kind(file);
    if (kind != FileKind::report && kind != FileKind::json) unexpected_kind(file, kind, "a report");
  }
  const TextOutput text = text_output(arguments.text);
  const Comparison comparison = compare_reports(arguments.reports, text.layout);
  text.stream << comparison.text;
  return comparison.equal ? ExitStatus::done : ExitStatus::differs;
}

}  // namespace

void declare_compare(CLI::App& command, ExitStatus& status) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("REPORTS", arguments->reports, "Two or more reports that `blendsim run --json` wrote")
      ->type_name("FILE")
      ->required()
      ->expected(2, 1000);
  add_quiet_option(command, arguments->text);
  add_wide_option(command, arguments->text);
  add_all_option(command, arguments->text, "layers and accounts");
  command.callback([arguments, &status] { status = compare(*arguments); });
}

}  // namespace blendsim::cli

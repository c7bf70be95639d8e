// SPDX-License-Identifier: Apache-2.0
// blendsim compare: two reports, layer by layer and unit by unit.
#include <array>
#include <filesystem>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
#include "report/report.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::array<std::string, 2> reports;
  TextOptions text;
};

ExitStatus compare(const Arguments& arguments) {
  for (const std::string& file : arguments.reports) {
    if (!std::filesystem::is_regular_file(file)) continue;  // a pipe is read once
    const FileKind kind = file_kind(file);
    if (kind != FileKind::report && kind != FileKind::json) unexpected_kind(file, kind, "a report");
  }
  const TextOutput text = text_output(arguments.text);
  const Comparison comparison = compare_reports(arguments.reports[0], arguments.reports[1], text.layout);
  text.stream << comparison.text;
  return comparison.equal ? ExitStatus::done : ExitStatus::differs;
}

}  // namespace

void declare_compare(CLI::App& command, ExitStatus& status) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("A", arguments->reports[0], "Report that `blendsim run --json` wrote")
      ->type_name("FILE")
      ->required();
  command.add_option("B", arguments->reports[1], "Another one")->type_name("FILE")->required();
  add_quiet_option(command, arguments->text);
  add_wide_option(command, arguments->text);
  add_all_option(command, arguments->text, "layers and accounts");
  command.callback([arguments, &status] { status = compare(*arguments); });
}

}  // namespace blendsim::cli

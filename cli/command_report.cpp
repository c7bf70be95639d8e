// SPDX-License-Identifier: Apache-2.0
// blendsim report: a saved report shown again, as text, page or table.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
#include "page/page.h"
#include "report/csv.h"
#include "report/saved_report.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string a, b;
  std::string html, csv;
  TextOptions text;

  [[nodiscard]] std::vector<std::string> files() const {
    return b.empty() ? std::vector<std::string>{a} : std::vector<std::string>{a, b};
  }
};

std::vector<Json> read_reports(const std::vector<std::string>& files) {
  std::vector<Json> reports;
  for (const std::string& file : files) {
    if (file == "-" || std::filesystem::is_regular_file(file)) {  // a pipe is read once
      const FileKind kind = file_kind(file);
      if (kind != FileKind::report && kind != FileKind::json) unexpected_kind(file, kind, "a report");
    }
    reports.push_back(read_report(file).whole());
  }
  return reports;
}

void show(const Arguments& arguments, const std::vector<Json>& reports) {
  const std::vector<std::string> files = arguments.files();
  Outputs outputs;
  if (!arguments.html.empty()) outputs.write([&] { write_text(arguments.html, page_html(reports)); });
  if (!arguments.csv.empty()) {
    std::vector<NamedReport> named;
    for (std::size_t i = 0; i < reports.size(); ++i) named.push_back({files[i], reports[i]});
    outputs.write([&] { write_text(arguments.csv, layers_csv(named)); });
  }
  outputs.throw_if_any();
  if (!arguments.html.empty() || !arguments.csv.empty()) return;
  const TextOutput text = text_output(arguments.text);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (reports.size() > 1) text.stream << fmt::format("{}== {}\n\n", i > 0 ? "\n" : "", files[i]);
    text.stream << report_text(reports[i], text.layout);
  }
}

void report(const Arguments& arguments) {
  keep_apart(arguments.files(), {arguments.html, arguments.csv});
  const std::vector<Json> reports = read_reports(arguments.files());
  try {
    show(arguments, reports);
  } catch (const nlohmann::json::exception& problem) {
    throw DiagnosticError("report-schema", {.file = fmt::format("{}", fmt::join(arguments.files(), " or "))},
                          fmt::format("a field of the schema is missing or of another type: {}", problem.what()),
                          "write it again with this version of blendsim");
  }
}

}  // namespace

void declare_report(CLI::App& command, ExitStatus&) {
  auto a = std::make_shared<Arguments>();
  command.add_option("A", a->a, "Report that `blendsim run --json` wrote")->type_name("FILE")->required();
  command.add_option("B", a->b, "Another one, to be shown beside it")->type_name("FILE");
  const std::string results = "Results";
  command.add_option("--html", a->html, "Write a page that opens offline; - is standard output")
      ->type_name("FILE")
      ->group(results);
  command.add_option("--csv", a->csv, "Write the layers as comma-separated values; - is standard output")
      ->type_name("FILE")
      ->group(results);
  add_quiet_option(command, a->text);
  add_wide_option(command, a->text);
  add_all_option(command, a->text, "layers");
  command.callback([a] { report(*a); });
}

}  // namespace blendsim::cli

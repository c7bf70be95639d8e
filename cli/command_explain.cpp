// SPDX-License-Identifier: Apache-2.0
// blendsim explain: what a diagnostic means, what a pass of the compiler does.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "compiler/compile.h"

namespace blendsim::cli {

namespace {

using Row = std::pair<std::string, std::string>;  // name, sentence

std::vector<Row> diagnostics() {
  std::vector<Row> rows;
  for (const CodeRow& row : code_table) rows.emplace_back(row.name, row.explanation);
  return rows;
}

std::vector<Row> compiler_passes() {
  std::vector<Row> rows;
  for (const PassDescription& pass : passes()) rows.emplace_back(pass.name, pass.does);
  return rows;
}

void list(const std::vector<Row>& rows) {
  for (const auto& [name, sentence] : rows) std::cout << fmt::format("{:<22}{}\n", name, sentence);
}

void explain(const std::string& what) {
  std::vector<Row> rows = diagnostics();
  const std::vector<Row> of_compiler = compiler_passes();
  if (what.empty()) {
    list(rows);
    std::cout << "\nThe passes of the compiler, in order:\n";
    list(of_compiler);
    return;
  }
  rows.insert(rows.end(), of_compiler.begin(), of_compiler.end());
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.first == what; });
  if (found == rows.end()) {
    std::vector<std::string> names;
    for (const Row& row : rows) names.push_back(row.first);
    const std::string near = nearest(what, names);
    throw DiagnosticError("unknown-code", {.node = what}, "no diagnostic has this code",
                          near.empty() ? "`blendsim explain` lists them" : fmt::format("did you mean '{}'?", near));
  }
  std::cout << found->first << ": " << found->second << '\n';
}

}  // namespace

void declare_explain(CLI::App& command, ExitStatus&) {
  auto code = std::make_shared<std::string>();
  command.add_option("code", *code, "Diagnostic code, as printed in error[CODE], or a pass");
  command.callback([code] { explain(*code); });
}

}  // namespace blendsim::cli

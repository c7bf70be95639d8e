// SPDX-License-Identifier: Apache-2.0
// blendsim explain: what a diagnostic means.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/commands.h"

namespace blendsim::cli {

namespace {

void explain(const std::string& code) {
  if (code.empty()) {
    for (const CodeRow& row : code_table) std::cout << fmt::format("{:<22}{}\n", row.name, row.explanation);
    return;
  }
  const auto found =
      std::find_if(code_table.begin(), code_table.end(), [&](const CodeRow& row) { return row.name == code; });
  if (found == code_table.end()) {
    std::vector<std::string> names;
    for (const CodeRow& row : code_table) names.emplace_back(row.name);
    const std::string near = nearest(code, names);
    throw DiagnosticError("unknown-code", {.node = code}, "no diagnostic has this code",
                          near.empty() ? "`blendsim explain` lists them" : fmt::format("did you mean '{}'?", near));
  }
  std::cout << found->name << ": " << found->explanation << '\n';
}

}  // namespace

void add_explain(CLI::App& app, ExitStatus&) {
  auto* command = app.add_subcommand("explain", "Say what a diagnostic means; without a code, list them all");
  auto code = std::make_shared<std::string>();
  command->add_option("code", *code, "Diagnostic code, as printed in error[CODE]");
  command->callback([code] { explain(*code); });
}

}  // namespace blendsim::cli

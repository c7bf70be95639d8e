// SPDX-License-Identifier: Apache-2.0
// blendsim explain: what a diagnostic means and how to mend it, what a pass of the compiler does.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/diagnostic_explanations.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "compiler/compile.h"
#include "report/fields.h"

namespace blendsim::cli {

namespace {

void list(const TextLayout& layout) {
  constexpr std::size_t column = 23;
  const auto row = [&](std::string_view name, std::string_view sentence) {
    std::cout << wrapped(fmt::format("{:<{}}{}\n", name, column, sentence), column, layout);
  };
  for (const Explanation& e : explanations()) row(e.code.name(), e.cause);
  std::cout << "\nThe passes of the compiler, in order:\n";
  for (const PassDescription& pass : passes()) row(pass.name, pass.does);
  std::cout << "\nFigures of a report, such as stall_memory or \"bound by\", are explained by their names too.\n";
}

void print(const Explanation& e, const TextLayout& layout) {
  const auto part = [&](std::string_view label, std::string_view text) {
    constexpr std::size_t column = 9;
    std::cout << wrapped(
        fmt::format("{}{}{}\n", painted(label, Paint::heading, layout), std::string(column - label.size(), ' '), text),
        column, layout);
  };
  std::cout << painted(e.code.name(), Paint::heading, layout) << "\n\n";
  part("cause", e.cause);
  part("example", e.example);
  part("remedy", e.remedy);
}

// A figure of the report, by its name in the JSON or as the tables shorten it: "stall_memory", "memory", "bound by".
// Names that fit are appended to `names` where none is `what`.
bool explain_term(std::string what, const TextLayout& layout, std::vector<std::string>& names) {
  std::replace(what.begin(), what.end(), ' ', '_');
  bool found = false;
  for (const FieldRow& row : report_field_rows()) {
    const std::string name = row.path.substr(row.path.find_last_of('.') + 1);
    if (what == row.path || what == name || "stall_" + what == name || what + "_cycles" == name) {
      found = true;
      std::cout << wrapped(fmt::format("{}{}: {}\n", painted(row.path, Paint::heading, layout),
                                       row.unit.empty() ? "" : fmt::format(" ({})", row.unit), row.sentence),
                           2, layout);
    }
    names.push_back(name);
  }
  return found;
}

void explain(const std::string& what) {
  const TextLayout layout = terminal_layout(STDOUT_FILENO);
  if (what.empty()) return list(layout);
  std::vector<std::string> names;
  for (const Explanation& e : explanations()) {
    if (e.code.name() == what) return print(e, layout);
    names.emplace_back(e.code.name());
  }
  for (const PassDescription& pass : passes()) {
    if (pass.name == what) {
      std::cout << wrapped(fmt::format("{}: {}\n", pass.name, pass.does), 2, layout);
      return;
    }
    names.emplace_back(pass.name);
  }
  if (explain_term(what, layout, names)) return;
  const std::string near = nearest(what, names);
  throw DiagnosticError("unknown-code", {.node = what}, "no diagnostic, pass or figure of a report has this name",
                        near.empty() ? "`blendsim explain` lists them" : fmt::format("did you mean '{}'?", near));
}

}  // namespace

void declare_explain(CLI::App& command, ExitStatus&) {
  auto code = std::make_shared<std::string>();
  command
      .add_option(
          "CODE", *code,
          "Diagnostic, as in error[CODE], pass of the compiler or figure of a report; without it they are listed")
      ->type_name("CODE");
  command.callback([code] { explain(*code); });
}

}  // namespace blendsim::cli

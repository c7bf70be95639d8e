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
  const std::string near = nearest(what, names);
  throw DiagnosticError("unknown-code", {.node = what}, "no diagnostic has this code",
                        near.empty() ? "`blendsim explain` lists them" : fmt::format("did you mean '{}'?", near));
}

}  // namespace

void declare_explain(CLI::App& command, ExitStatus&) {
  auto code = std::make_shared<std::string>();
  command
      .add_option("CODE", *code, "Diagnostic, as in error[CODE], or pass of the compiler; without it they are listed")
      ->type_name("CODE");
  command.callback([code] { explain(*code); });
}

}  // namespace blendsim::cli

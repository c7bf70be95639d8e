// SPDX-License-Identifier: Apache-2.0
// blendsim explain: what a diagnostic means and how to mend it, what a pass of the compiler does.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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
  std::cout << "\nFigures of a report, by these names of its JSON or as its tables and lines call them:\n";
  std::vector<std::string> names;
  for (const FieldRow& field : report_field_rows()) {
    const std::string name = field.path.substr(field.path.find_last_of('.') + 1);
    const bool placeholder = name.front() >= 'A' && name.front() <= 'Z';  // "units.UNIT"
    if (!placeholder && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::cout << wrapped(fmt::format("  {}\n", fmt::join(names, ", ")), 2, layout);
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

// What the text report calls a field otherwise than the JSON, blanks as in the JSON: the last part of its path, or all.
struct Title {
  std::string_view text, field;
};
constexpr std::array titles = {
    Title{"util", "utilization"},
    Title{"mapping", "mapping_efficiency"},
    Title{"busy_%", "busy_fraction"},
    Title{"peak", "peak_bits"},
    Title{"peak", "peak_gops"},
    Title{"used", "peak_bits"},
    Title{"used", "capacity_bits"},
    Title{"used", "resources.by_unit"},
    Title{"capacity", "capacity_bits"},
    Title{"of_device", "resources.available"},
    Title{"bottleneck", "units.UNIT.critical_cycles"},
    Title{"latency", "latency_s"},
    Title{"init", "init_cycles"},
    Title{"throughput", "inferences_per_s"},
    Title{"throughput", "interval_cycles"},
    Title{"energy", "energy_j"},
    Title{"energy", "energy_per_inference_j"},
    Title{"dram", "dram_read_bytes"},
    Title{"dram", "dram_write_bytes"},
    Title{"dram", "dram_achieved_bytes_per_s"},
    Title{"output", "outputs"},
    Title{"note", "notes"},
    Title{"on_the_cpu", "cpu_operators"},
    Title{"resource", "resources"},
    Title{"unit", "units"},
    Title{"buffer", "memory.buffers"},
    Title{"layer", "layers"},
    Title{"MAC", "macs"},
    Title{"report", "digest"},
    Title{"cycles,_first", "cycles"},
    Title{"critical,_all", "critical_cycles"},
};

// A figure of the report, by its name in the JSON or as the tables shorten it: "stall_memory", "memory", "bound by".
// Names that fit are appended to `names` where none is `what`.
bool explain_term(std::string what, const TextLayout& layout, std::vector<std::string>& names) {
  std::replace(what.begin(), what.end(), ' ', '_');
  bool found = false;
  for (const FieldRow& row : report_field_rows()) {
    const std::string name = row.path.substr(row.path.find_last_of('.') + 1);
    const bool titled = std::any_of(titles.begin(), titles.end(), [&](const Title& title) {
      return title.text == what && (title.field == name || title.field == row.path);
    });
    if (titled || what == row.path || what == name || "stall_" + what == name || what + "_cycles" == name) {
      found = true;
      std::cout << wrapped(fmt::format("{}{}: {}\n", painted(row.path, Paint::heading, layout),
                                       row.unit.empty() ? "" : fmt::format(" ({})", row.unit), row.sentence),
                           2, layout);
    }
    names.push_back(name);
  }
  for (const Title& title : titles) names.emplace_back(title.text);
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

// SPDX-License-Identifier: Apache-2.0
#include "report/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blendsim {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string cell(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? quoted(value.get<std::string>()) : value.dump();
}

}  // namespace

std::string layers_csv(std::span<const NamedReport> reports) {
  const bool several = reports.size() > 1;
  std::string out;
  for (const NamedReport& report : reports) {
    for (const Json& layer : report.report.at("layers")) {
      std::vector<std::string> names, cells;
      if (several) {
        names.emplace_back("report");
        cells.push_back(quoted(report.name));
      }
      for (const auto& [name, value] : layer.items()) {
        if (value.is_structured()) continue;
        names.push_back(name);
        cells.push_back(cell(value));
      }
      if (out.empty()) out = fmt::format("{}\n", fmt::join(names, ","));
      out += fmt::format("{}\n", fmt::join(cells, ","));
    }
  }
  return out;
}

}  // namespace blendsim

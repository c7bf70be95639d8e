// SPDX-License-Identifier: Apache-2.0
#include "report/format_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace blendsim {

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string engineering(double value, const std::string& unit) {
  struct Step {
    double scale;
    std::string_view prefix;
  };
  static constexpr std::array<Step, 9> steps = {
      {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}}};
  if (value == 0 || !std::isfinite(value)) return fmt::format("{} {}", value, unit);
  const double size = std::abs(value);
  const auto step = std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return size >= s.scale * 0.99995; });
  const Step& chosen = step == steps.end() ? steps.back() : *step;
  return fmt::format("{:.4g} {}{}", value / chosen.scale, chosen.prefix, unit);
}

std::string percent(double fraction) { return fmt::format("{:.1f} %", 100 * fraction); }

TextTable::TextTable(std::vector<std::string> header, std::vector<bool> left) : left_(std::move(left)) {
  rows_.push_back(std::move(header));
}

void TextTable::row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += "  ";
      line += left_[c] ? fmt::format("{:<{}}", row[c], widths[c]) : fmt::format("{:>{}}", row[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Numbers and tables for people. Independent of the locale.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace blendsim {

[[nodiscard]] std::string grouped(std::int64_t value);  // 44102 -> "44,102"
// 0.0001764, "s" -> "176.4 us"
[[nodiscard]] std::string engineering(double value, const std::string& unit);
[[nodiscard]] std::string percent(double fraction);  // 0.5 -> "50.0 %"

// Columns as wide as their widest cell, two blanks apart. A column is left-aligned where `left` says so.
class TextTable {
 public:
  TextTable(std::vector<std::string> header, std::vector<bool> left);
  void row(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;  // every line ends with a newline

 private:
  std::vector<bool> left_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace blendsim

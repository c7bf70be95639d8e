// SPDX-License-Identifier: Apache-2.0
// Numbers, lines and tables for people. Independent of the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blendsim {

[[nodiscard]] std::string grouped(std::int64_t value);  // 44102 -> "44,102"
// 0.0001764, "s" -> "176.4 us"
[[nodiscard]] std::string engineering(double value, const std::string& unit);
[[nodiscard]] std::string percent(double fraction);  // 0.5 -> "50.0 %"

// How text is laid out for who reads it.
struct TextLayout {
  std::size_t width = 80;  // of a line, in characters
  bool wide = false;       // every column of a table, and no line is broken
  bool all = false;        // every row of a table, in its own order
  bool colour = false;     // ANSI escape sequences, which take no width
};

enum class Paint { heading, good, caution, bad, name };
[[nodiscard]] std::string painted(std::string_view text, Paint paint, const TextLayout& layout);

// Characters that `text` (UTF-8) takes on a terminal.
[[nodiscard]] std::size_t text_width(std::string_view text);

// Every line of `text` that is longer than the layout is broken at blanks; what follows a break is indented by
// `indent`.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, const TextLayout& layout);

struct Column {
  std::string title;
  bool left = false;  // aligned; else right, and a cell of no other digits than 0 is left blank
  // Of a table that is too wide, the column with the highest goes first; 0: it stays.
  int priority = 0;
};

// Columns as wide as their widest cell, two blanks apart. What is not shown is said below: "14 more layers: --all".
class TextTable {
 public:
  // ranked: what the rows are, in the plural, where the ten of largest weight stand for them; empty: all are shown.
  explicit TextTable(std::vector<Column> columns, std::string ranked = {});
  void row(std::vector<std::string> cells, std::int64_t weight = 0);
  // Every line ends with a newline. A table that is too wide without its columns of priority above 0 has its widest
  // left-aligned column shortened.
  [[nodiscard]] std::string text(const TextLayout& layout = {}) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::int64_t weight = 0;
  };
  [[nodiscard]] std::vector<Row> shown_rows(const TextLayout& layout) const;

  std::vector<Column> columns_;
  std::string ranked_;
  std::vector<Row> rows_;
};

}  // namespace blendsim

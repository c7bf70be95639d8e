// SPDX-License-Identifier: Apache-2.0
#include "report/format_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

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

std::string painted(std::string_view text, Paint paint, const TextLayout& layout) {
  if (!layout.colour) return std::string(text);
  static constexpr std::array<std::string_view, 5> codes = {"1", "32", "33", "1;31", "36"};  // in the order of Paint
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(paint)], text);
}

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = std::min(text.find('m', i), text.size());
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {  // the first byte of a character
      ++width;
    }
  }
  return width;
}

namespace {

// Of the word that begins there; a command between backquotes is one word, to be copied whole.
std::size_t end_of_word(std::string_view line, std::size_t begin) {
  std::size_t end = std::min(line.find(' ', begin), line.size());
  const auto is_open = [&] {
    const std::string_view word = line.substr(begin, end - begin);
    return std::count(word.begin(), word.end(), '`') % 2 != 0;
  };
  while (is_open()) {
    const std::size_t close = line.find('`', end);
    if (close == std::string_view::npos) break;
    end = std::min(line.find(' ', close), line.size());
  }
  return end;
}

std::string wrapped_line(std::string_view line, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  while (!line.empty()) {
    const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t end = end_of_word(line, blanks);
    const std::size_t word = text_width(line.substr(blanks, end - blanks));
    if (used > indent && used + blanks + word > width) {
      out += '\n' + std::string(indent, ' ');
      used = indent + word;
      out += line.substr(blanks, end - blanks);
    } else {
      used += blanks + word;
      out += line.substr(0, end);
    }
    line.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, const TextLayout& layout) {
  if (layout.wide) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    out += text_width(line) > layout.width ? wrapped_line(line, indent, layout.width) : std::string(line);
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

namespace {

constexpr std::size_t gap = 2;          // between columns
constexpr std::size_t rows_shown = 10;  // of a ranked table

// "layers that changed", of one "layer that changed".
std::string counted(std::string what, std::size_t count) {
  const std::size_t end = std::min(what.find(' '), what.size());
  if (count == 1 && end > 0 && what[end - 1] == 's') what.erase(end - 1, 1);
  return what;
}

// No digit but 0, or no digit at all in "-": it says nothing in a column of numbers.
bool is_zero(const std::string& cell) {
  return cell == "-" || (cell.find('0') != std::string::npos && cell.find_first_of("123456789") == std::string::npos);
}

std::string padded(const std::string& cell, std::size_t width, bool left) {
  const std::string blanks(width - std::min(width, text_width(cell)), ' ');
  return left ? cell + blanks : blanks + cell;
}

// The end of a name says more than its middle: "/features/stage..3/conv_2".
std::string shortened(const std::string& cell, std::size_t width) {
  if (text_width(cell) <= width) return cell;
  const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  std::size_t begin = cell.size() - std::min(cell.size(), width - 2);
  while (begin < cell.size() && !is_first(cell[begin])) ++begin;
  return ".." + cell.substr(begin);
}

// Which columns of a table are shown, and how wide.
struct Fit {
  const std::vector<Column>& columns;
  std::vector<std::size_t> widths, shown;
  std::vector<bool> blank;  // in every row

  [[nodiscard]] std::size_t width() const {
    std::size_t sum = shown.empty() ? 0 : gap * (shown.size() - 1);
    for (const std::size_t c : shown) sum += widths[c];
    return sum;
  }
  // A sentence behind the others can be broken: it needs no more than this.
  [[nodiscard]] std::size_t least_width() const {
    constexpr std::size_t legible = 30;
    const std::size_t last = shown.back();
    return width() - (columns[last].left && shown.size() > 1 ? widths[last] - std::min(widths[last], legible) : 0);
  }
  // A column that says nothing goes before one that does.
  bool drop_blank() {
    const auto c = std::find_if(shown.begin(), shown.end(),
                                [this](std::size_t at) { return blank[at] && columns[at].priority > 0; });
    if (c == shown.end()) return false;
    shown.erase(c);
    return true;
  }
  // The column of the highest priority, the last one of several; none left: false.
  bool drop_one() {
    auto least = shown.end();
    for (auto c = shown.begin(); c != shown.end(); ++c) {
      if (columns[*c].priority > 0 && (least == shown.end() || columns[*c].priority >= columns[*least].priority))
        least = c;
    }
    if (least == shown.end()) return false;
    shown.erase(least);
    return true;
  }
  [[nodiscard]] std::vector<std::string> left_out() const {
    std::vector<std::string> titles;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (std::find(shown.begin(), shown.end(), c) == shown.end()) titles.push_back(columns[c].title);
    }
    return titles;
  }
  // The widest left-aligned column; none: columns.size().
  [[nodiscard]] std::size_t widest() const {
    std::size_t found = columns.size();
    for (const std::size_t c : shown) {
      if (columns[c].left && (found == columns.size() || widths[c] > widths[found])) found = c;
    }
    return found;
  }
  void shorten_to(std::size_t limit) {
    constexpr std::size_t legible = 12;
    const std::size_t c = widest(), excess = width() - limit;
    if (c == columns.size()) return;
    widths[c] = std::max(std::min(legible, widths[c]), widths[c] - std::min(excess, widths[c]));
  }
};

}  // namespace

TextTable::TextTable(std::vector<Column> columns, std::string ranked)
    : columns_(std::move(columns)), ranked_(std::move(ranked)) {}

void TextTable::row(std::vector<std::string> cells, std::int64_t weight) {
  cells.resize(columns_.size());
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (!columns_[c].left && is_zero(cells[c])) cells[c].clear();
  }
  rows_.push_back({std::move(cells), weight});
}

std::vector<TextTable::Row> TextTable::shown_rows(const TextLayout& layout) const {
  std::vector<Row> rows = rows_;
  if (ranked_.empty() || layout.all) return rows;
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.weight > b.weight; });
  rows.resize(std::min(rows.size(), rows_shown));
  return rows;
}

std::string TextTable::text(const TextLayout& layout) const {
  const std::vector<Row> rows = shown_rows(layout);
  Fit fit{columns_, {}, {}, {}};
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    fit.widths.push_back(text_width(columns_[c].title));
    fit.shown.push_back(c);
    for (const Row& row : rows) fit.widths[c] = std::max(fit.widths[c], text_width(row.cells[c]));
    fit.blank.push_back(std::all_of(rows.begin(), rows.end(), [c](const Row& row) { return row.cells[c].empty(); }));
  }
  while (!layout.wide && fit.least_width() > layout.width && (fit.drop_blank() || fit.drop_one())) {}
  // A sentence behind the names is broken, names are shortened.
  const bool sentence = fit.widest() == fit.shown.back() && columns_.size() > 1;
  const std::size_t indent = fit.width() - fit.widths[fit.shown.back()];
  if (!layout.wide && fit.width() > layout.width && !sentence) fit.shorten_to(layout.width);

  const auto line = [&](auto cell_of) {
    std::string out;
    for (std::size_t i = 0; i < fit.shown.size(); ++i) {
      const std::size_t c = fit.shown[i];
      out += padded(shortened(cell_of(c), fit.widths[c]), fit.widths[c], columns_[c].left);
      if (i + 1 < fit.shown.size()) out += std::string(gap, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return sentence ? wrapped(out, indent, layout) : out;
  };
  std::string out = painted(line([&](std::size_t c) { return columns_[c].title; }), Paint::heading, layout) + '\n';
  for (const Row& row : rows) out += line([&](std::size_t c) { return row.cells[c]; }) + '\n';

  std::string rest;
  if (const std::size_t more = rows_.size() - rows.size(); more > 0)
    rest = fmt::format("{} more {}: --all", more, counted(ranked_, more));
  if (fit.shown.size() < columns_.size())
    rest += fmt::format("{}{}: --wide", rest.empty() ? "" : "; ", fmt::join(fit.left_out(), ", "));
  return rest.empty() ? out : out + wrapped("(" + rest + ")\n", 1, layout);
}

}  // namespace blendsim

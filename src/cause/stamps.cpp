// SPDX-License-Identifier: Apache-2.0
#include "cause/stamps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/diagnostic.h"
#include "cause/stamps_npy.h"
#include "tensor/files.h"

namespace blendsim {

namespace {

constexpr std::array<std::string_view, 4> needed = {"unit", "instruction", "start", "end"};
constexpr std::string_view form = "a table of records has the columns unit,instruction,start,end and may have image";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\"");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\"") + 1 - begin);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    cells.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

[[noreturn]] void refuse_line(const std::string& path, int line, const std::string& what) {
  throw DiagnosticError("file-damaged", {.file = path, .line = line}, what, std::string(form));
}

void require_columns(const std::string& path, const std::map<std::string, std::size_t, std::less<>>& columns) {
  if (std::none_of(needed.begin(), needed.end(), [&](std::string_view name) { return columns.contains(name); })) {
    throw DiagnosticError("file-unrecognised", {.file = path}, "is no table of records: its first line names no column",
                          std::string(form));
  }
  for (const std::string_view name : needed) {
    if (columns.contains(name)) continue;
    throw DiagnosticError("file-unrecognised", {.file = path}, fmt::format("there is no column '{}'", name),
                          std::string(form));
  }
}

UnitId unit_of(const std::string& path, int line, std::string_view text) {
  for (const UnitId unit : all_units) {
    if (name(unit) == text) return unit;
  }
  const std::vector<std::string> names(unit_names.begin(), unit_names.end());
  const std::string near = nearest(text, names);
  refuse_line(path, line,
              fmt::format("'{}' is no unit; {}", text,
                          near.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                       : fmt::format("did you mean '{}'?", near)));
}

std::int64_t number(const std::string& path, int line, std::string_view text, std::string_view column,
                    std::int64_t limit) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < 0 || value > limit)
    refuse_line(path, line, fmt::format("'{}' is no {}", text, column));
  return value;
}

constexpr std::int64_t most_records = (std::int64_t{1} << 31) - 1;
constexpr std::int64_t last_cycle = std::int64_t{1} << 60;

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<Stamp> read_table(const std::string& path, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw DiagnosticError("file-unrecognised", {.file = path}, "is no table of records: it is binary",
                          "of a run's trace, `blendsim run --trace F.npy` writes the table that is read here");
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // as spreadsheets write it
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::map<std::string, std::size_t, std::less<>> columns;
  std::vector<Stamp> stamps;
  int number_of_line = 0;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    ++number_of_line;
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string_view> cells = split(line);
    if (columns.empty()) {
      for (std::size_t c = 0; c < cells.size(); ++c) columns.emplace(small_letters(cells[c]), c);
      require_columns(path, columns);
      continue;
    }
    const auto cell = [&](std::string_view column) {
      const std::size_t at = columns.find(column)->second;
      if (at >= cells.size()) refuse_line(path, number_of_line, fmt::format("the line has no {}", column));
      return cells[at];
    };
    const auto value = [&](std::string_view column, std::int64_t limit) {
      return number(path, number_of_line, cell(column), column, limit);
    };
    Stamp stamp;
    stamp.unit = unit_of(path, number_of_line, cell("unit"));
    stamp.instruction = static_cast<std::int32_t>(value("instruction", most_records));
    stamp.start = value("start", last_cycle);
    stamp.end = value("end", last_cycle);
    if (columns.contains("image")) stamp.image = static_cast<std::int32_t>(value("image", most_records));
    if (stamp.end < stamp.start) refuse_line(path, number_of_line, "it ends before it starts");
    stamps.push_back(stamp);
  }
  if (columns.empty()) require_columns(path, columns);
  return stamps;
}

}  // namespace

std::vector<Stamp> stamps_of(const std::vector<InstructionRecord>& records) {
  std::vector<Stamp> stamps;
  for (const InstructionRecord& r : records) stamps.push_back({r.instruction, r.image, r.unit, r.start, r.end});
  return stamps;
}

std::vector<Stamp> read_stamps(const std::string& path) {
  const std::string bytes = read_bytes(path);
  std::vector<Stamp> stamps = is_npy(bytes) ? read_npy_stamps(path, bytes) : read_table(path, bytes);
  const auto place = [](const Stamp& s) { return std::pair(s.image, s.instruction); };
  std::stable_sort(stamps.begin(), stamps.end(), [&](const Stamp& a, const Stamp& b) { return place(a) < place(b); });
  const auto twice = std::adjacent_find(stamps.begin(), stamps.end(),
                                        [&](const Stamp& a, const Stamp& b) { return place(a) == place(b); });
  if (twice != stamps.end()) {
    const bool has_images = stamps.back().image > 0;
    throw DiagnosticError("file-damaged", {.file = path},
                          fmt::format("instruction {} of image {} is there twice", twice->instruction, twice->image),
                          has_images ? "write each instruction of an image once"
                                     : "write it once; a line of another image gives it in a column `image`");
  }
  return stamps;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Records in NumPy's structured arrays: 'descr': [('unit', '|u1'), ('start', '<i8'), ...], whatever other fields there
// are.
#include "cause/stamps_npy.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>

#include "base/diagnostic.h"

namespace blendsim {

static_assert(std::endian::native == std::endian::little, "fields are read as they lie in memory");

namespace {

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw DiagnosticError("file-damaged", {.file = path}, what, "write the file again");
}

struct Field {
  std::size_t offset = 0, size = 0;  // bytes
};

struct Layout {
  std::map<std::string, Field, std::less<>> fields;
  std::size_t row = 0;  // bytes
};

// The quoted text that begins behind `at`; moves `at` behind it.
std::string quoted(const std::string& path, std::string_view text, std::size_t& at) {
  const std::size_t begin = text.find('\'', at);
  const std::size_t end = begin == std::string_view::npos ? begin : text.find('\'', begin + 1);
  if (end == std::string_view::npos) damaged(path, "the .npy header names no fields");
  at = end + 1;
  return std::string(text.substr(begin + 1, end - begin - 1));
}

Layout layout_of(const std::string& path, std::string_view list) {
  Layout layout;
  std::size_t at = 0;
  while ((at = list.find('(', at)) != std::string_view::npos) {
    const std::string name = quoted(path, list, at), type = quoted(path, list, at);
    const bool number = type.size() == 3 && (type[0] == '<' || type[0] == '|') && (type[1] == 'i' || type[1] == 'u') &&
                        (type[2] == '1' || type[2] == '2' || type[2] == '4' || type[2] == '8');
    if (!number)
      damaged(path, fmt::format("its field '{}' is of type {}, which is no little-endian integer", name, type));
    const auto size = static_cast<std::size_t>(type[2] - '0');
    layout.fields[name] = {layout.row, size};
    layout.row += size;
  }
  return layout;
}

class Table {
 public:
  Table(const std::string& path, std::string_view bytes) : path_(path) {
    constexpr std::size_t preamble = 10;
    if (bytes.size() < preamble) damaged(path, "the .npy header ends early");
    const bool wide = bytes[6] > 1;
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])); };
    const std::size_t begin = wide ? preamble + 2 : preamble;
    if (bytes.size() < begin) damaged(path, "the .npy header ends early");
    const std::size_t length = byte(8) | byte(9) << 8 | (wide ? byte(10) << 16 | byte(11) << 24 : 0);
    if (bytes.size() - begin < length) damaged(path, "the .npy header ends early");
    const std::string_view header = bytes.substr(begin, length);
    const std::size_t open = header.find('['), close = header.find(']');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
      throw DiagnosticError("file-unrecognised", {.file = path}, "holds no records: its array has no fields",
                            "a structured array with the fields unit, instruction, start and end");
    }
    layout_ = layout_of(path, header.substr(open, close - open));
    data_ = bytes.substr(begin + length);
    if (layout_.row == 0 || data_.size() % layout_.row != 0) damaged(path, "its records are cut off");
  }

  [[nodiscard]] std::size_t count() const { return data_.size() / layout_.row; }
  [[nodiscard]] bool has(std::string_view field) const { return layout_.fields.contains(field); }
  [[nodiscard]] std::int64_t value(std::size_t row, std::string_view field) const {
    const auto at = layout_.fields.find(field);
    if (at == layout_.fields.end()) {
      throw DiagnosticError("file-unrecognised", {.file = path_}, fmt::format("has no field '{}'", field),
                            "a structured array with the fields unit, instruction, start and end");
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, data_.data() + row * layout_.row + at->second.offset, at->second.size);
    return static_cast<std::int64_t>(bits);
  }

 private:
  const std::string& path_;
  Layout layout_;
  std::string_view data_;
};

}  // namespace

std::vector<Stamp> read_npy_stamps(const std::string& path, std::string_view bytes) {
  const Table rows(path, bytes);
  std::vector<Stamp> stamps;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    if (rows.has("phase") && rows.value(row, "phase") != static_cast<std::int64_t>(Phase::main)) continue;
    const std::int64_t unit = rows.value(row, "unit"), start = rows.value(row, "start"), end = rows.value(row, "end");
    const std::int64_t instruction = rows.value(row, "instruction"),
                       image = rows.has("image") ? rows.value(row, "image") : 0;
    constexpr std::int64_t most = (std::int64_t{1} << 31) - 1, last_cycle = std::int64_t{1} << 60;
    const bool legal = unit >= 0 && unit < unit_count && instruction >= 0 && instruction <= most && image >= 0 &&
                       image <= most && start >= 0 && end >= start && end <= last_cycle;
    if (!legal) damaged(path, fmt::format("its record {} cannot be one", row));
    stamps.push_back({static_cast<std::int32_t>(instruction), static_cast<std::int32_t>(image),
                      static_cast<UnitId>(unit), start, end});
  }
  return stamps;
}

}  // namespace blendsim

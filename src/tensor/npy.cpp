// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy format, versions 1 to 3 (numpy.lib.format): magic, version, header length, a Python dictionary, data.
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/diagnostic.h"
#include "base/written_file.h"
#include "tensor/files.h"

namespace blendsim {

static_assert(std::endian::native == std::endian::little, "the .npy reader copies little-endian data");

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::int64_t element_limit = std::int64_t{1} << 28;

struct Header {
  std::string descr;
  bool fortran = false;
  Shape shape;
};

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw DiagnosticError("file-damaged", {path}, what, "write the file again with numpy.save");
}

// The text after 'key': in the header dictionary, without leading blanks.
std::string_view value_of(const std::string& path, std::string_view header, std::string_view key) {
  std::size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) damaged(path, fmt::format("the .npy header has no '{}'", key));
  at = header.find_first_not_of(" ", at + key.size() + 2);
  if (at == std::string_view::npos || header[at] != ':') damaged(path, "the .npy header is not a dictionary");
  at = header.find_first_not_of(" ", at + 1);
  if (at == std::string_view::npos) damaged(path, "the .npy header ends early");
  return header.substr(at);
}

Shape parse_shape(const std::string& path, std::string_view text) {
  if (text.empty() || text[0] != '(') damaged(path, "the .npy shape is not a tuple");
  Shape shape;
  std::int64_t count = 1;
  std::size_t at = 1;
  while (true) {
    at = text.find_first_not_of(" ,", at);
    if (at == std::string_view::npos) damaged(path, "the .npy shape does not end");
    if (text[at] == ')') return shape;
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data() + at, text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || value < 0) damaged(path, "the .npy shape holds something that is no size");
    if (value > element_limit || (value > 0 && count > element_limit / value)) {
      damaged(path, "the .npy shape is too large to be an input");
    }
    count *= value;
    shape.push_back(value);
    at = static_cast<std::size_t>(parsed.ptr - text.data());
  }
}

Header parse_header(const std::string& path, std::string_view text) {
  Header header;
  const std::string_view descr = value_of(path, text, "descr");
  if (descr.empty() || (descr[0] != '\'' && descr[0] != '"')) {
    throw DiagnosticError("input-type", {path}, "structured arrays cannot be used", "save one plain array");
  }
  const std::size_t end = descr.find(descr[0], 1);
  if (end == std::string_view::npos) damaged(path, "the .npy type does not end");
  header.descr = std::string(descr.substr(1, end - 1));
  const std::string_view order = value_of(path, text, "fortran_order");
  header.fortran = order.starts_with("True");
  if (!header.fortran && !order.starts_with("False")) damaged(path, "fortran_order is neither True nor False");
  header.shape = parse_shape(path, value_of(path, text, "shape"));
  return header;
}

// The place in C order of each element stored in Fortran order.
std::vector<std::size_t> fortran_places(const Shape& shape) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  std::vector<std::size_t> strides(shape.size(), 1), places(count);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * static_cast<std::size_t>(shape[d]);
  Shape index(shape.size(), 0);
  std::size_t place = 0;
  for (std::size_t i = 0; i < count; ++i) {
    places[i] = place;
    for (std::size_t d = 0; d < shape.size(); ++d) {  // the first index runs fastest
      place += strides[d];
      if (++index[d] < shape[d]) break;
      place -= strides[d] * static_cast<std::size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return places;
}

template <class Stored, class Kept>
void fill(std::vector<Kept>& kept, const Header& header, std::string_view data) {
  const auto count = static_cast<std::size_t>(element_count(header.shape));
  kept.resize(count);
  const std::vector<std::size_t> places = header.fortran ? fortran_places(header.shape) : std::vector<std::size_t>{};
  for (std::size_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, data.data() + i * sizeof(Stored), sizeof(Stored));
    kept[header.fortran ? places[i] : i] = static_cast<Kept>(value);
  }
}

struct TypeRow {
  std::string_view descr;  // without byte order
  std::string_view dtype;
  std::size_t size;
  bool integral;
  void (*fill)(NpyData&, const Header&, std::string_view);
};

template <class Stored>
void fill_integers(NpyData& data, const Header& header, std::string_view bytes) {
  fill<Stored>(data.integers, header, bytes);
}
template <class Stored>
void fill_floats(NpyData& data, const Header& header, std::string_view bytes) {
  fill<Stored>(data.floats, header, bytes);
}

constexpr TypeRow type_table[] = {
    {"b1", "bool", 1, true, fill_integers<std::uint8_t>},  {"u1", "uint8", 1, true, fill_integers<std::uint8_t>},
    {"i1", "int8", 1, true, fill_integers<std::int8_t>},   {"u2", "uint16", 2, true, fill_integers<std::uint16_t>},
    {"i2", "int16", 2, true, fill_integers<std::int16_t>}, {"i4", "int32", 4, true, fill_integers<std::int32_t>},
    {"i8", "int64", 8, true, fill_integers<std::int64_t>}, {"f4", "float32", 4, false, fill_floats<float>},
    {"f8", "float64", 8, false, fill_floats<double>},
};

template <class T>
void write(const std::string& path, const Array<T>& array, std::string_view descr) {
  std::string shape;
  for (const std::int64_t dimension : array.shape) shape += fmt::format("{}, ", dimension);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  header.append(63 - (header.size() + 10) % 64, ' ');  // the data starts at a multiple of 64 bytes
  header += '\n';
  std::ofstream stream(path, std::ios::binary);
  const auto length = static_cast<std::uint16_t>(header.size());
  stream << magic << '\x01' << '\0' << static_cast<char>(length & 0xff) << static_cast<char>(length >> 8) << header;
  stream.write(reinterpret_cast<const char*>(array.values.data()),
               static_cast<std::streamsize>(array.values.size() * sizeof(T)));
  close_written(stream, path);
}

}  // namespace

InputArray NpyData::widened() && {
  InputArray input;
  input.dtype = dtype;
  input.integral = integral;
  input.array.shape = std::move(shape);
  if (!integral) {
    input.array.values.assign(floats.begin(), floats.end());
    return input;
  }
  input.array.values.reserve(integers.size());
  for (const std::int64_t value : integers) input.array.values.push_back(static_cast<float>(value));
  return input;
}

bool is_npy(std::string_view bytes) { return bytes.starts_with(magic); }

NpyData read_npy(const std::string& path, std::string_view bytes) {
  if (bytes.size() < 10) damaged(path, "the .npy file ends inside its header");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) damaged(path, fmt::format(".npy version {} is unknown (1 to 3 are read)", version));
  const std::size_t width = version == 1 ? 2 : 4;
  std::size_t length = 0;
  if (bytes.size() < 8 + width) damaged(path, "the .npy file ends inside its header");
  for (std::size_t i = 0; i < width; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
  }
  if (bytes.size() - 8 - width < length) damaged(path, "the .npy file ends inside its header");
  const Header header = parse_header(path, bytes.substr(8 + width, length));
  const std::string_view data = bytes.substr(8 + width + length);

  NpyData result;
  for (const TypeRow& row : type_table) {
    const bool order = header.descr.size() == 3 &&
                       (header.descr[0] == '<' || header.descr[0] == '=' || (header.descr[0] == '|' && row.size == 1));
    if (!order || std::string_view(header.descr).substr(1) != row.descr) continue;
    const auto expected = static_cast<std::size_t>(element_count(header.shape)) * row.size;
    if (data.size() != expected) {
      damaged(path, fmt::format("shape {} of {} needs {} bytes of data, the file has {}", shape_text(header.shape),
                                row.dtype, expected, data.size()));
    }
    result.shape = header.shape;
    result.dtype = row.dtype;
    result.integral = row.integral;
    row.fill(result, header, data);
    return result;
  }
  throw DiagnosticError("input-type", {path}, fmt::format("arrays of type '{}' cannot be used", header.descr),
                        "accepted: bool, uint8, int8, uint16, int16, int32, int64, float32, float64, little-endian");
}

void write_npy(const std::string& path, const FloatArray& array) { write(path, array, "<f4"); }
void write_npy(const std::string& path, const IntArray& array) { write(path, array, "<i8"); }

}  // namespace blendsim

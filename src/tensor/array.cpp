// SPDX-License-Identifier: Apache-2.0
#include "tensor/array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/diagnostic.h"
#include "tensor/files.h"

namespace blendsim {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  return count;
}

std::string shape_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::string read_bytes(const std::string& path) {
  constexpr std::size_t largest = std::size_t{1} << 30;  // a device or a pipe may have no end
  std::ifstream stream(path, std::ios::binary);
  std::string bytes;
  if (stream) {
    std::error_code unknown;  // of what is no regular file
    const std::uintmax_t size = std::filesystem::file_size(path, unknown);
    if (!unknown) bytes.reserve(static_cast<std::size_t>(std::min<std::uintmax_t>(size, largest)));
    std::array<char, 1 << 16> block{};
    while (stream.read(block.data(), block.size()) || stream.gcount() > 0) {
      bytes.append(block.data(), static_cast<std::size_t>(stream.gcount()));
      if (bytes.size() > largest) {
        throw DiagnosticError("file-unreadable", {path}, "it holds more than 1 GiB, which no file read here does",
                              "check the path");
      }
    }
  }
  if (!stream.eof()) {  // not opened, or a directory
    throw DiagnosticError("file-unreadable", {path}, "cannot read: " + std::generic_category().message(errno),
                          "check the path and its permissions");
  }
  return bytes;
}

InputArray read_input(const std::string& path) {
  const std::string bytes = read_bytes(path);
  if (is_npy(bytes)) return read_npy(path, bytes).widened();
  if (is_png(bytes)) return read_png(path, bytes);
  if (bytes.empty()) throw DiagnosticError("file-damaged", {path}, "the file is empty");
  throw DiagnosticError("file-unrecognised", {path}, "neither a NumPy .npy file nor a PNG image",
                        "save the input with numpy.save, or give an 8-bit PNG");
}

IntArray read_int_npy(const std::string& path) {
  const std::string bytes = read_bytes(path);
  if (!is_npy(bytes)) {
    throw DiagnosticError("file-unrecognised", {path}, "not a NumPy .npy file", "save the array with numpy.save");
  }
  NpyData data = read_npy(path, bytes);
  if (!data.integral) {
    throw DiagnosticError("input-type", {path}, "the array is " + data.dtype + ", but integers are needed here",
                          "convert it with .astype(numpy.int64)");
  }
  return {std::move(data.shape), std::move(data.integers)};
}

}  // namespace blendsim

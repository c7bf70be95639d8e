// SPDX-License-Identifier: Apache-2.0
// The file formats behind read_input, for tensor itself; read_bytes serves other readers too. `path` is for
// diagnostics.
#pragma once

#include <string>
#include <string_view>

#include "tensor/array.h"

namespace blendsim {

// A .npy file's content in C order: `integers` when the type is an integer or bool, else `floats`.
struct NpyData {
  Shape shape;
  std::string dtype;
  bool integral = false;
  std::vector<std::int64_t> integers;
  std::vector<double> floats;

  [[nodiscard]] InputArray widened() &&;
};

// The whole file. Throws DiagnosticError: file-unreadable.
[[nodiscard]] std::string read_bytes(const std::string& path);

[[nodiscard]] bool is_npy(std::string_view bytes);
[[nodiscard]] bool is_png(std::string_view bytes);
[[nodiscard]] NpyData read_npy(const std::string& path, std::string_view bytes);
[[nodiscard]] InputArray read_png(const std::string& path, std::string_view bytes);

}  // namespace blendsim

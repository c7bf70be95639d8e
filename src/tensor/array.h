// SPDX-License-Identifier: Apache-2.0
// Dense row-major arrays with a shape, and the NumPy .npy files and images they come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace blendsim {

using Shape = std::vector<std::int64_t>;

[[nodiscard]] std::int64_t element_count(const Shape& shape);  // 1 for a scalar
[[nodiscard]] std::string shape_text(const Shape& shape);      // "[1, 3, 32, 32]"

template <class T>
struct Array {
  Shape shape;
  std::vector<T> values;  // row-major, element_count(shape) of them

  bool operator==(const Array&) const = default;
};

using FloatArray = Array<float>;
using IntArray = Array<std::int64_t>;

// An input file: values widened to float (exact for 8- and 16-bit integers and float32). `integral` tells that the
// file held integers.
struct InputArray {
  FloatArray array;
  std::string dtype;  // NumPy's name: "uint8", "float32", ...
  bool integral = false;
};

// Reads a .npy (versions 1 to 3, C or Fortran order, little-endian: bool, u1, i1, u2, i2, i4, i8, f4, f8) or an 8-bit
// PNG (as [1, channels, height, width]), known by its content.
// Throws DiagnosticError: file-unreadable, file-damaged, file-unrecognised, input-type.
[[nodiscard]] InputArray read_input(const std::string& path);

// Throws DiagnosticError: file-unwritable.
void write_npy(const std::string& path, const FloatArray& array);  // float32
void write_npy(const std::string& path, const IntArray& array);    // int64

// Reads any integer .npy. Throws as read_input.
[[nodiscard]] IntArray read_int_npy(const std::string& path);

}  // namespace blendsim

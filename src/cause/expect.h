// SPDX-License-Identifier: Apache-2.0
// A run's tensors against somebody else's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensor/array.h"

namespace blendsim {

// Values in C order, as the file has them; whole numbers up to 2^53 exact.
struct NumberArray {
  Shape shape;
  std::vector<double> values;
};

// Any .npy of numbers. Throws DiagnosticError: file-unreadable, file-unrecognised, file-damaged, input-type.
[[nodiscard]] NumberArray read_numbers(const std::string& path);
[[nodiscard]] NumberArray numbers_of(const IntArray& array);

struct Mismatch {
  bool shapes = false;    // they differ, and nothing else was looked at
  std::size_t place = 0;  // of the first value that differs, in C order
  double here = 0, there = 0;
  std::int64_t differing = 0, compared = 0;  // values
};
// Shapes are the same where they are but for leading ones. Values are where they differ by no more than tolerance *
// max(1, |there|); NaN equals NaN, and infinity itself alone.
[[nodiscard]] std::optional<Mismatch> find_mismatch(const NumberArray& here, const NumberArray& there,
                                                    double tolerance = 0);

// Place in C order as an index of every dimension: "[0, 3, 0, 12]".
[[nodiscard]] std::string index_text(const Shape& shape, std::size_t place);

}  // namespace blendsim

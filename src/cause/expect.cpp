// SPDX-License-Identifier: Apache-2.0
#include "cause/expect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/diagnostic.h"
#include "tensor/files.h"

namespace blendsim {

NumberArray read_numbers(const std::string& path) {
  const std::string bytes = read_bytes(path);
  if (!is_npy(bytes)) {
    throw DiagnosticError("file-unrecognised", {.file = path}, "is no .npy file", "write the tensor with numpy.save");
  }
  NpyData data = read_npy(path, bytes);
  NumberArray out{std::move(data.shape), {}};
  if (data.integral) {
    out.values.assign(data.integers.begin(), data.integers.end());
  } else {
    out.values.assign(data.floats.begin(), data.floats.end());
  }
  return out;
}

NumberArray numbers_of(const IntArray& array) { return {array.shape, {array.values.begin(), array.values.end()}}; }

namespace {

Shape without_leading_ones(const Shape& shape) {
  const auto first = std::find_if(shape.begin(), shape.end(), [](std::int64_t size) { return size != 1; });
  return {first, shape.end()};
}

bool same(double here, double there, double tolerance) {
  if (here == there || (std::isnan(here) && std::isnan(there))) return true;
  if (!std::isfinite(here) || !std::isfinite(there)) return false;  // any tolerance of infinity is infinite
  return std::abs(here - there) <= tolerance * std::max(1.0, std::abs(there));
}

}  // namespace

std::optional<Mismatch> find_mismatch(const NumberArray& here, const NumberArray& there, double tolerance) {
  Mismatch out;
  out.compared = static_cast<std::int64_t>(here.values.size());
  if (without_leading_ones(here.shape) != without_leading_ones(there.shape)) {
    out.shapes = true;
    return out;
  }
  for (std::size_t i = 0; i < here.values.size(); ++i) {
    if (same(here.values[i], there.values[i], tolerance)) continue;
    if (out.differing++ > 0) continue;
    out.place = i;
    out.here = here.values[i];
    out.there = there.values[i];
  }
  if (out.differing == 0) return std::nullopt;
  return out;
}

std::string index_text(const Shape& shape, std::size_t place) {
  std::vector<std::int64_t> index(shape.size());
  auto rest = static_cast<std::int64_t>(place);
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = rest % shape[d];
    rest /= shape[d];
  }
  return fmt::format("[{}]", fmt::join(index, ", "));
}

}  // namespace blendsim

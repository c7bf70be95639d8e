// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>

#include "base/diagnostic.h"
#include "base/digest.h"

namespace blendsim::cli {

namespace {

float parse_positive(std::string_view text, const std::string& whole) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value <= 0) {
    throw DiagnosticError("input-scale", {.node = "--input-scale"},
                          fmt::format("'{}' is not a positive number or fraction", whole), "write 0.0078125 or 1/255");
  }
  return value;
}

// How many images an array holds for the network's shape [1, ...]; 0: the shapes do not match.
std::int64_t image_count(const Shape& array, const Shape& wanted) {
  if (array == wanted) return 1;
  const bool batched = !wanted.empty() && wanted.front() == 1;
  const Shape one(wanted.begin() + (batched ? 1 : 0), wanted.end());
  if (array == one) return 1;
  if (array.empty() || array.front() < 1) return 0;
  const Shape rest(array.begin() + 1, array.end());
  return rest == one || rest == wanted ? array.front() : 0;
}

void check_finite(const FloatArray& array, const std::string& file) {
  const auto bad = std::find_if(array.values.begin(), array.values.end(), [](float v) { return !std::isfinite(v); });
  if (bad == array.values.end()) return;
  throw DiagnosticError("input-value", {.file = file},
                        fmt::format("value {} (in row-major order) is {}", bad - array.values.begin(), *bad),
                        "a quantiser has no integer for it: mend the file");
}

void finish(Inputs& inputs, const HostInput& input) {
  Digest digest;
  digest.add(static_cast<std::int64_t>(inputs.images.size()));
  for (const FloatArray& image : inputs.images) {
    for (const float value : image.values) digest.add(static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(value)));
    inputs.quantised.push_back(quantize_input(input, image));
  }
  inputs.digest = digest.hex();
}

}  // namespace

InputScale parse_scale(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string_view all(text);
  if (slash == std::string::npos) return {parse_positive(all, text), 1};
  return {parse_positive(all.substr(0, slash), text), parse_positive(all.substr(slash + 1), text)};
}

Inputs read_inputs(const std::vector<std::string>& files, const InputScale& scale, const HostInput& input) {
  Inputs out;
  out.source = "file";
  const auto size = static_cast<std::size_t>(element_count(input.shape));
  for (const std::string& file : files) {
    InputArray read = read_input(file);
    const std::int64_t count = image_count(read.array.shape, input.shape);
    if (count == 0) {
      throw DiagnosticError("input-shape", {.file = file},
                            fmt::format("the array is {}, the network's input '{}' is {}", shape_text(read.array.shape),
                                        input.name, shape_text(input.shape)),
                            "give one image, or several along one leading dimension");
    }
    check_finite(read.array, file);
    for (float& value : read.array.values) {
      if (scale.numerator != 1) value *= scale.numerator;
      if (scale.denominator != 1) value /= scale.denominator;
    }
    check_finite(read.array, file);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto begin = read.array.values.begin() + static_cast<std::ptrdiff_t>(i * size);
      out.images.push_back({input.shape, {begin, begin + static_cast<std::ptrdiff_t>(size)}});
    }
  }
  finish(out, input);
  return out;
}

Inputs random_input(std::uint64_t seed, const HostInput& input) {
  std::int64_t lo = input.format.min(), hi = input.format.max();
  float scale = 1, zero_point = 0;
  const auto last = std::find_if(input.ops.rbegin(), input.ops.rend(),
                                 [](const HostOp& op) { return op.kind == HostOp::Kind::quantize; });
  if (last != input.ops.rend()) {
    lo = last->lo;
    hi = last->hi;
    scale = last->scale;
    zero_point = last->zero_point;
  }
  Inputs out;
  out.source = "random";
  out.seed = seed;
  FloatArray image{input.shape, std::vector<float>(static_cast<std::size_t>(element_count(input.shape)))};
  std::mt19937_64 generator(seed);  // its sequence is part of the C++ standard; distributions are not
  const std::int64_t step = last == input.ops.rend() && input.format.is_bipolar() ? 2 : 1;  // -1 and 1, not 0
  const auto count = static_cast<std::uint64_t>((hi - lo) / step) + 1;
  for (float& value : image.values) {
    value = (static_cast<float>(lo + step * static_cast<std::int64_t>(generator() % count)) - zero_point) * scale;
  }
  out.images.push_back(std::move(image));
  finish(out, input);
  return out;
}

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <random>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "cli/files.h"

namespace blendsim::cli {

std::string channels_last_hint(const Shape& array, const Shape& wanted) {
  if (wanted.size() != 4 || (array.size() != 3 && array.size() != 4)) return {};
  Shape moved(array.end() - 3, array.end());
  std::rotate(moved.begin(), moved.end() - 1, moved.end());
  if (moved != Shape(wanted.begin() + 1, wanted.end())) return {};
  return fmt::format("channels come first: numpy.transpose(array, {})",
                     array.size() == 4 ? "(0, 3, 1, 2)" : "(2, 0, 1)");
}

namespace {

float parse_positive(std::string_view text, const std::string& whole, const std::string& option) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value <= 0) {
    throw DiagnosticError("input-scale", {.node = option},
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

// Of an array that does not fit.
std::string shape_hint(const Shape& array, const Shape& wanted) {
  const std::string last = channels_last_hint(array, wanted);
  return last.empty() ? "give one image, or several along one leading dimension" : last;
}

// What is neither array nor picture, but known, is named with the command that takes it.
void check_kind(const std::string& file) {
  if (file != "-" && !std::filesystem::is_regular_file(file)) return;  // a pipe is read once
  const FileKind kind = file_kind(file);
  constexpr std::array left_to_reader = {FileKind::array, FileKind::image, FileKind::text, FileKind::json,
                                         FileKind::unknown};
  if (std::find(left_to_reader.begin(), left_to_reader.end(), kind) == left_to_reader.end())
    unexpected_kind(file, kind, "a NumPy array or a PNG image");
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

namespace {

// [lo, hi] of values that an operator does not clip by more than a step; none: it clips nothing.
struct Range {
  float lo = -std::numeric_limits<float>::infinity(), hi = std::numeric_limits<float>::infinity();
};

Range range_of(const HostOp& op, std::int64_t channel) {
  if (op.kind == HostOp::Kind::clip && op.operand.values.size() == 2)
    return {op.operand.values[0], op.operand.values[1]};
  if (op.kind == HostOp::Kind::quantize) {
    const float lo = (static_cast<float>(op.lo) - op.zero_point) * op.scale;
    const float hi = (static_cast<float>(op.hi) - op.zero_point) * op.scale;
    return {std::min(lo, hi) - std::abs(op.scale), std::max(lo, hi) + std::abs(op.scale)};
  }
  if (op.kind == HostOp::Kind::thresholds && op.operand.shape.size() == 2 && op.operand.shape[1] > 1) {
    const std::int64_t levels = op.operand.shape[1], row = op.operand.shape[0] == 1 ? 0 : channel;
    const auto at = op.operand.values.begin() + row * levels;
    const auto [lo, hi] = std::minmax_element(at, at + levels);
    const float step = (*hi - *lo) / static_cast<float>(levels - 1);
    return {*lo - 2 * step, *hi + 2 * step};
  }
  return {};
}

// Values of x outside their channel's range.
std::int64_t clipped_by(const HostOp& op, const FloatArray& x) {
  const std::int64_t channels = x.shape.size() > 1 ? x.shape[1] : 1;
  const auto image = static_cast<std::int64_t>(x.values.size());
  const std::int64_t plane = std::max<std::int64_t>(1, image / std::max<std::int64_t>(1, channels));
  std::int64_t count = 0;
  for (std::int64_t begin = 0, c = 0; begin < image; begin += plane, ++c) {
    const Range range = range_of(op, c);
    for (std::int64_t i = begin; i < std::min(begin + plane, image); ++i) {
      const float v = x.values[static_cast<std::size_t>(i)];
      if (v < range.lo || v > range.hi) ++count;
    }
  }
  return count;
}

template <class T>
bool all_equal(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

// What the network cannot tell apart in these files, when it is much: a picture of 0..255 for a network of 0..1.
std::vector<std::string> input_warnings(const Inputs& inputs, const HostInput& input, bool scaled) {
  constexpr double harmless = 0.05;  // white and black areas of a picture that is scaled well
  std::int64_t clipped = 0, all = 0;
  std::size_t flat = 0;
  float lo = std::numeric_limits<float>::infinity(), hi = -lo;
  for (std::size_t i = 0; i < inputs.images.size(); ++i) {
    const FloatArray& image = inputs.images[i];
    clipped += clipped_values(input, image);
    all += static_cast<std::int64_t>(image.values.size());
    flat += all_equal(inputs.quantised[i]) && !all_equal(image.values) ? 1 : 0;
    const auto [least, most] = std::minmax_element(image.values.begin(), image.values.end());
    lo = std::min(lo, *least);
    hi = std::max(hi, *most);
  }
  const double share = all > 0 ? static_cast<double>(clipped) / static_cast<double>(all) : 0;
  if (share <= harmless && flat == 0) return {};
  const std::string what =
      share > harmless
          ? fmt::format("{:.1f} % of the input's values are clipped by the network's own quantiser", 100 * share)
          : fmt::format("all values of {} of {} images become one and the same integer", flat, inputs.images.size());
  return {fmt::format(
      "input: {}: they lie in [{:.6g}, {:.6g}]{}; {}", what, lo, hi,
      scaled ? " after --input-scale" : " and --input-scale was not given",
      scaled ? "check the scale" : "a picture of 0 to 255 for a network of 0 to 1 needs --input-scale 1/255")};
}

}  // namespace

std::int64_t clipped_values(const HostInput& input, const FloatArray& image) {
  FloatArray value{input.shape, image.values};
  std::int64_t most = 0;
  for (const HostOp& op : input.ops) {
    most = std::max(most, clipped_by(op, value));
    value = apply(op, value);
  }
  return most;
}

InputScale parse_scale(const std::string& text, const std::string& option) {
  const std::size_t slash = text.find('/');
  const std::string_view all(text);
  if (slash == std::string::npos) return {parse_positive(all, text, option), 1};
  return {parse_positive(all.substr(0, slash), text, option), parse_positive(all.substr(slash + 1), text, option)};
}

std::vector<FloatArray> read_images(const std::vector<std::string>& files, const std::optional<InputScale>& scale,
                                    const std::string& name, const Shape& shape) {
  const InputScale factor = scale.value_or(InputScale{});
  std::vector<FloatArray> images;
  const auto size = static_cast<std::size_t>(element_count(shape));
  for (const std::string& file : files) {
    check_kind(file);
    InputArray read = read_input(file);
    const std::int64_t count = image_count(read.array.shape, shape);
    if (count == 0) {
      throw DiagnosticError("input-shape", {.file = file},
                            fmt::format("the array is {}, the network's input '{}' is {}", shape_text(read.array.shape),
                                        name, shape_text(shape)),
                            shape_hint(read.array.shape, shape));
    }
    check_finite(read.array, file);
    for (float& value : read.array.values) {
      if (factor.numerator != 1) value *= factor.numerator;
      if (factor.denominator != 1) value /= factor.denominator;
    }
    check_finite(read.array, file);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto begin = read.array.values.begin() + static_cast<std::ptrdiff_t>(i * size);
      images.push_back({shape, {begin, begin + static_cast<std::ptrdiff_t>(size)}});
    }
  }
  return images;
}

Inputs read_inputs(const std::vector<std::string>& files, const std::optional<InputScale>& scale,
                   const HostInput& input) {
  Inputs out;
  out.source = "file";
  out.images = read_images(files, scale, input.name, input.shape);
  finish(out, input);
  out.warnings = input_warnings(out, input, scale.has_value());
  return out;
}

Inputs random_input(std::uint64_t seed, const HostInput& input, int images) {
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
  std::mt19937_64 generator(seed);  // its sequence is part of the C++ standard; distributions are not
  const std::int64_t step = last == input.ops.rend() && input.format.is_bipolar() ? 2 : 1;  // -1 and 1, not 0
  const auto count = static_cast<std::uint64_t>((hi - lo) / step) + 1;
  for (int i = 0; i < images; ++i) {
    FloatArray image{input.shape, std::vector<float>(static_cast<std::size_t>(element_count(input.shape)))};
    for (float& value : image.values) {
      value = (static_cast<float>(lo + step * static_cast<std::int64_t>(generator() % count)) - zero_point) * scale;
    }
    out.images.push_back(std::move(image));
  }
  finish(out, input);
  return out;
}

}  // namespace blendsim::cli

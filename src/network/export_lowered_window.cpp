// SPDX-License-Identifier: Apache-2.0
// Convolutions and pooling of the lowered model.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "network/export_lowered_internal.h"

namespace blendsim {
namespace {

std::vector<std::int64_t> pads_of(const Window& window, const IntTensor& in, const IntTensor& out) {
  const int bottom = end_padding(in.height, out.height, window.kernel_h, window.stride_h, window.dilation_h,
                                 window.pad_top, window.pad_bottom);
  const int right = end_padding(in.width, out.width, window.kernel_w, window.stride_w, window.dilation_w,
                                window.pad_left, window.pad_right);
  return {window.pad_top, window.pad_left, bottom, right};
}

std::vector<OnnxAttribute> window_attributes(const Window& window) {
  return {{"kernel_shape", std::vector<std::int64_t>{window.kernel_h, window.kernel_w}},
          {"strides", std::vector<std::int64_t>{window.stride_h, window.stride_w}},
          {"dilations", std::vector<std::int64_t>{window.dilation_h, window.dilation_w}}};
}

std::int64_t largest_magnitude(const IntTensor& tensor) {
  return std::max(std::abs(tensor.hi - tensor.zero_point), std::abs(tensor.lo - tensor.zero_point));
}

// Which products of each output channel, numbered input channel by input channel and tap by tap, go into one float sum.
struct Part {
  std::int64_t begin = 0, end = 0;
};

// Cuts the products into parts of which every partial sum stays below 2^24. Empty: even one product does not.
std::vector<Part> cut(const Convolution& work, std::int64_t outputs, std::int64_t products, std::int64_t magnitude) {
  std::vector<Part> parts(1);
  std::vector<double> bound(static_cast<std::size_t>(outputs), 0.0);
  for (std::int64_t k = 0; k < products; ++k) {
    const auto product = [&](std::int64_t o) {
      return std::abs(static_cast<double>(work.weights[static_cast<std::size_t>(o * products + k)])) *
             static_cast<double>(magnitude);
    };
    bool full = false;
    for (std::int64_t o = 0; o < outputs; ++o) full |= bound[static_cast<std::size_t>(o)] + product(o) >= float_bound;
    if (full) {
      if (parts.back().begin == k) return {};
      parts.back().end = k;
      parts.push_back({k, k});
      std::fill(bound.begin(), bound.end(), 0.0);
    }
    for (std::int64_t o = 0; o < outputs; ++o) {
      if (product(o) >= float_bound) return {};
      bound[static_cast<std::size_t>(o)] += product(o);
    }
  }
  parts.back().end = products;
  return parts;
}

bool sum_fits_int32(const Convolution& work, std::int64_t outputs, std::int64_t products, std::int64_t magnitude) {
  for (std::int64_t o = 0; o < outputs; ++o) {
    std::int64_t total = 0;
    for (std::int64_t k = 0; k < products; ++k) {
      total += std::abs(std::int64_t{work.weights[static_cast<std::size_t>(o * products + k)]});
    }
    if (static_cast<double>(total) * static_cast<double>(magnitude) >= 2147483648.0) return false;
  }
  return true;
}

// The weights of one part as int8, or uint8 where they exceed it; products of other parts that share an input channel
// are zero. Returns the float tensor's name, empty when no 8-bit type holds them.
std::string part_weights(const LayerWriter& out, const Convolution& work, std::int64_t outputs, std::int64_t products,
                         const Part& part, std::int64_t first_channel, std::int64_t channels) {
  const Window& window = work.window;
  const std::int64_t taps = std::int64_t{window.kernel_h} * window.kernel_w;
  std::vector<std::int16_t> values;
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t k = first_channel * taps; k < (first_channel + channels) * taps; ++k) {
      const bool inside = k >= part.begin && k < part.end;
      values.push_back(inside ? work.weights[static_cast<std::size_t>(o * products + k)] : std::int16_t{0});
    }
  }
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  const Shape shape{outputs, channels, window.kernel_h, window.kernel_w};
  if (*lo >= -128 && *hi <= 127) {
    return out.cast(out.constant("weights", shape, std::vector<std::int8_t>(values.begin(), values.end())),
                    OnnxType::float32);
  }
  if (*lo >= 0 && *hi <= 255) {
    return out.cast(out.constant("weights", shape, std::vector<std::uint8_t>(values.begin(), values.end())),
                    OnnxType::float32);
  }
  return {};
}

// The channels [first, first + count) of every group.
std::string take_channels(const LayerWriter& out, const std::string& x, int groups, std::int64_t per_group,
                          std::int64_t first, std::int64_t count) {
  if (count == per_group) return x;
  std::vector<std::int64_t> indices;
  for (int group = 0; group < groups; ++group) {
    for (std::int64_t c = first; c < first + count; ++c) indices.push_back(group * per_group + c);
  }
  const Shape shape{static_cast<std::int64_t>(indices.size())};
  return out.node("Gather", {x, out.constant("channels", shape, indices)}, {{"axis", std::int64_t{1}}});
}

// Taps of a window position that lie inside the map, along one axis.
int taps_inside(int position, int in, int kernel, int stride, int dilation, int begin) {
  int count = 0;
  for (int k = 0; k < kernel; ++k) {
    const int at = position * stride - begin + k * dilation;
    count += at >= 0 && at < in ? 1 : 0;
  }
  return count;
}

void write_max(const LayerWriter& out, const Pooling& work) {
  const IntTensor& in = out.tensor(work.input);
  const IntTensor& result = out.tensor(work.output);
  // float32 holds every integer up to 2^24, float64 every int32
  const bool narrow = static_cast<double>(std::max(std::abs(in.lo), std::abs(in.hi))) < float_bound;
  const std::vector<std::int64_t> pads = pads_of(work.window, in, result);
  std::string x = out.cast(in.name, narrow ? OnnxType::float32 : OnnxType::float64);
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; })) {
    // An explicit Pad: MaxPool's own padding must be smaller than the kernel and knows no windows that reach beyond.
    const std::string amounts =
        out.constant("pads", {8}, std::vector<std::int64_t>{0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]});
    const std::string lowest = narrow ? out.scalar("lowest", -16777216.0F) : out.scalar("lowest", -2147483648.0);
    x = out.node("Pad", {x, amounts, lowest});
  }
  x = out.node("MaxPool", {x}, window_attributes(work.window));
  out.cast(x, OnnxType::int32, result.name);
}

void write_sum(const LayerWriter& out, const Pooling& work) {
  const IntTensor& in = out.tensor(work.input);
  const IntTensor& result = out.tensor(work.output);
  const Window& window = work.window;
  Convolution sum;
  sum.input = work.input;
  sum.output = work.output;
  sum.window = window;
  sum.groups = in.channels;
  sum.weights.assign(static_cast<std::size_t>(in.channels) * window.kernel_h * window.kernel_w, 1);
  if (work.common_divisor == 0) {
    write_window_sum(out, sum, result.name);
    return;
  }
  if (static_cast<double>(largest_magnitude(in)) * work.common_divisor >= 2147483648.0) {
    out.refuse("the sum over a common divisor may exceed 32 bits", "quantise the pooled tensor to fewer bits");
    return;
  }
  std::vector<std::int32_t> factors;
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      const int count = taps_inside(y, in.height, window.kernel_h, window.stride_h, window.dilation_h, window.pad_top) *
                        taps_inside(x, in.width, window.kernel_w, window.stride_w, window.dilation_w, window.pad_left);
      if (count == 0 || work.common_divisor % count != 0) {
        throw InvariantError("layer '" + out.layer.name + "'", "the common divisor is no multiple of every tap count");
      }
      factors.push_back(work.common_divisor / count);
    }
  }
  const std::string plain = write_window_sum(out, sum, {});
  if (plain.empty()) return;
  out.node("Mul", {plain, out.constant("factors", {1, 1, result.height, result.width}, factors)}, {}, result.name);
}

}  // namespace

int end_padding(int in, int out, int kernel, int stride, int dilation, int begin, int end) {
  const int needed = (out - 1) * stride + (kernel - 1) * dilation + 1 - in - begin;
  if (needed > end) return needed;  // ceil_mode: the last window reaches beyond the padding
  return end - needed >= stride ? std::max(needed, 0) : end;
}

std::string write_window_sum(const LayerWriter& out, const Convolution& work, const std::string& output) {
  const IntTensor& in = out.tensor(work.input);
  const IntTensor& result = out.tensor(work.output);
  const std::int64_t taps = std::int64_t{work.window.kernel_h} * work.window.kernel_w;
  const std::int64_t per_group = in.channels / work.groups;
  const std::int64_t outputs = result.channels;
  const std::int64_t products = per_group * taps;
  const std::int64_t magnitude = largest_magnitude(in);
  const std::vector<Part> parts = cut(work, outputs, products, magnitude);
  if (static_cast<double>(magnitude) >= float_bound || parts.empty() ||
      !sum_fits_int32(work, outputs, products, magnitude)) {
    out.refuse("sum |w| * max |x| has no exact float32 form", "quantise activations and weights to at most 8 bits");
    return {};
  }
  std::string x = in.name;
  if (in.zero_point != 0) x = out.node("Sub", {x, out.scalar("zero_point", std::int32_t{in.zero_point})});
  x = out.cast(x, OnnxType::float32);
  std::vector<OnnxAttribute> attributes = window_attributes(work.window);
  attributes.push_back({"pads", pads_of(work.window, in, result)});
  attributes.push_back({"group", std::int64_t{work.groups}});

  std::string total;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::int64_t first = parts[p].begin / taps;
    const std::int64_t count = (parts[p].end - 1) / taps - first + 1;
    const std::string weights = part_weights(out, work, outputs, products, parts[p], first, count);
    if (weights.empty()) {
      out.refuse("a weight fits neither int8 nor uint8", "quantise the weights to at most 8 bits");
      return {};
    }
    const std::string part_input = take_channels(out, x, work.groups, per_group, first, count);
    const std::string part = out.node("Conv", {part_input, weights}, attributes);
    const bool last = p + 1 == parts.size();
    const std::string integer = out.cast(part, OnnxType::int32, last && p == 0 ? output : std::string());
    total = p == 0 ? integer : out.node("Add", {total, integer}, {}, last ? output : std::string());
  }
  return total;
}

void write_layer(const LayerWriter& out, const Convolution& work) {
  write_window_sum(out, work, out.name_of(work.output));
}

void write_layer(const LayerWriter& out, const Pooling& work) {
  if (work.kind == Pooling::Kind::max) write_max(out, work);
  else write_sum(out, work);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The integers' side of the builder: weights, batch normalisation, values.
#include "network/zoo/builder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "base/diagnostic.h"
#include "network/zoo/dyadic.h"
#include "numerics/post_formula.h"

namespace blendsim::zoo {
namespace {

// Sums of a fixed-point convolution stay below this, so that the batch normalisation behind it keeps 3 bits of slope.
constexpr std::int64_t largest_sum = std::int64_t{1} << 19;
constexpr float epsilon = 1e-5F;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// f(value index, channel) over the values of all calibration images.
template <class F>
void for_each_value(int images, const MapShape& shape, F&& f) {
  std::size_t i = 0;
  for (int image = 0; image < images; ++image) {
    for (int c = 0; c < shape.channels; ++c) {
      for (int p = 0; p < shape.pixels(); ++p, ++i) f(i, index(c));
    }
  }
}

struct Moments {
  std::int64_t mean = 0;  // rounded to an integer
  double variance = 0;    // about that mean; at least 1
};

std::vector<Moments> moments_of(int images, const Tensor& x) {
  std::vector<std::int64_t> sum(x.exponent.size(), 0);
  for_each_value(images, x.shape, [&](std::size_t i, std::size_t c) { sum[c] += x.values[i]; });
  const std::int64_t count = std::max<std::int64_t>(1, std::int64_t{images} * x.shape.pixels());
  std::vector<Moments> moments(sum.size());
  for (std::size_t c = 0; c < sum.size(); ++c) {
    moments[c].mean = (2 * sum[c] + (sum[c] < 0 ? -count : count)) / (2 * count);
  }
  std::vector<std::int64_t> square(sum.size(), 0);
  for_each_value(images, x.shape, [&](std::size_t i, std::size_t c) {
    const std::int64_t d = x.values[i] - moments[c].mean;
    square[c] += d * d;
  });
  for (std::size_t c = 0; c < sum.size(); ++c) {
    moments[c].variance = std::max(static_cast<double>(square[c]) / static_cast<double>(count), 1.0);
  }
  return moments;
}

// |gamma| in [0.5, 1.5], 15 % negative; beta in [-0.25, 0.25].
struct Style {
  double gamma = 1;
  double beta = 0;
};

Style draw_style(Random& random) {
  const double gamma = random.uniform(512, 1536) / 1024.0;
  const bool negative = random.uniform(0, 99) < 15;
  return {negative ? -gamma : gamma, random.uniform(-256, 256) / 1024.0};
}

// A variance with sqrt(variance + epsilon) == 2^k in float32.
float variance_for(int k) {
  const auto target = static_cast<float>(power_of_two(2 * k));
  const float variance = target - epsilon;
  if (!(variance > 0) || std::sqrt(variance + epsilon) != static_cast<float>(power_of_two(k))) {
    throw InvariantError("zoo", "no variance for a deviation of 2^" + std::to_string(k));
  }
  return variance;
}

}  // namespace

Tensor Builder::finish(Tensor tensor) const {
  if (watch_) watch_(tensor);
  return tensor;
}

void Builder::count(const Tensor& y, std::size_t weights, int bits, Path path) {
  const auto n = static_cast<std::int64_t>(weights);
  (bits == 1 ? size_.binary_macs : size_.other_macs) += n * y.shape.pixels();
  size_.weights += n;
  size_.weight_bits += n * bits;
  if (path == Path::main) size_.float_bits += n * 32;
}

Tensor Builder::elementwise(const Tensor& x, const std::string& name) const {
  Tensor y = x;
  y.name = name;
  return y;
}

Tensor Builder::quantise(const Tensor& x, const Grid& grid, const std::string& name) {
  quantise_node(x.name, grid, name);
  Tensor y = elementwise(x, name);
  y.reals.clear();
  y.values.resize(static_cast<std::size_t>(images_) * index(x.shape.size()));
  y.magnitude = std::max(-grid.lo(), grid.hi());
  y.exponent.assign(x.exponent.size(), grid.exponent);
  for_each_value(images_, x.shape, [&](std::size_t i, std::size_t c) {
    std::int64_t q = 0;
    if (!x.reals.empty()) {
      constexpr int fraction = 20;  // a float32 below 2^20 in these units keeps every bit that rounding looks at
      const double scaled = std::clamp(x.reals[i] * power_of_two(grid.exponent), -1e6, 1e6);
      q = shift_round(static_cast<std::int64_t>(scaled * (1 << fraction)), fraction, Rounding::half_even);
    } else {
      const int shift = x.exponent[c] - grid.exponent;
      q = shift >= 0 ? shift_round(x.values[i], shift, Rounding::half_even) : std::int64_t{x.values[i]} << -shift;
    }
    y.values[i] = static_cast<std::int32_t>(std::clamp(q, grid.lo(), grid.hi()));
  });
  return finish(std::move(y));
}

Tensor Builder::binary_convolution(const Tensor& x, int channels, const WindowShape& window, const std::string& name) {
  const int products = x.shape.channels * window.kernel * window.kernel;
  std::vector<int> weights;
  for (int i = 0; i < channels * products; ++i) weights.push_back(random_.uniform(0, 1) * 2 - 1);
  const Shape shape{channels, x.shape.channels, window.kernel, window.kernel};
  const std::vector<float> signs(weights.begin(), weights.end());
  convolution_node(x, onnx_.constant(name + ".weight", shape, signs), window, name);
  Tensor y{name,
           window.applied(x.shape, channels),
           false,
           products * x.magnitude,
           std::vector<int>(index(channels), x.exponent[0]),
           {}};
  count(y, weights.size(), 1, Path::main);
  y.values = x.magnitude == 1 ? convolve_bipolar(x.values, x.shape, channels, window, weights)
                              : convolve(x.values, x.shape, channels, window, weights);
  return finish(std::move(y));
}

Tensor Builder::convolution(const Tensor& x, int channels, const WindowShape& window, const std::string& name,
                            Path path) {
  const int products = x.shape.channels / window.groups * window.kernel * window.kernel;
  std::vector<int> weights;
  Tensor y{name, window.applied(x.shape, channels), false, 0, {}, {}};
  for (int o = 0; o < channels; ++o) {
    const int peak = random_.uniform(64, 127);
    std::vector<int> row;
    for (int i = 0; i < products; ++i) row.push_back(random_.bell(peak));
    // real deviation about sqrt(2 / products): deviation 0.29 peak = sqrt(peak^2 / 12)
    int exponent = floor_log2(peak * peak * products / 24.0) / 2 + random_.uniform(0, 1);
    const auto bound = [&] {
      std::int64_t sum = 0;
      for (const int w : row) sum += std::abs(w);
      return sum * x.magnitude;
    };
    for (; bound() > largest_sum; --exponent) {
      for (int& w : row) w /= 2;
    }
    y.magnitude = std::max(y.magnitude, bound());
    y.exponent.push_back(x.exponent[0] + exponent);
    weights.insert(weights.end(), row.begin(), row.end());
  }
  std::vector<int> scale;
  for (const int e : y.exponent) scale.push_back(e - x.exponent[0]);
  const Shape shape{channels, x.shape.channels / window.groups, window.kernel, window.kernel};
  convolution_node(x, weight_node(name, shape, weights, scale, 8), window, name);
  count(y, weights.size(), 8, path);
  y.values = convolve(x.values, x.shape, channels, window, weights);
  return finish(std::move(y));
}

Tensor Builder::dense(const Tensor& x, int channels, int bits, bool bias, const std::string& name) {
  const int inputs = x.shape.channels;
  const int limit = (1 << (bits - 1)) - 1;
  std::vector<int> weights;
  for (int i = 0; i < channels * inputs; ++i) {
    weights.push_back(bits < 8 ? random_.uniform(-limit, limit) : random_.bell(limit));
  }
  const int exponent = floor_log2(static_cast<double>(limit) * limit * inputs / 12.0 + 1) / 2;
  std::vector<std::string> operands{x.name, weight_node(name, {channels, inputs}, weights, {exponent}, bits)};
  Tensor y{name,
           {channels, 1, 1},
           true,
           x.magnitude * limit * inputs,
           std::vector<int>(index(channels), x.exponent[0] + exponent),
           {}};
  count(y, weights.size(), bits, Path::main);
  y.values = convolve(x.values, x.shape, channels, {}, weights);
  if (bias) {
    const int unit = 1 << std::max(y.exponent[0] - 5, 0);
    std::vector<int> offsets;
    std::vector<float> reals;
    for (int c = 0; c < channels; ++c) {
      offsets.push_back(random_.uniform(-unit, unit));
      reals.push_back(static_cast<float>(offsets.back() * power_of_two(-y.exponent[0])));
    }
    operands.push_back(onnx_.constant(name + ".bias", {channels}, reals));
    y.magnitude += unit;
    for_each_value(images_, y.shape, [&](std::size_t i, std::size_t c) { y.values[i] += offsets[c]; });
  }
  onnx_.node({"Gemm", operands, name, {{"transB", std::int64_t{1}}}});
  return finish(std::move(y));
}

Tensor Builder::batch_norm(const Tensor& x, const Grid& grid, const std::string& name) {
  Tensor y = elementwise(x, name);
  y.values.clear();
  return options_.float_batch_norm ? float_batch_norm(x, std::move(y)) : exact_batch_norm(x, grid, std::move(y));
}

// y = (2 M (acc - m0) + B) * 2^-(s+1) with B odd, everything below 2^24: the same in float32 in any order of
// operations, and never halfway between two steps of the grid, nor zero.
Tensor Builder::exact_batch_norm(const Tensor& x, const Grid& grid, Tensor y) {
  const std::vector<Moments> moments = moments_of(images_, x);
  const std::size_t channels = moments.size();
  std::vector<std::int64_t> factor(channels);
  std::vector<std::int64_t> offset(channels);
  std::vector<float> parameters(4 * channels);
  y.magnitude = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const Style style = draw_style(random_);
    const double deviation = std::sqrt(moments[c].variance);
    const std::int64_t reach = x.magnitude + std::abs(moments[c].mean);
    const int bits = std::min(11, 22 - ceil_log2(reach + 1));
    const double slope = std::abs(style.gamma) / deviation;  // output units an accumulator step
    const int shift = std::max(bits - 1 - floor_log2(slope), grid.exponent + 1);
    std::int64_t m = static_cast<std::int64_t>(slope * power_of_two(shift) + 0.5);
    m = std::min(m, (std::int64_t{1} << bits) - 1);
    std::int64_t b = static_cast<std::int64_t>(style.beta * power_of_two(shift + 1)) | 1;
    if (style.gamma < 0) m = -m;
    const std::int64_t bound = 2 * std::abs(m) * reach + std::abs(b);
    if (bits < 1 || m == 0 || bound >= (std::int64_t{1} << 24)) {
      throw InvariantError("zoo", "batch normalisation '" + y.name + "' cannot keep the 24-bit rule");
    }
    factor[c] = 2 * m;
    offset[c] = b - 2 * m * moments[c].mean;
    const int e = x.exponent[c];
    const int k = std::max(floor_log2(deviation * power_of_two(-e)), -7);
    parameters[c] = static_cast<float>(static_cast<double>(m) * power_of_two(k - shift + e));
    parameters[channels + c] = static_cast<float>(static_cast<double>(b) * power_of_two(-shift - 1));
    parameters[2 * channels + c] = static_cast<float>(static_cast<double>(moments[c].mean) * power_of_two(-e));
    parameters[3 * channels + c] = variance_for(k);
    y.exponent[c] = shift + 1;
    y.magnitude = std::max(y.magnitude, bound);
  }
  batch_norm_node(x, parameters, y.name);
  y.values.resize(x.values.size());
  for_each_value(images_, x.shape, [&](std::size_t i, std::size_t c) {
    y.values[i] = static_cast<std::int32_t>(factor[c] * x.values[i] + offset[c]);
  });
  return finish(std::move(y));
}

Tensor Builder::float_batch_norm(const Tensor& x, Tensor y) {
  const std::vector<Moments> moments = moments_of(images_, x);
  const std::size_t channels = moments.size();
  std::vector<float> parameters(4 * channels);
  std::vector<float> unit(channels);
  std::vector<float> deviation(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const Style style = draw_style(random_);
    const double scale = power_of_two(-x.exponent[c]);
    unit[c] = static_cast<float>(scale);
    const double fraction = random_.uniform(-1000, 1000) / 2003.0;  // a mean between two integers
    parameters[c] = static_cast<float>(style.gamma * (1.0 + random_.uniform(-1000, 1000) / 1000003.0));
    parameters[channels + c] = static_cast<float>(style.beta + random_.uniform(-1000, 1000) / 1000003.0);
    parameters[2 * channels + c] = static_cast<float>((static_cast<double>(moments[c].mean) + fraction) * scale);
    parameters[3 * channels + c] = static_cast<float>(moments[c].variance * scale * scale);
    deviation[c] = std::sqrt(parameters[3 * channels + c] + epsilon);
  }
  batch_norm_node(x, parameters, y.name);
  y.reals.resize(x.values.size());
  for_each_value(images_, x.shape, [&](std::size_t i, std::size_t c) {
    const float value = static_cast<float>(x.values[i]) * unit[c];
    y.reals[i] = (value - parameters[2 * channels + c]) / deviation[c] * parameters[c] + parameters[channels + c];
  });
  return finish(std::move(y));
}

namespace {

// Index of b's value beside value i of a, which is of channel c.
std::size_t beside(const Tensor& a, const Tensor& b, std::size_t i, std::size_t c) {
  if (b.shape.pixels() == a.shape.pixels()) return i;
  const std::size_t channels = index(a.shape.channels);
  return i / (channels * index(a.shape.pixels())) * channels + c;
}

}  // namespace

Tensor Builder::add(const Tensor& a, const Tensor& b, const std::string& name) {
  onnx_.node({"Add", {a.name, b.name}, name});
  Tensor y = elementwise(a, name);
  int finer = 0;
  for (std::size_t c = 0; c < y.exponent.size(); ++c) {
    y.exponent[c] = std::max(a.exponent[c], b.exponent[c]);
    finer = std::max({finer, y.exponent[c] - a.exponent[c], y.exponent[c] - b.exponent[c]});
  }
  y.magnitude = (a.magnitude + b.magnitude) << finer;
  for_each_value(images_, a.shape, [&](std::size_t i, std::size_t c) {
    y.values[i] = (a.values[i] << (y.exponent[c] - a.exponent[c])) +
                  (b.values[beside(a, b, i, c)] << (y.exponent[c] - b.exponent[c]));
  });
  return finish(std::move(y));
}

Tensor Builder::multiply(const Tensor& a, const Tensor& b, const std::string& name) {
  onnx_.node({"Mul", {a.name, b.name}, name});
  Tensor y = elementwise(a, name);
  y.magnitude = a.magnitude * b.magnitude;
  for (std::size_t c = 0; c < y.exponent.size(); ++c) y.exponent[c] += b.exponent[c];
  for_each_value(images_, a.shape, [&](std::size_t i, std::size_t c) { y.values[i] *= b.values[beside(a, b, i, c)]; });
  return finish(std::move(y));
}

Tensor Builder::scale(const Tensor& x, const std::string& name) {
  Tensor y = elementwise(x, name);
  std::vector<int> factor;
  std::vector<float> reals;
  for (int& exponent : y.exponent) {
    const int halvings = random_.uniform(1, 2);
    factor.push_back(random_.uniform(1, 3));
    reals.push_back(static_cast<float>(factor.back() * power_of_two(-halvings)));
    exponent += halvings;
  }
  onnx_.node({"Mul", {x.name, onnx_.constant(name + ".factor", {x.shape.channels, 1, 1}, reals)}, name});
  y.magnitude *= 3;
  for_each_value(images_, x.shape, [&](std::size_t i, std::size_t c) {
    if (!y.reals.empty()) y.reals[i] *= reals[c];
    else y.values[i] *= factor[c];
  });
  return finish(std::move(y));
}

Tensor Builder::halved(const Tensor& x, const std::string& name) {
  onnx_.node({"Mul", {x.name, float_scalar("half", 0.5F)}, name});
  Tensor y = elementwise(x, name);
  for (int& exponent : y.exponent) ++exponent;
  return finish(std::move(y));
}

Tensor Builder::shift(const Tensor& x, const std::string& name) {
  Tensor y = elementwise(x, name);
  std::vector<int> offset;
  std::vector<float> reals;
  for (int& exponent : y.exponent) {
    ++exponent;
    const int half = 1 << std::max(0, std::min(exponent - 2, 20));  // a quarter
    offset.push_back(random_.uniform(-half, half) | 1);
    reals.push_back(static_cast<float>(offset.back() * power_of_two(-exponent)));
    y.magnitude = std::max<std::int64_t>(y.magnitude, 2 * x.magnitude + std::abs(offset.back()));
  }
  onnx_.node({"Add", {x.name, onnx_.constant(name + ".offset", {x.shape.channels, 1, 1}, reals)}, name});
  for_each_value(images_, x.shape, [&](std::size_t i, std::size_t c) {
    if (!y.reals.empty()) y.reals[i] += reals[c];
    else y.values[i] = 2 * y.values[i] + offset[c];
  });
  return finish(std::move(y));
}

Tensor Builder::relu(const Tensor& x, const std::string& name) {
  onnx_.node({"Relu", {x.name}, name});
  Tensor y = elementwise(x, name);
  for (std::int32_t& value : y.values) value = std::max(value, 0);
  for (float& value : y.reals) value = std::max(value, 0.0F);
  return finish(std::move(y));
}

Tensor Builder::prelu(const Tensor& x, const std::string& name) {
  constexpr int steps = 4;  // slopes 2^-2 to 2^-4: values are kept in units 2^-4 finer
  Tensor y = elementwise(x, name);
  std::vector<int> shift;
  std::vector<float> slopes;
  for (int& exponent : y.exponent) {
    shift.push_back(random_.uniform(2, steps));
    slopes.push_back(static_cast<float>(power_of_two(-shift.back())));
    exponent += steps;
  }
  onnx_.node({"PRelu", {x.name, onnx_.constant(name + ".slope", {x.shape.channels, 1, 1}, slopes)}, name});
  y.magnitude <<= steps;
  for_each_value(images_, x.shape, [&](std::size_t i, std::size_t c) {
    if (!y.reals.empty()) {
      if (y.reals[i] < 0) y.reals[i] *= slopes[c];
    } else {
      y.values[i] = y.values[i] * (1 << (y.values[i] < 0 ? steps - shift[c] : steps));
    }
  });
  return finish(std::move(y));
}

Tensor Builder::max_pool(const Tensor& x, const WindowShape& window, const std::string& name) {
  std::vector<OnnxAttribute> attributes{{"kernel_shape", std::vector<std::int64_t>(2, window.kernel)},
                                        {"strides", std::vector<std::int64_t>(2, window.stride)}};
  if (window.pad > 0) attributes.push_back({"pads", std::vector<std::int64_t>(4, window.pad)});
  onnx_.node({"MaxPool", {x.name}, name, attributes});
  Tensor y = elementwise(x, name);
  y.shape = window.applied(x.shape, x.shape.channels);
  y.values = zoo::max_pool(x.values, x.shape, window);
  return finish(std::move(y));
}

Tensor Builder::average_pool(const Tensor& x, int size, const std::string& name) {
  onnx_.node({"AveragePool",
              {x.name},
              name,
              {{"kernel_shape", std::vector<std::int64_t>(2, size)}, {"strides", std::vector<std::int64_t>(2, size)}}});
  Tensor y = elementwise(x, name);
  y.shape = {x.shape.channels, x.shape.height / size, x.shape.width / size};
  for (int& exponent : y.exponent) exponent += 2 * ceil_log2(size);
  y.magnitude *= std::int64_t{size} * size;
  y.values = sum_pool(x.values, x.shape, size);
  return finish(std::move(y));
}

Tensor Builder::global_average_pool(const Tensor& x, const std::string& name) {
  onnx_.node({"GlobalAveragePool", {x.name}, name});
  Tensor y = elementwise(x, name);
  y.shape = {x.shape.channels, 1, 1};
  const int pixels = x.shape.pixels();
  y.values = sum_pool(x.values, x.shape, x.shape.height);
  if (std::has_single_bit(static_cast<unsigned>(pixels))) {
    for (int& exponent : y.exponent) exponent += ceil_log2(pixels);
    y.magnitude *= pixels;
    return finish(std::move(y));
  }
  y.reals.resize(y.values.size());
  for_each_value(images_, y.shape, [&](std::size_t i, std::size_t c) {
    y.reals[i] = static_cast<float>(y.values[i] * power_of_two(-y.exponent[c])) / static_cast<float>(pixels);
  });
  y.values.clear();
  return finish(std::move(y));
}

Tensor Builder::concat(const Tensor& a, const Tensor& b, const std::string& name) {
  onnx_.node({"Concat", {a.name, b.name}, name, {{"axis", std::int64_t{1}}}});
  Tensor y = elementwise(a, name);
  y.shape.channels += b.shape.channels;
  y.exponent.insert(y.exponent.end(), b.exponent.begin(), b.exponent.end());
  y.values.clear();
  for (int image = 0; image < images_; ++image) {
    for (const Tensor* part : {&a, &b}) {
      const auto begin = part->values.begin() + image * part->shape.size();
      y.values.insert(y.values.end(), begin, begin + part->shape.size());
    }
  }
  return finish(std::move(y));
}

Tensor Builder::flatten(const Tensor& x, const std::string& name) {
  onnx_.node({"Flatten", {x.name}, name, {{"axis", std::int64_t{1}}}});
  Tensor y = elementwise(x, name);
  y.shape = {x.shape.size(), 1, 1};
  y.flat = true;
  const std::vector<int> exponent = y.exponent;
  y.exponent.assign(index(x.shape.size()), exponent[0]);
  return finish(std::move(y));
}

}  // namespace blendsim::zoo

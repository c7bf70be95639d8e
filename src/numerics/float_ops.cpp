// SPDX-License-Identifier: Apache-2.0
#include "numerics/float_ops.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace blendsim {

namespace {

// A tensor seen as [outer, length, inner] around one axis.
struct AxisView {
  std::size_t outer = 1, length = 1, inner = 1;
  AxisView(const Shape& shape, std::int64_t axis) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size())) {
      throw std::invalid_argument("axis " + std::to_string(axis) + " is outside shape " + shape_text(shape));
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const auto size = static_cast<std::size_t>(shape[d]);
      (static_cast<std::int64_t>(d) < axis ? outer : static_cast<std::int64_t>(d) > axis ? inner : length) *= size;
    }
  }
  [[nodiscard]] std::size_t at(std::size_t o, std::size_t k, std::size_t i) const {
    return (o * length + k) * inner + i;
  }
};

}  // namespace

Shape broadcast_shape(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (std::size_t d = 0; d < out.size(); ++d) {  // from the last dimension on
    const std::int64_t x = d < a.size() ? a[a.size() - 1 - d] : 1;
    const std::int64_t y = d < b.size() ? b[b.size() - 1 - d] : 1;
    if (x != y && x != 1 && y != 1) {
      throw std::invalid_argument("shapes " + shape_text(a) + " and " + shape_text(b) + " cannot be broadcast");
    }
    out[out.size() - 1 - d] = x == 1 ? y : x;
  }
  return out;
}

PairWalk merged_walk(const Shape& shape, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  PairWalk walk;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto size = static_cast<std::size_t>(shape[d]);
    if (size == 1) continue;
    if (!walk.shape.empty() && walk.a.back() == a[d] * size && walk.b.back() == b[d] * size) {
      walk.shape.back() *= shape[d];
      walk.a.back() = a[d];
      walk.b.back() = b[d];
      continue;
    }
    walk.shape.push_back(shape[d]);
    walk.a.push_back(a[d]);
    walk.b.push_back(b[d]);
  }
  if (walk.shape.empty()) walk = {{1}, {0}, {0}};
  return walk;
}

std::vector<std::size_t> broadcast_strides(const Shape& from, const Shape& to) {
  if (from.size() > to.size()) {
    throw std::invalid_argument("shape " + shape_text(from) + " has more dimensions than " + shape_text(to));
  }
  std::vector<std::size_t> strides(to.size(), 0);
  std::size_t step = 1;
  for (std::size_t d = 0; d < from.size(); ++d) {
    const std::int64_t size = from[from.size() - 1 - d];
    if (size != 1 && size != to[to.size() - 1 - d]) {
      throw std::invalid_argument("shape " + shape_text(from) + " cannot be broadcast to " + shape_text(to));
    }
    if (size != 1) strides[to.size() - 1 - d] = step;
    step *= static_cast<std::size_t>(size);
  }
  return strides;
}

float power(float x, float y) {
  if (y == 0.5F && x >= 0) return std::sqrt(x);
  if (y == 1.0F) return x;
  if (y == 2.0F) return x * x;
  return std::pow(x, y);
}

float clipped(float x, float lo, float hi) { return x < lo ? lo : x > hi ? hi : x; }

float standard_deviation(float variance, float epsilon) { return std::sqrt(variance + epsilon); }

FloatArray threshold_counts(const FloatArray& x, const FloatArray& thresholds) {
  if (x.shape.size() < 2 || thresholds.shape.size() != 2) {
    throw std::invalid_argument("thresholds need a tensor [N, C, ...] and a matrix [C or 1, n]");
  }
  const AxisView view(x.shape, 1);
  const auto rows = static_cast<std::size_t>(thresholds.shape[0]),
             levels = static_cast<std::size_t>(thresholds.shape[1]);
  if (rows != 1 && rows != view.length) {
    throw std::invalid_argument("thresholds " + shape_text(thresholds.shape) + " do not fit the channels of " +
                                shape_text(x.shape));
  }
  FloatArray out{x.shape, std::vector<float>(x.values.size())};
  for (std::size_t o = 0; o < view.outer; ++o) {
    for (std::size_t c = 0; c < view.length; ++c) {
      const float* row = thresholds.values.data() + (rows == 1 ? 0 : c * levels);
      for (std::size_t i = 0; i < view.inner; ++i) {
        const std::size_t at = view.at(o, c, i);
        int count = 0;
        for (std::size_t k = 0; k < levels; ++k) count += x.values[at] >= row[k] ? 1 : 0;
        out.values[at] = static_cast<float>(count);
      }
    }
  }
  return out;
}

FloatArray softmax(const FloatArray& x, std::int64_t axis) {
  const AxisView view(x.shape, axis);
  FloatArray out{x.shape, std::vector<float>(x.values.size())};
  for (std::size_t o = 0; o < view.outer; ++o) {
    for (std::size_t i = 0; i < view.inner; ++i) {
      float largest = -HUGE_VALF;
      for (std::size_t k = 0; k < view.length; ++k) largest = std::max(largest, x.values[view.at(o, k, i)]);
      float sum = 0;
      for (std::size_t k = 0; k < view.length; ++k) {
        const float e = std::exp(x.values[view.at(o, k, i)] - largest);
        out.values[view.at(o, k, i)] = e;
        sum += e;
      }
      for (std::size_t k = 0; k < view.length; ++k) out.values[view.at(o, k, i)] /= sum;
    }
  }
  return out;
}

FloatArray arg_max(const FloatArray& x, std::int64_t axis, bool keep_dimensions) {
  FloatArray indices = top_k(x, axis, 1, true).second;
  if (!keep_dimensions) indices.shape.erase(indices.shape.begin() + axis);
  return indices;
}

std::pair<FloatArray, FloatArray> top_k(const FloatArray& x, std::int64_t axis, std::int64_t count, bool largest) {
  const AxisView view(x.shape, axis);
  if (count < 1 || count > static_cast<std::int64_t>(view.length)) {
    throw std::invalid_argument("k = " + std::to_string(count) + " is outside 1.." + std::to_string(view.length));
  }
  Shape shape = x.shape;
  shape[static_cast<std::size_t>(axis)] = count;
  AxisView kept(shape, axis);
  FloatArray values{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
  FloatArray indices = values;
  std::vector<std::size_t> order(view.length);
  for (std::size_t o = 0; o < view.outer; ++o) {
    for (std::size_t i = 0; i < view.inner; ++i) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const float va = x.values[view.at(o, a, i)], vb = x.values[view.at(o, b, i)];
        return largest ? va > vb : va < vb;
      });
      for (std::size_t k = 0; k < kept.length; ++k) {
        values.values[kept.at(o, k, i)] = x.values[view.at(o, order[k], i)];
        indices.values[kept.at(o, k, i)] = static_cast<float>(order[k]);
      }
    }
  }
  return {std::move(values), std::move(indices)};
}

}  // namespace blendsim

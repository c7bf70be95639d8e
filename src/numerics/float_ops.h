// SPDX-License-Identifier: Apache-2.0
// Float32 operators that the host and the reference evaluation of a network share: one formula, one rounding each.
//
// IEEE float32, element by element, in the order written, never contracted. Shapes follow ONNX; broadcasting is
// NumPy's. Errors of shape throw std::invalid_argument with a sentence; callers add the node.
#pragma once

#include <string>
#include <utility>

#include "tensor/array.h"

namespace blendsim {

// The common shape of two operands.
[[nodiscard]] Shape broadcast_shape(const Shape& a, const Shape& b);

// Steps of an operand of shape `from` for each dimension of `to` (0 where it is repeated).
[[nodiscard]] std::vector<std::size_t> broadcast_strides(const Shape& from, const Shape& to);

// Dimensions that both operands walk through evenly are one.
struct PairWalk {
  Shape shape;
  std::vector<std::size_t> a, b;
};
[[nodiscard]] PairWalk merged_walk(const Shape& shape, const std::vector<std::size_t>& a,
                                   const std::vector<std::size_t>& b);

// Calls f(i, a, b) for each element i of `shape`, with the places of the two operands.
template <class F>
void for_each_pair(const Shape& shape, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b, F f) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  const PairWalk walk = merged_walk(shape, a, b);
  const std::size_t inner = walk.shape.size() - 1, row = static_cast<std::size_t>(walk.shape[inner]);
  Shape index(walk.shape.size(), 0);
  std::size_t at_a = 0, at_b = 0;
  for (std::size_t i = 0; i < count;) {
    for (std::size_t k = 0; k < row; ++k, ++i) f(i, at_a + k * walk.a[inner], at_b + k * walk.b[inner]);
    for (std::size_t d = inner; d-- > 0;) {
      at_a += walk.a[d];
      at_b += walk.b[d];
      if (++index[d] < walk.shape[d]) break;
      at_a -= walk.a[d] * static_cast<std::size_t>(walk.shape[d]);
      at_b -= walk.b[d] * static_cast<std::size_t>(walk.shape[d]);
      index[d] = 0;
    }
  }
}

// f over both operands, broadcast.
template <class T, class F>
[[nodiscard]] auto zip(const Array<T>& a, const Array<T>& b, F f) {
  Array<decltype(f(T{}, T{}))> out;
  out.shape = broadcast_shape(a.shape, b.shape);
  out.values.resize(static_cast<std::size_t>(element_count(out.shape)));
  for_each_pair(out.shape, broadcast_strides(a.shape, out.shape), broadcast_strides(b.shape, out.shape),
                [&](std::size_t i, std::size_t x, std::size_t y) { out.values[i] = f(a.values[x], b.values[y]); });
  return out;
}

template <class T>
[[nodiscard]] Array<T> transposed(const Array<T>& x, const std::vector<std::int64_t>& permutation) {
  Array<T> out;
  std::vector<std::size_t> from(x.shape.size(), 1), strides;
  for (std::size_t d = x.shape.size(); d-- > 1;) from[d - 1] = from[d] * static_cast<std::size_t>(x.shape[d]);
  for (const std::int64_t p : permutation) {
    out.shape.push_back(x.shape[static_cast<std::size_t>(p)]);
    strides.push_back(from[static_cast<std::size_t>(p)]);
  }
  out.values.resize(x.values.size());
  for_each_pair(out.shape, strides, strides,
                [&](std::size_t i, std::size_t a, std::size_t) { out.values[i] = x.values[a]; });
  return out;
}

// x^y. Exponents 0.5, 1 and 2 use sqrt, x and x*x: correctly rounded on every host, unlike a library's pow.
[[nodiscard]] float power(float x, float y);
// NaN stays NaN. lo <= hi.
[[nodiscard]] float clipped(float x, float lo, float hi);

// (x - mean) / sqrt(variance + epsilon) * gamma + beta, one float32 rounding after each operation, in this order.
[[nodiscard]] inline float batch_normalized(float x, float gamma, float beta, float mean, float deviation) {
  return (x - mean) / deviation * gamma + beta;
}
[[nodiscard]] float standard_deviation(float variance, float epsilon);  // sqrt(variance + epsilon)

// #{ k : x >= T[c, k] } as a float; T is [C or 1, n], c the index along axis 1.
[[nodiscard]] FloatArray threshold_counts(const FloatArray& x, const FloatArray& thresholds);

[[nodiscard]] FloatArray softmax(const FloatArray& x, std::int64_t axis);
// The first of equal maxima.
[[nodiscard]] FloatArray arg_max(const FloatArray& x, std::int64_t axis, bool keep_dimensions);
// The `count` largest (or smallest) in order, the lower index first among equals; {values, indices}.
[[nodiscard]] std::pair<FloatArray, FloatArray> top_k(const FloatArray& x, std::int64_t axis, std::int64_t count,
                                                      bool largest);

}  // namespace blendsim

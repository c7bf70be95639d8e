// SPDX-License-Identifier: Apache-2.0
// A chain: the file's float32 operations between an integer and the next quantiser, per channel, in the file's order.
//
// A chain maps an integer q of channel c to the float32 that the file computes for it, one rounding an operation.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "numerics/functions.h"
#include "numerics/host_op.h"

namespace blendsim::lowering {

// One parameter of an operation: one value, or one a channel.
struct PerChannel {
  std::vector<float> values{0.0F};
  [[nodiscard]] float at(std::size_t c) const { return values.size() == 1 ? values[0] : values[c]; }
  [[nodiscard]] bool is_scalar() const { return values.size() == 1; }
  [[nodiscard]] bool all(float v) const {
    for (const float value : values) {
      if (value != v) return false;
    }
    return true;
  }
};

// What a file computes of one integer, by the integer: entry n is of `first` + n.
struct Lookup {
  std::int64_t first = 0;
  std::vector<FloatBounds> values;
  [[nodiscard]] const FloatBounds& at(float q) const;  // of the nearest entry
};

struct Step {
  enum class Kind : std::uint8_t {
    add,
    subtract,
    reverse_subtract,
    multiply,
    divide,
    reverse_divide,
    power,
    relu,
    prelu,
    clip,
    function,  // of numerics/functions.h
    lookup,    // the first step only: of the chain's integer
    batch_normalization
  };
  Kind kind = Kind::add;
  PerChannel p;                                       // operand, slope; clip: lo
  PerChannel high;                                    // clip: hi
  PerChannel gamma, beta, mean, variance, deviation;  // batch normalization; deviation = sqrt(variance + epsilon)
  float epsilon = 0;
  const Function* function = nullptr;
  FunctionArguments arguments{};
  std::shared_ptr<const Lookup> table;  // lookup
  std::string node;
  std::vector<std::string> origin;  // the file's nodes

  [[nodiscard]] float apply(float x, std::size_t c) const;
  // Where its extremes over [lo, hi] lie; absent: nothing but looking at all of it tells.
  [[nodiscard]] std::optional<std::vector<float>> extremes(float lo, float hi, std::size_t c) const;
};

using Chain = std::vector<Step>;

[[nodiscard]] Step make_step(Step::Kind kind, PerChannel p, std::string node = {},
                             std::vector<std::string> origin = {});

[[nodiscard]] float evaluate_chain(const Chain& chain, float x, std::size_t channel);

// The same with what another library may compute in its place: its functions round otherwise (numerics/functions.h).
[[nodiscard]] FloatBounds bound_chain(const Chain& chain, const FloatBounds& x, std::size_t channel);
[[nodiscard]] bool is_certain(const Chain& chain);  // then evaluate_chain is what every library computes
// A step that is no line and no line with a bend at 0; nullptr: there is none.
[[nodiscard]] const Step* find_curve(const Chain& chain);

// The float32 values that a chain can take on [lo, hi], bounded step by step. Absent: an operation can give an infinity
// or NaN there (overflow, a division by zero, the power of a negative number).
struct FloatRange {
  float lo = 0, hi = 0;
};
[[nodiscard]] std::optional<FloatRange> chain_range(const Chain& chain, std::int64_t lo, std::int64_t hi,
                                                    std::size_t channel);

// +1: non-decreasing, -1: non-increasing, 0: constant. Absent: neither can be shown. Rounding keeps monotone maps
// monotone, so this is a proof for the float32 formula, not only for real numbers.
[[nodiscard]] std::optional<int> chain_direction(const Chain& chain, std::size_t channel);

// clamp(slope * q + offset, lo, hi) in real numbers. Absent for operations that are not of this form.
struct Linear {
  double slope = 1;
  double offset = 0;
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
};
[[nodiscard]] std::optional<Linear> chain_linear(const Chain& chain, std::size_t channel);

// Follows how many significant bits the values of a chain need. While every intermediate is a multiple of 2^granule
// of at most 2^24 units, float32 computes without rounding ("the 24-bit rule").
struct ExactWalk {
  int granule = 0;
  double bound = 0;  // of |value|
  bool exact = true;
  void start(std::int64_t lo, std::int64_t hi);
  void add(double constant);
  void multiply(double factor);
  void divide(double divisor);
  void check();
};
// True if the chain rounds nowhere on [lo, hi]; continues `walk`.
[[nodiscard]] bool walk_chain(const Chain& chain, std::size_t channel, ExactWalk& walk);

// The chain with each batch normalisation in the other usual order, x*a + b with a = gamma/sd, b = beta - mean*a.
// Absent when there is no batch normalisation.
[[nodiscard]] std::optional<Chain> other_order(const Chain& chain);

// The operations as host operators; channels along axis 1 of [1, C, ...] with `rank` dimensions.
[[nodiscard]] std::vector<HostOp> host_ops(const Chain& chain, std::size_t rank, std::size_t channels);
// The other way round for a value that is still on the host: an operand of the given broadcast shape.
[[nodiscard]] HostOp host_op(const Step& step, std::size_t rank, std::size_t channels);

[[nodiscard]] bool is_power_of_two(double v);  // of either sign

// The exponent of the lowest set bit of v: v is an odd multiple of 2^granule(v). 0 has none: INT_MAX. An infinity or
// NaN is no multiple of anything: far below every exponent.
[[nodiscard]] int granule_of(double v);

}  // namespace blendsim::lowering

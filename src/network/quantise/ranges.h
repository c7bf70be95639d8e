// SPDX-License-Identifier: Apache-2.0
// Ranges of tensors and weights, and the quantisers that hold them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "network/operators/quantiser.h"
#include "network/quantise.h"

namespace blendsim::quantising {

struct Interval {
  float lo = 0, hi = 0;
};

// What is kept of the values that a tensor takes: their ends and a histogram whose reach doubles when it is left.
class Observer {
 public:
  void add(std::span<const float> values);
  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  [[nodiscard]] Interval ends() const { return ends_; }
  [[nodiscard]] float mean_magnitude() const;
  // All values so far are whole multiples of `unit`.
  [[nodiscard]] bool are_multiples(float unit) const { return unit == 1 ? whole_ : whole_of_255_; }
  // The interval that a quantiser of so many bits should hold.
  [[nodiscard]] Interval interval(int bits, const PrecisionPlan& plan) const;

 private:
  static constexpr int half = 2048;  // bins on either side of 0
  [[nodiscard]] double error(Interval interval, int bits) const;
  void widen(float magnitude);

  std::array<std::int64_t, 2 * half> bins_{};
  double reach_ = 0;  // bin b covers [(b - half) * reach / half, ... + reach / half)
  Interval ends_{};
  std::int64_t count_ = 0;
  double magnitudes_ = 0;
  bool whole_ = true, whole_of_255_ = true;
};

// The quantiser of activations: unsigned from 0 on where nothing is negative; with a zero point where little is;
// else symmetric. Of 1 bit and values of both signs: +-scale.
[[nodiscard]] operators::Quantiser activation_quantiser(Interval interval, int bits, float mean_magnitude);

// The scale of an output channel's weights, symmetric: the largest magnitude over the largest code, with fewer than 8
// bits that of the least squared error, with 1 the mean magnitude. 1 where all weights are 0.
[[nodiscard]] float weight_scale(std::span<const float> channel, int bits);

}  // namespace blendsim::quantising

// SPDX-License-Identifier: Apache-2.0
#include "network/quantise/ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "network/operators/support.h"

namespace blendsim::quantising {

namespace {

float levels(int bits) { return static_cast<float>((1 << bits) - 1); }

// Of both signs, and nearly all of it above 0: a zero point pays then.
bool is_lopsided(Interval i, int bits) { return bits >= 4 && i.lo < 0 && -i.lo <= i.hi / 4; }

float step_of(Interval i, int bits) {
  if (i.lo >= 0) return i.hi / levels(bits);
  if (is_lopsided(i, bits)) return (i.hi - i.lo) / (levels(bits) - 1);
  if (bits == 1) return 2 * std::max(-i.lo, i.hi);
  return std::max(-i.lo, i.hi) / levels(bits - 1);
}

}  // namespace

void Observer::widen(float magnitude) {
  if (reach_ == 0) reach_ = std::max(double{magnitude}, 1e-30) * 1.0000001;
  while (magnitude >= reach_) {
    std::array<std::int64_t, 2 * half> wide{};
    for (int b = 0; b < 2 * half; ++b)
      wide[static_cast<std::size_t>(half / 2 + b / 2)] += bins_[static_cast<std::size_t>(b)];
    bins_ = wide;
    reach_ *= 2;
  }
}

void Observer::add(std::span<const float> values) {
  for (const float v : values) {
    if (count_ == 0) ends_ = {v, v};
    ends_ = {std::min(ends_.lo, v), std::max(ends_.hi, v)};
    ++count_;
    magnitudes_ += std::fabs(v);
    whole_ = whole_ && v == std::nearbyint(v);
    whole_of_255_ = whole_of_255_ && v == std::nearbyint(v * 255.0F) / 255.0F;
    if (v == 0) continue;  // any quantiser has it
    if (std::fabs(v) >= reach_) widen(std::fabs(v));
    const int b = half + static_cast<int>(std::floor(v / reach_ * half));
    ++bins_[static_cast<std::size_t>(std::clamp(b, 0, 2 * half - 1))];
  }
}

float Observer::mean_magnitude() const {
  return count_ == 0 ? 0.0F : static_cast<float>(magnitudes_ / static_cast<double>(count_));
}

// Of the histogram's values: what is clipped, and a twelfth of the squared step for each that is not. A value that the
// step cannot tell from 0 loses itself at most.
double Observer::error(Interval i, int bits) const {
  const double step = step_of(i, bits), rounding = step * step / 12, width = reach_ / half;
  double sum = 0;
  for (int b = 0; b < 2 * half; ++b) {
    const auto n = static_cast<double>(bins_[static_cast<std::size_t>(b)]);
    if (n == 0) continue;
    const double v = (b - half + 0.5) * width;
    const double clipped = v < i.lo ? i.lo - v : v > i.hi ? v - i.hi : 0;
    sum += n * (clipped * clipped + std::min(rounding, v * v));
  }
  return sum;
}

Interval Observer::interval(int bits, const PrecisionPlan& plan) const {
  const Interval whole{std::min(ends_.lo, 0.0F), std::max(ends_.hi, 0.0F)};
  if (plan.rule == RangeRule::largest || is_empty()) return whole;
  if (plan.rule == RangeRule::percentile) {
    const double outside = static_cast<double>(count_) * (1 - plan.percentile / 100);
    const double width = reach_ / half;
    double below = 0, above = 0;
    int lo = 0, hi = 2 * half - 1;
    while (lo < half && below + static_cast<double>(bins_[static_cast<std::size_t>(lo)]) <= outside)
      below += static_cast<double>(bins_[static_cast<std::size_t>(lo++)]);
    while (hi >= half && above + static_cast<double>(bins_[static_cast<std::size_t>(hi)]) <= outside)
      above += static_cast<double>(bins_[static_cast<std::size_t>(hi--)]);
    return {std::max(whole.lo, static_cast<float>((lo - half) * width)),
            std::min(whole.hi, static_cast<float>((hi - half + 1) * width))};
  }
  constexpr int steps = 128;
  Interval best = whole;
  double least = std::numeric_limits<double>::infinity();
  for (int s = steps; s >= 4; --s) {
    const float share = static_cast<float>(s) / steps;
    const Interval candidate{whole.lo * share, whole.hi * share};
    const double e = error(candidate, bits);
    if (e < least) {
      least = e;
      best = candidate;
    }
  }
  return best;
}

operators::Quantiser activation_quantiser(Interval i, int bits, float mean_magnitude) {
  operators::Quantiser q;
  q.bits = bits;
  q.saturate_first = false;  // as QuantizeLinear
  q.zero_point = operators::scalar(0);
  const auto positive = [](float scale) { return scale > 0 && std::isnormal(scale) ? scale : 1.0F; };
  if (bits == 1 && i.lo < 0) {
    q.bipolar = true;
    q.scale = operators::scalar(positive(mean_magnitude));
    return q;
  }
  const float step = positive(step_of(i, bits));
  q.scale = operators::scalar(step);
  q.is_signed = i.lo < 0 && !is_lopsided(i, bits);
  q.lo = q.is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
  q.hi = q.is_signed ? (std::int64_t{1} << (bits - 1)) - 1 : (std::int64_t{1} << bits) - 1;
  // Even: where a tie falls then does not depend on it.
  if (i.lo < 0 && !q.is_signed) q.zero_point = operators::scalar(2 * std::nearbyint(-i.lo / step / 2));
  return q;
}

float weight_scale(std::span<const float> channel, int bits) {
  float largest = 0;
  double magnitudes = 0;
  for (const float w : channel) {
    largest = std::max(largest, std::fabs(w));
    magnitudes += std::fabs(w);
  }
  if (!std::isnormal(largest / 127)) return 1;
  if (bits == 1) return static_cast<float>(magnitudes / static_cast<double>(channel.size()));
  const auto top = static_cast<float>((1 << (bits - 1)) - 1);
  float best = largest / top;
  if (bits == 8) return best;
  double least = std::numeric_limits<double>::infinity();
  constexpr int steps = 40;
  for (int s = steps; s >= 8; --s) {
    const float scale = largest / top * static_cast<float>(s) / steps;
    if (!std::isnormal(scale)) break;
    double e = 0;
    for (const float w : channel) {
      const float d = std::clamp(std::nearbyint(w / scale), -top, top) * scale - w;
      e += double{d} * d;
    }
    if (e < least) {
      least = e;
      best = scale;
    }
  }
  return best;
}

}  // namespace blendsim::quantising

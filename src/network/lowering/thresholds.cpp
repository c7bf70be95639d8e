// SPDX-License-Identifier: Apache-2.0
// Thresholds by bisection of the float32 reference over every integer of the range.
#include <algorithm>
#include <set>

#include "network/lowering/fit.h"

namespace blendsim::lowering {

std::int64_t Domain::lowest() const { return *std::min_element(lo.begin(), lo.end()); }
std::int64_t Domain::highest() const { return *std::max_element(hi.begin(), hi.end()); }

namespace {

// The smallest q of [lo, hi] with predicate(q), or hi + 1; predicate is false below it and true from it on.
template <class P>
std::int64_t bisect(std::int64_t lo, std::int64_t hi, P predicate) {
  std::int64_t low = lo, high = hi + 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (predicate(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Direction of a channel by looking at every value; absent when it is not monotone or too large to look at.
std::optional<int> observed_direction(const Reference& reference, std::int64_t lo, std::int64_t hi, std::size_t c) {
  if (hi - lo + 1 > exhaustive_limit) return std::nullopt;
  bool rises = false, falls = false;
  std::int64_t previous = reference(lo, c);
  for (std::int64_t q = lo + 1; q <= hi; ++q) {
    const std::int64_t now = reference(q, c);
    rises = rises || now > previous;
    falls = falls || now < previous;
    previous = now;
  }
  if (rises && falls) return std::nullopt;
  return rises ? 1 : falls ? -1 : 0;
}

struct ChannelThresholds {
  int direction = 1;
  std::vector<std::int64_t> values;  // by level
};

std::optional<ChannelThresholds> bisect_channel(const Reference& reference, std::int64_t lo, std::int64_t hi,
                                                std::size_t c) {
  std::optional<int> direction = chain_direction(reference.chain, c);
  if (!direction) direction = observed_direction(reference, lo, hi, c);
  if (!direction) return std::nullopt;
  const auto rank = [&](std::int64_t q) { return reference.quantiser.rank(reference(q, c)); };
  ChannelThresholds out;
  out.direction = *direction < 0 ? 0 : 1;
  for (std::int64_t level = 1; level < reference.quantiser.rank_count(); ++level) {
    const bool rising = out.direction == 1;
    out.values.push_back(bisect(lo, hi, [&](std::int64_t q) { return (rank(q) >= level) == rising; }));
  }
  return out;
}

// Integers around the steps of a channel that other libraries' functions may decide differently.
std::int64_t count_uncertain(const Reference& reference, const ChannelThresholds& channel, std::int64_t lo,
                             std::int64_t hi, std::int64_t step, std::size_t c) {
  std::set<std::int64_t> uncertain;
  for (const std::int64_t t : channel.values) {
    const std::int64_t at = lo + (t - lo) / step * step;
    for (std::int64_t q = at - step; q >= lo && !reference.bounds(q, c).is_certain(); q -= step) uncertain.insert(q);
    for (std::int64_t q = at; q <= hi && !reference.bounds(q, c).is_certain(); q += step) uncertain.insert(q);
  }
  return std::ssize(uncertain);
}

std::int64_t distance(const ChannelThresholds& a, const ChannelThresholds& b, std::int64_t step) {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < a.values.size(); ++k) {
    const std::int64_t d = a.values[k] - b.values[k];
    sum += (d < 0 ? -d : d) / step;
  }
  return sum;
}

}  // namespace

CodeBounds Reference::bounds(std::int64_t q, std::size_t c) const {
  const FloatBounds y = bound_chain(chain, FloatBounds::exactly(static_cast<float>(q)), c);
  const std::int64_t value = quantiser.code(y.value, c), a = quantiser.code(y.lo, c), b = quantiser.code(y.hi, c);
  return {value, std::min({value, a, b}), std::max({value, a, b})};
}

std::optional<ThresholdFit> fit_thresholds(const Reference& reference, const Domain& domain) {
  ThresholdFit fit;
  const std::int64_t lo = domain.lowest(), hi = domain.highest();
  const auto levels = static_cast<std::size_t>(reference.quantiser.rank_count() - 1);
  fit.thresholds.levels = static_cast<int>(levels);
  fit.thresholds.base = reference.quantiser.format.is_bipolar() ? 0 : reference.quantiser.lo;
  const std::optional<Chain> other = other_order(reference.chain);
  fit.is_sign = reference.quantiser.format.is_bipolar();
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    auto channel = bisect_channel(reference, lo, hi, c);
    if (!channel) return std::nullopt;
    fit.exactness.checked += domain.count(c);
    if (!is_certain(reference.chain)) {
      const std::int64_t uncertain = count_uncertain(reference, *channel, domain.lo[c], domain.hi[c], domain.step, c);
      fit.exactness.ambiguous += uncertain;
      fit.exactness.exact = fit.exactness.exact && uncertain == 0;
    }
    if (other) {
      const auto swapped = bisect_channel({*other, reference.quantiser}, lo, hi, c);
      if (swapped && swapped->direction == channel->direction) {
        fit.exactness.ambiguous += distance(*channel, *swapped, domain.step);
      }
    }
    std::sort(channel->values.begin(), channel->values.end());
    fit.thresholds.values.insert(fit.thresholds.values.end(), channel->values.begin(), channel->values.end());
    fit.thresholds.direction.push_back(static_cast<std::uint8_t>(channel->direction));
    fit.is_sign = fit.is_sign && channel->direction == 1 && channel->values.size() == 1 && channel->values[0] == 0;
  }
  return fit;
}

}  // namespace blendsim::lowering

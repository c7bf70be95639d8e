// SPDX-License-Identifier: Apache-2.0
#include "units/operand_distances.h"

#include <algorithm>

#include "numerics/kernels/distance.h"

namespace blendsim {

OperandDistances::OperandDistances(const OperandSteps& steps) {
  Counts counts;
  for (std::size_t p = 0; p < steps.pixels.size(); ++p) {
    const std::size_t pixel = steps.pixels[p];
    for (const auto& [from, to, times] : steps.follows) count(steps, pixel, from, pixel, to, times, counts);
    if (p + 1 < steps.pixels.size()) count(steps, pixel, steps.last, steps.pixels[p + 1], steps.first, 1, counts);
  }
  for (const auto& [apart, of_place] : counts) add_terms(apart, of_place);
}

// Two units that meet are the lower one and how far the other is from it; one that meets a 0 is alone.
void OperandDistances::count(const OperandSteps& steps, std::size_t pixel, std::size_t from, std::size_t next_pixel,
                             std::size_t to, std::size_t times, Counts& counts) {
  if (times == 0) return;
  for (std::size_t u = 0; u < steps.units; ++u) {
    const std::size_t a = steps.offsets[from * steps.units + u], b = steps.offsets[to * steps.units + u];
    if (a == OperandSteps::absent && b == OperandSteps::absent) continue;
    std::size_t low = pixel + a, high = next_pixel + b;
    if (a == OperandSteps::absent) low = high;
    else if (b == OperandSteps::absent) high = low;
    else if (low == high) continue;
    if (low > high) std::swap(low, high);
    std::vector<std::size_t>& of_place = counts[high - low];
    if (of_place.size() <= low) of_place.resize(low + 1);
    of_place[low] += times;
  }
}

// Whole vectors of units; one of which none counts is left out, one that counts more than a weight can is there again.
void OperandDistances::add_terms(std::size_t apart, const std::vector<std::size_t>& counts) {
  std::vector<std::size_t> left = counts;
  left.resize((left.size() + units_at_once - 1) / units_at_once * units_at_once);
  for (bool again = true; again;) {
    again = false;
    bool open = false;
    for (std::size_t n = 0; n < left.size(); n += units_at_once) {
      const auto begin = left.begin() + static_cast<std::ptrdiff_t>(n), end = begin + units_at_once;
      if (std::all_of(begin, end, [](std::size_t count) { return count == 0; })) {
        open = false;
        continue;
      }
      if (!open) terms_.push_back({n, apart, {}});
      open = true;
      for (auto unit = begin; unit != end; ++unit) {
        const std::size_t weight = std::min<std::size_t>(*unit, most_weight);
        terms_.back().weights.push_back(static_cast<std::int16_t>(weight));
        *unit -= weight;
        again = again || *unit > 0;
      }
      room_ = std::max(room_, n + apart + units_at_once);
    }
  }
}

std::int64_t OperandDistances::of(const std::uint16_t* units, std::uint16_t zero) const {
  std::int64_t bits = 0;
  for (const Term& term : terms_) {
    const std::uint16_t* a = units + term.first;
    bits += weighed_differing_bits(
        {a, term.apart == 0 ? nullptr : a + term.apart, zero, term.weights.data(), term.weights.size()});
  }
  return bits;
}

}  // namespace blendsim

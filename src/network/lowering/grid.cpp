// SPDX-License-Identifier: Apache-2.0
// Values between quantisers brought onto one integer grid: exactly where there is one, else onto the join's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

bool is_whole(double v) {
  const double tolerance = std::max(1e-6, std::fabs(v) * std::ldexp(1.0, -22));  // a scale in float32
  return tolerance < 0.25 && std::fabs(v - std::nearbyint(v)) <= tolerance;
}

struct Range {
  std::int64_t lo = 0, hi = 0;
};

// The integers y = clamp(slope*q + offset) / unit of a channel; absent when they are none.
std::optional<Range> on_unit(const Linear& f, std::int64_t first, std::int64_t last, double unit) {
  if (!is_whole(f.slope / unit) || !is_whole(f.offset / unit)) return std::nullopt;
  const double a = f.slope * static_cast<double>(first) + f.offset, b = f.slope * static_cast<double>(last) + f.offset;
  const double low = std::min(a, b), high = std::max(a, b);
  if (f.lo > low && !is_whole(f.lo / unit)) return std::nullopt;
  if (f.hi < high && !is_whole(f.hi / unit)) return std::nullopt;
  const double y[] = {std::nearbyint(std::clamp(low, f.lo, f.hi) / unit),
                      std::nearbyint(std::clamp(high, f.lo, f.hi) / unit)};
  if (std::fabs(y[0]) > 2147483647.0 || std::fabs(y[1]) > 2147483647.0) return std::nullopt;
  return Range{static_cast<std::int64_t>(y[0]), static_cast<std::int64_t>(y[1])};
}

}  // namespace

// The coarsest unit is looked for: the first channel's step is at most 127 of them.
std::optional<Quantiser> Lowerer::integer_grid(const Value& value, const std::string& node) const {
  const Domain& domain = value.map->domain;
  std::vector<Linear> lines;
  double step = 0;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const auto f = chain_linear(value.chain, c);
    if (!f) return std::nullopt;
    if (step == 0) step = std::fabs(f->slope);
    lines.push_back(*f);
  }
  if (step == 0) return std::nullopt;
  for (int k = 1; k <= 127; ++k) {
    const double unit = step / k;
    Range all;
    bool found = true;
    for (std::size_t c = 0; c < lines.size() && found; ++c) {
      const auto range = on_unit(lines[c], domain.lo[c], domain.hi[c], unit);
      found = range.has_value();
      if (found) all = {std::min(all.lo, range->lo), std::max(all.hi, range->hi)};
    }
    if (!found || all.lo == all.hi) continue;
    Quantiser grid = grid_quantiser(static_cast<float>(unit), 32, node, value.map->name + ":grid");
    grid.lo = all.lo;
    grid.hi = all.hi;
    grid.format = Format::for_range(all.lo, all.hi);
    return grid;
  }
  return std::nullopt;
}

// The value rounded to int16 at the join's power of two; the file has no quantiser here, so the loss is counted.
Value Lowerer::on_grid(const Value& value, const Node& node) {
  const auto unit = static_cast<float>(std::ldexp(1.0, -options_.join_fraction_bits));
  const Quantiser grid = grid_quantiser(unit, 16, node.name, value.map->name + ":int16");
  Value out = quantise(value, grid);
  Exactness lost;
  for (std::size_t c = 0; c < value.map->domain.channels(); ++c) {
    const Reference reference{value.chain, grid};
    const bool all = value.map->domain.count(c) <= exhaustive_limit;
    const auto look = [&](std::int64_t q) {
      const float exact = evaluate_chain(value.chain, static_cast<float>(q), c);
      ++lost.checked;
      if (static_cast<float>(reference(q, c)) * unit != exact) ++lost.differing;
    };
    if (all) {
      for (std::int64_t q = value.map->domain.lo[c]; q <= value.map->domain.hi[c]; q += value.map->domain.step) look(q);
    } else {
      for (const std::int64_t q : sample_domain(value.map->domain, c)) look(q);
    }
  }
  if (lost.differing != 0) {
    out.map->exactness.exact = false;
    out.map->exactness.differing = std::max(out.map->exactness.differing, lost.differing);
    out.map->exactness.checked = std::max(out.map->exactness.checked, lost.checked);
    out.map->exactness.max_error = std::max<std::int64_t>(out.map->exactness.max_error, 1);
    out.map->exactness.note = fmt::format("an operand of '{}' has no quantiser in the file: rounded to int16 at 2^-{}",
                                          node.name, options_.join_fraction_bits);
  }
  return out;
}

}  // namespace blendsim::lowering

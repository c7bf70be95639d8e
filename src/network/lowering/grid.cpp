// SPDX-License-Identifier: Apache-2.0
// Values between quantisers brought onto one integer grid: exactly where there is one, else onto the join's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

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

std::optional<double> common_unit(const std::vector<double>& scales) {
  double least = std::fabs(scales.front());
  for (const double scale : scales) least = std::min(least, std::fabs(scale));
  if (!(least > 0)) return std::nullopt;
  for (int k = 1; k <= 127; ++k) {
    const double unit = least / k;
    if (std::all_of(scales.begin(), scales.end(), [&](double scale) { return is_whole(scale / unit); })) return unit;
  }
  return std::nullopt;
}

namespace {

// The values of a channel at which its chain is looked at: the ends where it is monotone.
std::vector<std::int64_t> places(const Value& value, std::size_t c) {
  const Domain& domain = value.map->domain;
  if (chain_direction(value.chain, c)) return {domain.lo[c], domain.hi[c]};
  if (domain.count(c) > exhaustive_limit) return sample_domain(domain, c);
  std::vector<std::int64_t> all;
  for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step) all.push_back(q);
  return all;
}

// Every value of the channel is a multiple of the unit: the chain rounds nowhere, and so do its slope and offset.
bool lies_on(const Value& value, std::size_t c, double unit) {
  const auto f = chain_linear(value.chain, c);
  ExactWalk walk;
  walk.start(value.map->domain.lo[c], value.map->domain.hi[c]);
  return f && walk_chain(value.chain, c, walk) && std::fmod(f->slope, unit) == 0 && std::fmod(f->offset, unit) == 0 &&
         std::isinf(f->lo) && std::isinf(f->hi);
}

constexpr double grid_reach = 32767;  // both signs, so that a difference fits too
constexpr double fine_enough = 64;    // units in the smallest step of an operand

}  // namespace

int Lowerer::grid_exponent(const std::vector<Value>& values, const Node& node) const {
  double reach = 0, step = std::numeric_limits<double>::infinity();
  for (const Value& value : values) {
    for (std::size_t c = 0; c < value.map->domain.channels(); ++c) {
      for (const std::int64_t q : places(value, c)) {
        const double y = evaluate_chain(value.chain, static_cast<float>(q), c);
        if (!std::isfinite(y) || std::fabs(y) > 1e30) {
          refuse("not-lowerable", node.name, "an operand reaches values that no grid of 16 bits holds",
                 "quantise the operand");
        }
        reach = std::max(reach, std::fabs(y));
      }
      const auto f = chain_linear(value.chain, c);
      if (f && f->slope != 0) step = std::min(step, std::fabs(f->slope));
    }
  }
  const int usual = -options_.join_fraction_bits;
  if (reach == 0) return usual;
  int finest = std::max(-100, static_cast<int>(std::ceil(std::log2(reach / grid_reach))));
  while (std::ldexp(grid_reach, finest) < reach) ++finest;
  return usual >= finest && step >= std::ldexp(fine_enough, usual) ? usual : finest;
}

// The value rounded to int16 at 2^exponent; the file has no such rounding, so the loss is counted.
Value Lowerer::on_grid(const Value& value, const Node& node, int exponent) {
  const auto unit = static_cast<float>(std::ldexp(1.0, exponent));
  Quantiser grid = grid_quantiser(unit, 16, node.name, value.map->name + ":int16");
  grid.lo = -static_cast<std::int64_t>(grid_reach);
  Value out = quantise(value, grid);
  Exactness lost;
  bool proven = true;  // that nothing is lost, where nothing is found
  for (std::size_t c = 0; c < value.map->domain.channels(); ++c) {
    const Reference reference{value.chain, grid};
    const auto look = [&](std::int64_t q) {
      const double exact = static_cast<double>(evaluate_chain(value.chain, static_cast<float>(q), c)) / unit;
      const double error = std::fabs(static_cast<double>(reference(q, c)) - exact);
      ++lost.checked;
      if (error == 0) return;
      ++lost.differing;
      lost.max_error = std::max(lost.max_error, static_cast<std::int64_t>(std::ceil(std::min(error, 1e15))));
    };
    if (value.map->domain.count(c) <= exhaustive_limit) {
      for (std::int64_t q = value.map->domain.lo[c]; q <= value.map->domain.hi[c]; q += value.map->domain.step) look(q);
    } else {
      for (const std::int64_t q : sample_domain(value.map->domain, c)) look(q);
      proven = proven && lies_on(value, c, unit);
    }
  }
  if (!proven && lost.differing == 0) {
    out.map->exactness.exact = false;
    out.map->exactness.note = fmt::format(
        "not proven: an operand of '{}' may lose bits on the int16 grid 2^{}; {} "
        "samples do not",
        node.name, exponent, lost.checked);
  }
  if (lost.differing != 0) {
    Exactness& exactness = out.map->exactness;
    exactness.exact = false;
    exactness.differing = std::max(exactness.differing, lost.differing);
    exactness.checked = std::max(exactness.checked, lost.checked);
    exactness.max_error += lost.max_error;
    exactness.note =
        fmt::format("an operand of '{}' shares no integer grid: rounded to int16 at 2^{}", node.name, exponent);
  }
  return out;
}

}  // namespace blendsim::lowering

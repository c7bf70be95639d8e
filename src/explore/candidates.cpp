// SPDX-License-Identifier: Apache-2.0
#include "explore/candidates.h"

#include <algorithm>
#include <boost/random/sobol.hpp>

namespace blendsim::explore {
namespace {

// Sobol's sequence knows so many dimensions; further ones are drawn.
constexpr std::size_t sobol_dimensions = boost::random::default_sobol_table::max_dimension;

std::uint8_t value_at(const Dimension& dimension, std::uint64_t fraction) {  // of 2^32
  return static_cast<std::uint8_t>((fraction * dimension.values.size()) >> 32U);
}

}  // namespace

Draws::Draws(std::uint64_t seed, std::uint64_t stream) {
  std::seed_seq words = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                         static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32U)};
  engine_.seed(words);
}

// The distributions of the standard library differ from one to another.
std::size_t Draws::below(std::size_t count) { return ((engine_() >> 32U) * count) >> 32U; }
double Draws::unit() { return (static_cast<double>(engine_() >> 12U) + 0.5) / 4503599627370496.0; }

std::vector<Point> sobol_points(const Space& space, std::uint64_t seed, std::size_t count) {
  const std::size_t dimensions = space.dimensions.size(), engine_dimensions = std::min(dimensions, sobol_dimensions);
  std::vector<Point> out(count, Point(dimensions));
  if (dimensions == 0) return out;
  Draws draws(seed, ~std::uint64_t{0});
  std::vector<std::uint32_t> shifts(engine_dimensions);
  for (std::uint32_t& shift : shifts) shift = static_cast<std::uint32_t>(draws.below(std::size_t{1} << 32U));
  boost::random::sobol_engine<std::uint32_t, 32> engine(engine_dimensions);
  for (std::size_t p = 0; p < count; ++p)
    for (std::size_t d = 0; d < dimensions; ++d) {
      const bool drawn = d >= engine_dimensions;
      const std::uint32_t digits = p == 0 || drawn ? 0 : engine();  // Boost's sequence begins after the origin
      const auto fraction = drawn ? draws.below(std::size_t{1} << 32U) : std::size_t{digits ^ shifts[d]};
      out[p][d] = value_at(space.dimensions[d], fraction);
    }
  return out;
}

std::vector<Point> all_points(const Space& space) {
  std::vector<Point> out = {Point(space.dimensions.size(), 0)};
  for (std::size_t d = 0; d < space.dimensions.size(); ++d) {
    std::vector<Point> longer;
    for (const Point& point : out)
      for (std::size_t value = 0; value < space.dimensions[d].values.size(); ++value) {
        longer.push_back(point);
        longer.back()[d] = static_cast<std::uint8_t>(value);
      }
    out = std::move(longer);
  }
  return out;
}

Point random_point(const Space& space, Draws& draws) {
  Point out;
  for (const Dimension& dimension : space.dimensions)
    out.push_back(static_cast<std::uint8_t>(draws.below(dimension.values.size())));
  return out;
}

std::vector<Point> neighbours(const Space& space, const Point& point) {
  std::vector<Point> out;
  for (std::size_t d = 0; d < point.size(); ++d) {
    const Dimension& dimension = space.dimensions[d];
    for (int value = 0; value < static_cast<int>(dimension.values.size()); ++value) {
      const int step = value - point[d];
      if (step == 0 || (dimension.ordered && step != 1 && step != -1)) continue;
      out.push_back(point);
      out.back()[d] = static_cast<std::uint8_t>(value);
    }
  }
  return out;
}

Point stepped(const Space& space, Point point, Draws& draws) {
  if (point.empty()) return point;
  const std::size_t d = draws.below(point.size());
  const int count = static_cast<int>(space.dimensions[d].values.size());
  int value = point[d];
  if (!space.dimensions[d].ordered) value = static_cast<int>(draws.below(static_cast<std::size_t>(count)));
  else if (count > 1) value += value == 0 ? 1 : value == count - 1 ? -1 : draws.below(2) == 0 ? -1 : 1;
  point[d] = static_cast<std::uint8_t>(value);
  return point;
}

Point crossed(const Space& space, const Point& a, const Point& b, Draws& draws) {
  Point out = a;
  const double chance = 1.5 / static_cast<double>(std::max<std::size_t>(out.size(), 1));
  for (std::size_t d = 0; d < out.size(); ++d) {
    if (draws.below(2) == 0) out[d] = b[d];
    if (draws.unit() < chance) out[d] = static_cast<std::uint8_t>(draws.below(space.dimensions[d].values.size()));
  }
  return out;
}

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include "result/switching.h"

#include <algorithm>
#include <cmath>

namespace blendsim {
namespace {

constexpr double density_one = 1 << 16;

// SplitMix64's output function: numbers next to each other become unlike.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

struct Population {
  double sampled, all;
};
Population population(const LayerSwitching& layer, Distance distance) {
  const auto unit = static_cast<std::size_t>(index(distance_units[static_cast<std::size_t>(distance)]));
  return {static_cast<double>(layer.sampled[unit]), static_cast<double>(layer.instructions[unit])};
}

// Of a mean of n out of N, without replacement.
std::optional<double> standard_error(const SampledDistance& sum, const Population& of) {
  if (of.sampled >= of.all) return 0;
  const auto n = static_cast<double>(sum.instructions);
  if (n < 2) return std::nullopt;
  const double total = static_cast<double>(sum.densities) / density_one;
  const double squares = static_cast<double>(sum.squares) / (density_one * density_one);
  const double variance = std::max(0.0, (squares - total * total / n) / (n - 1));
  return std::sqrt(variance / n * (1 - of.sampled / of.all));
}

}  // namespace

void SampledDistance::add(const DistanceSum& instruction) {
  if (instruction.compared == 0) return;
  DistanceSum::operator+=(instruction);
  const double share = static_cast<double>(instruction.bits) / static_cast<double>(instruction.compared);
  const auto density = static_cast<std::int64_t>(share * density_one + 0.5);
  ++instructions;
  densities += density;
  squares += density * density;
}

SampledDistance& SampledDistance::operator+=(const SampledDistance& other) {
  DistanceSum::operator+=(other);
  instructions += other.instructions;
  densities += other.densities;
  squares += other.squares;
  return *this;
}

Switching& Switching::operator+=(const Switching& other) {
  every = other.every;
  layers.resize(std::max(layers.size(), other.layers.size()));
  for (std::size_t l = 0; l < other.layers.size(); ++l) {
    for (std::size_t d = 0; d < distance_count; ++d) layers[l].distances[d] += other.layers[l].distances[d];
    for (std::size_t u = 0; u < unit_count; ++u) {
      layers[l].sampled[u] += other.layers[l].sampled[u];
      layers[l].instructions[u] += other.layers[l].instructions[u];
    }
  }
  return *this;
}

std::optional<Density> density(const LayerSwitching& layer, Distance distance) {
  const SampledDistance& sum = layer.distances[static_cast<std::size_t>(distance)];
  if (sum.compared == 0) return std::nullopt;
  return Density{static_cast<double>(sum.bits) / static_cast<double>(sum.compared),
                 standard_error(sum, population(layer, distance))};
}

std::optional<Density> density(const Switching& switching, Distance distance) {
  double bits = 0, compared = 0, variance = 0;
  bool known = true;
  for (const LayerSwitching& layer : switching.layers) {
    const std::optional<Density> of_layer = density(layer, distance);
    if (!of_layer) continue;
    const Population of = population(layer, distance);
    const double weight =
        static_cast<double>(layer.distances[static_cast<std::size_t>(distance)].compared) * of.all / of.sampled;
    bits += weight * of_layer->value;
    compared += weight;
    known = known && of_layer->error.has_value();
    if (known) variance += weight * weight * *of_layer->error * *of_layer->error;
  }
  if (compared == 0) return std::nullopt;
  Density all{bits / compared, std::nullopt};
  if (known) all.error = std::sqrt(variance) / compared;
  return all;
}

std::vector<std::int64_t> sampled_instructions(std::int64_t instructions, std::int64_t every, std::uint64_t seed) {
  std::vector<std::int64_t> chosen;
  const std::int64_t count = (instructions + every - 1) / every;
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t first = n * instructions / count, end = (n + 1) * instructions / count;
    const std::uint64_t drawn = mixed(seed + static_cast<std::uint64_t>(n) * 0x9E3779B97F4A7C15);
    chosen.push_back(first + static_cast<std::int64_t>(drawn % static_cast<std::uint64_t>(end - first)));
  }
  return chosen;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Switching activity: how many bits change from word to word at the units' ports, of a sample of the instructions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "units/distances.h"
#include "units/units.h"

namespace blendsim {

// Sums of a distance over the instructions sampled of a layer. Their densities are in units of 2^-16, so that sums of
// them and of their squares are integers, which no order of adding changes.
struct SampledDistance : DistanceSum {
  std::int64_t instructions = 0;  // in which words were compared
  std::int64_t densities = 0, squares = 0;

  void add(const DistanceSum& instruction);
  SampledDistance& operator+=(const SampledDistance& other);
  bool operator==(const SampledDistance&) const = default;
};

struct LayerSwitching {
  std::array<SampledDistance, distance_count> distances{};
  std::array<std::int64_t, unit_count> sampled{}, instructions{};  // by unit: executed with a look at them, and in all
  bool operator==(const LayerSwitching&) const = default;
};

struct Switching {
  std::int64_t every = 1;              // one of so many instructions of a unit and layer is sampled
  std::vector<LayerSwitching> layers;  // per program layer
  Switching& operator+=(const Switching& other);
  bool operator==(const Switching&) const = default;
};

// Share of the bits that change from one word to the next, with its standard error: of the mean of those of the
// instructions sampled, 0 where all are; none where one of several was.
struct Density {
  double value = 0;
  std::optional<double> error;
};
// Of a layer; none where no words were compared.
[[nodiscard]] std::optional<Density> density(const LayerSwitching& layer, Distance distance);
// Of all layers, each with the weight that its instructions have in the whole; the error is none where a layer's is.
[[nodiscard]] std::optional<Density> density(const Switching& switching, Distance distance);

// Which of a layer's `instructions` of a unit are sampled, counted from 0: one drawn out of every `every`, at least
// one. The draw is that of `seed`: evenly spaced instructions would leave out a map's first and last rows, which
// padding makes different, every time.
[[nodiscard]] std::vector<std::int64_t> sampled_instructions(std::int64_t instructions, std::int64_t every,
                                                             std::uint64_t seed);

}  // namespace blendsim

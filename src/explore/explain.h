// SPDX-License-Identifier: Apache-2.0
// What moves a figure, and what a point's neighbours would bring.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "explore/exploration.h"

namespace blendsim::explore {

// How much of an objective's spread over the complete trials one key explains.
struct Influence {
  std::size_t dimension = 0;
  double share = 0;  // of the variance; over all keys they sum to at most 1
};

// For each objective the keys by their share, largest first. A search samples its space unevenly, so keys go together:
// each in turn takes what its values' means explain of what those before it have left (an additive model, fitted
// forward), and nothing is counted twice. Fewer than 10 complete trials explain nothing.
[[nodiscard]] std::vector<std::vector<Influence>> influences(const Study& study, const Findings& findings);

// What ended points that are no design within the limits: "device-too-small lut".
struct Failure {
  std::string what;  // the diagnostic's code and its subject
  std::int64_t count = 0;
};

// Most frequent first, of compiled points and those before; what was known already is none.
[[nodiscard]] std::vector<Failure> failures(const Findings& findings);

// The trial's point as `run` evaluates it, with the oracle's figure that it has.
[[nodiscard]] Trial evaluated_again(const Study& study, const Trial& trial, Pool& pool);

// A point that differs in one key, evaluated as `run` does.
struct Neighbour {
  std::size_t dimension = 0;
  std::string from, to;
  Trial trial;
};
// All of them, in the space's order. The oracle is not asked: its figure is known where the network stays.
[[nodiscard]] std::vector<Neighbour> evaluated_neighbours(const Study& study, const Trial& trial, Pool& pool);

}  // namespace blendsim::explore

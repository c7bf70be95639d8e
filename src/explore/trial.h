// SPDX-License-Identifier: Apache-2.0
// A point that was evaluated, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "explore/space.h"
#include "session/evaluator.h"

namespace blendsim::explore {

// A goal of the study, in the order in which the study names them.
struct Objective {
  std::string name;  // "latency", "latency.cnv"
  bool maximise = false;
};

struct Trial {
  std::int64_t id = 0;  // place in the sequence of points that the method asked for, from 0
  Point point;
  Outcome outcome;        // figures: the study's, objectives first
  bool verified = false;  // evaluated with all orders, as `run` does
};

// Objectives of a complete trial as costs: all to be made small, maximised ones negated.
[[nodiscard]] std::vector<double> costs(const Trial& trial, const std::vector<Objective>& objectives);

}  // namespace blendsim::explore

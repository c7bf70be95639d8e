// SPDX-License-Identifier: Apache-2.0
#include "explore/trial.h"

namespace blendsim::explore {

std::vector<double> costs(const Trial& trial, const std::vector<Objective>& objectives) {
  std::vector<double> out;
  for (std::size_t o = 0; o < objectives.size(); ++o) {
    const double figure = trial.outcome.figures.at(o);
    out.push_back(objectives[o].maximise ? -figure : figure);
  }
  return out;
}

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
#include "explore/scalar.h"

#include <algorithm>
#include <limits>

#include "explore/normal.h"

namespace blendsim::explore {

double scalar_cost(const ScalarSpec& spec, const std::vector<Objective>& objectives, std::span<const double> figures) {
  using enum ScalarSpec::Form;
  double sum = 0;
  for (std::size_t o = 0; o < objectives.size(); ++o) {
    const double ratio = figures[o] / spec.references[o];
    double cost = 0;
    if (objectives[o].maximise) {
      cost = spec.form == forgiving ? std::max(0.0, 1 - ratio - spec.forgiven) / spec.forgiven : -ratio;
    } else {
      cost = spec.form == weighted ? ratio : logarithm(std::max(ratio, std::numeric_limits<double>::min()));
    }
    sum += spec.weights[o] * cost;
  }
  return sum;
}

}  // namespace blendsim::explore

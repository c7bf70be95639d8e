// SPDX-License-Identifier: Apache-2.0
// Bayesian optimisation: for evaluations that are worth some thought each.
#pragma once

#include <memory>

#include "explore/method.h"

namespace blendsim::explore {

// Starts from the base point and points of Sobol's sequence that `screen` takes, two a dimension (8 to 20); where it
// takes too few, from the least refused, to be repaired. Then asks for what improves most on what is known, as expected
// under Gaussian processes of those figures that `screen` leaves open; what it knows is taken as it is. Needs `screen`.
[[nodiscard]] std::unique_ptr<Method> make_bayes(const MethodContext& context);

}  // namespace blendsim::explore

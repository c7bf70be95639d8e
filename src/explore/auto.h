// SPDX-License-Identifier: Apache-2.0
// The method for a study that names none: thought first, then breadth.
#pragma once

#include <memory>

#include "explore/method.h"

namespace blendsim::explore {

// bayes for the first 300 points that a compiler sees, then evolve, which was told of them too (measured beside either
// alone: docs/exploration.md). Needs `screen`.
[[nodiscard]] std::unique_ptr<Method> make_auto(const MethodContext& context);

}  // namespace blendsim::explore

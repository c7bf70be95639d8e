// SPDX-License-Identifier: Apache-2.0
// Evolution: NSGA-II (Deb et al., IEEE Trans. Evolutionary Computation 6(2), 2002) with constraint domination on
// ordered integers, and a local search along the front, a half of the candidates each.
#pragma once

#include <memory>

#include "explore/method.h"

namespace blendsim::explore {

[[nodiscard]] std::unique_ptr<Method> make_evolve(const MethodContext& context);

}  // namespace blendsim::explore

// SPDX-License-Identifier: Apache-2.0
// Internal to network: a node as a call of one of the functions of numerics/functions.h.
#pragma once

#include "network/graph.h"
#include "numerics/functions.h"

namespace blendsim::operators {

struct FunctionCall {
  const Function* function = nullptr;
  FunctionArguments arguments{};
};
// The node is named as a row is. Throws Refusal: another operator, an attribute that it cannot have.
[[nodiscard]] FunctionCall function_of(const Node& node);

}  // namespace blendsim::operators

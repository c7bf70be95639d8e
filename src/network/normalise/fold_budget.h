// SPDX-License-Identifier: Apache-2.0
// Internal to network: how much may be computed on constants alone.
//
// A file of some kilobytes can ask for any number of gigabytes by doubling a constant again and again. What networks do
// ask for (transposed weights, folded scales, shape arithmetic) grows with the constants that the file holds.
#pragma once

#include "network/operators/operator.h"

namespace blendsim {

class FoldBudget {
 public:
  // Allows 2^22 results and 32 for each element of the graph's constants, and 2^28 operations and 256 for each.
  explicit FoldBudget(const Graph& graph);
  // Takes what the node costs from the budget. Throws DiagnosticError constants-too-large when it is spent.
  void spend(const Graph& graph, const Node& node, const std::vector<Shape>& results);

 private:
  double results_, operations_;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Internal to network: what must hold of a graph before anybody looks at its operators.
#pragma once

#include "base/diagnostic.h"
#include "network/graph.h"

namespace blendsim {

// Gives every node a unique name that is not empty.
void name_nodes(Graph& graph);

// Reports duplicate producers, operands and outputs that nothing produces.
void check_names(const Graph& graph, Diagnostics& diagnostics);

// Sorts the nodes so that each stands after its operands' producers; the file's order decides between ready nodes.
// Reports cycles.
void sort_nodes(Graph& graph, Diagnostics& diagnostics);

// Folds nodes whose operands are constants (weight quantisers excepted), and notes the shapes of all tensors as far as
// they are known. A node that cannot be understood is left as it is: normalise() says why. Throws DiagnosticError
// constants-too-large.
void fold_and_infer(Graph& graph);

}  // namespace blendsim

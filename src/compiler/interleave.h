// SPDX-License-Identifier: Apache-2.0
// The order of operations in which rings need the fewest rows. Part of the pass depend.
#pragma once

#include "compiler/plan.h"

namespace blendsim::compiler {

// Renumbers operations and tiles, which come node by node: an operation that writes bands is put off until one that
// reads them wants it. `plan.dependencies` are those of the old numbers.
void interleave(Plan& plan);

}  // namespace blendsim::compiler

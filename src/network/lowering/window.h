// SPDX-License-Identifier: Apache-2.0
// The window of a pool, as the canonical node says it.
#pragma once

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

[[nodiscard]] Window read_window(const Node& node);

// Taps of one axis that lie inside a map of `size` pixels, at an output position.
[[nodiscard]] int taps_inside(int kernel, int stride, int dilation, int pad, int size, int position);

// Throws DiagnosticError not-quantised where a pool reads no map of integers.
void require_pool_input(const Value& x, const Node& node, const std::string& file);

}  // namespace blendsim::lowering

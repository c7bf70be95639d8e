// SPDX-License-Identifier: Apache-2.0
// What rings of rows must hold. Part of the pass split.
#pragma once

#include "compiler/plan.h"

namespace blendsim::compiler {

// Rows of whole blocks: rows of a binary map lie together by four (units/buffer/layout.h).
[[nodiscard]] int in_blocks(int rows);

// Of each map, the rows before the last one that the tallest window reaches back to.
[[nodiscard]] Table<MapId, int> window_overlaps(const Plan& plan);

// Own rows of the map's smallest ring: as many as overlap, so that a row is written twice at the most; fewer where a
// region has no room for that.
[[nodiscard]] int own_rows(const Plan& plan, const Map& map, int overlap);

}  // namespace blendsim::compiler

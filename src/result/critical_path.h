// SPDX-License-Identifier: Apache-2.0
// The pieces of the critical path, which find_critical_path (run.h) adds up by layer and unit.
#pragma once

#include <vector>

#include "result/run.h"

namespace blendsim {

// A stretch of the critical path: `by` is a unit, or unit_count: dispatch.
struct CriticalPiece {
  std::int32_t record = -1;  // -1: an image without records
  std::int32_t layer = 0;
  int by = 0;
  Cycles from = 0, to = 0;  // [from, to)
  bool operator==(const CriticalPiece&) const = default;
};

// In order of time: they follow on one another from 0 to `cycles`.
[[nodiscard]] std::vector<CriticalPiece> critical_pieces(const Run& run);

}  // namespace blendsim

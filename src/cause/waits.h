// SPDX-License-Identifier: Apache-2.0
// The waits of a run, sorted by what they cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cause/recorded_run.h"

namespace blendsim {

// Which waits are asked for; empty members ask for all.
struct WaitFilter {
  std::optional<UnitId> unit;        // of the unit that waited
  std::vector<std::int32_t> layers;  // of the instruction that waited
  std::optional<Cycles> cycle;       // in which it waited
};

// Waits of one unit in one layer, of one cause, for one unit's instructions of one layer.
struct WaitGroup {
  IntervalEvent longest;
  std::int64_t count = 0;
  Cycles cycles = 0;    // of all of them
  Cycles critical = 0;  // of those that decided a start on the critical path
};

// Most cycles first; of equal ones the earlier. Idle cycles are no waits: a unit has nothing to do before its first
// instruction and after its last.
[[nodiscard]] std::vector<WaitGroup> find_waits(const RecordedRun& run, const WaitFilter& filter = {});

// What every unit did in a cycle, by unit; a unit that the run says nothing of is left out.
[[nodiscard]] std::vector<IntervalEvent> intervals_at(const RecordedRun& run, Cycles cycle);

// Indices of the layers that a name or a pattern (* and ?) means. Throws DiagnosticError unknown-name with the nearest.
[[nodiscard]] std::vector<std::int32_t> find_layers(const Program& program, const std::string& pattern);
// Throws DiagnosticError unknown-name with the nearest one.
[[nodiscard]] UnitId find_unit(const std::string& name);

}  // namespace blendsim

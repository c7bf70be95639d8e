// SPDX-License-Identifier: Apache-2.0
// What a saved report tells of a run's time.
#pragma once

#include <string>
#include <vector>

#include "result/run.h"

namespace blendsim {

struct SavedRun {
  struct Layer {
    std::string name, bound_by;
    Cycles start = 0, end = 0;  // of the first inference, half-open
    Cycles critical = 0;        // of the whole run
  };
  struct Unit {
    std::string name;
    UnitCycles cycles;
  };
  std::string network, platform, program_digest;
  Cycles cycles = 0;
  std::vector<Layer> layers;
  std::vector<Unit> units;
};

// Throws DiagnosticError: file-unreadable, file-damaged, report-schema, report-damaged.
[[nodiscard]] SavedRun read_saved_run(const std::string& path);

}  // namespace blendsim

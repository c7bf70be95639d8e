// SPDX-License-Identifier: Apache-2.0
// run --flip: a run with upsets beside the same run without them.
#pragma once

#include <string>
#include <vector>

#include "cli/loading.h"
#include "sim/machine.h"

namespace blendsim::cli {

struct UpsetRun {
  Run run;           // with the upsets
  std::string text;  // what became of them
};

// `flips`: CYCLE:BUFFER[.REGION]:ADDRESS:BIT each. Both runs are watched for hazards and unwritten reads. Throws
// DiagnosticError usage for a place that the machine or the run does not have.
[[nodiscard]] UpsetRun run_upsets(const Loaded& loaded, const Inputs& inputs, const RunOptions& options,
                                  const std::vector<std::string>& flips);

}  // namespace blendsim::cli

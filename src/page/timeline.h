// SPDX-License-Identifier: Apache-2.0
// A recorded run as the block `timeline` of a report's JSON: columns of small integers (docs/page.md).
#pragma once

#include "isa/program.h"
#include "platform/platform.h"
#include "power/power.h"
#include "power/run_energies.h"
#include "report/fields.h"
#include "result/recording.h"
#include "result/run.h"

namespace blendsim {

struct TimelineInput {
  const Program& program;
  const Platform& platform;
  const PowerModel& power;
  const Run& run;
  const Recording& recording;  // of TimelineRecorder, or of all
};

// With a `digest` of its own over the rest of it, since a report's does not cover it.
[[nodiscard]] Json timeline_json(const TimelineInput& input);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// A recorded run as the block `timeline` of a report's JSON: columns of small integers (docs/page.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "estimate/estimate.h"
#include "isa/program.h"
#include "platform/platform.h"
#include "result/recording.h"
#include "result/run.h"

namespace blendsim {

struct TimelineInput {
  const Program& program;
  const Platform& platform;
  const Technology& technology;
  const Run& run;
  const Recording& recording;
  std::size_t most_records = 100'000;  // of main: as many whole images as hold no more, at least one
};

[[nodiscard]] nlohmann::ordered_json timeline_json(const TimelineInput& input);

// A report of report_json with its timeline behind everything else. The report's digest does not cover it; it brings a
// `digest` of its own, over the rest of it.
[[nodiscard]] std::string with_timeline(const std::string& report, const nlohmann::ordered_json& timeline);
[[nodiscard]] std::string timeline_digest(const nlohmann::ordered_json& timeline);  // without its `digest`

}  // namespace blendsim

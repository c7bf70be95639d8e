// SPDX-License-Identifier: Apache-2.0
// What of two runs was different before the first cycle.
#pragma once

#include <string>
#include <vector>

#include "report/saved_report.h"

namespace blendsim {

// A text as it is, anything else as JSON.
[[nodiscard]] std::string text_of(const Json& value);

// Versions, network, input, options of the run, platform and program of two reports' bodies: "platform.memory.sync:
// 2 -> 8", "run: no option -> --stalls 3". Throws as a Json without these fields does.
[[nodiscard]] std::vector<std::string> what_went_in(const Json& a, const Json& b);

}  // namespace blendsim

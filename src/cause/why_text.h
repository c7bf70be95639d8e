// SPDX-License-Identifier: Apache-2.0
// What `blendsim why` says, in words.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cause/causes.h"
#include "cause/chain.h"
#include "cause/waits.h"
#include "report/saved_run.h"

namespace blendsim {

// The cause that costs most, on the first line; then all that save something.
[[nodiscard]] std::string causes_text(const RecordedRun& run, const std::vector<Cause>& causes, std::size_t top);

// The `top` groups of waits that cost most, each with the longest of its waits and the chain of what began it.
[[nodiscard]] std::string waits_text(const RecordedRun& run, const WaitFilter& filter, std::size_t top);

// What every unit does in a cycle, and why those wait that do.
[[nodiscard]] std::string cycle_text(const RecordedRun& run, Cycles cycle);

// What a report tells: the layers that decide the run's length, and what the units waited for. It knows no
// instructions.
[[nodiscard]] std::string saved_run_text(const SavedRun& run, std::size_t top);

// A chain, a link a line, each behind `indent` blanks.
[[nodiscard]] std::string chain_text(const RecordedRun& run, const std::vector<ChainLink>& chain, int indent);

}  // namespace blendsim

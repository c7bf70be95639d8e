// SPDX-License-Identifier: Apache-2.0
// Runs kept whole for the commands that ask about them, and runs repeated with something changed.
#pragma once

#include "cause/causes.h"
#include "cause/recorded_run.h"
#include "cli/loading.h"

namespace blendsim::cli {

// Inferences back to back, for their timing alone. The run refers to `loaded`.
[[nodiscard]] RecordedRun record_timing(const Loaded& loaded, std::size_t images = 1);

// The machine, and of a network the compiler. Both arguments must outlive what is returned.
[[nodiscard]] Reruns reruns(const LoadArguments& arguments, const Loaded& loaded);

}  // namespace blendsim::cli

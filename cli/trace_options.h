// SPDX-License-Identifier: Apache-2.0
// --trace and its options: what of a run goes into which file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/files.h"
#include "cli/loading.h"
#include "sim/machine.h"
#include "trace/executed_recorder.h"
#include "trace/sink.h"

namespace blendsim::cli {

struct TraceArguments {
  std::vector<std::string> files;  // the ending names the format
  TraceOptions options;
};

// Declares --trace, --trace-cycles, --trace-layers, --trace-images and --trace-limit. `arguments` must live as long as
// the command.
void add_trace_options(CLI::App& command, TraceArguments& arguments);

// A trace that was written, for the user.
struct TraceNote {
  std::string text;         // "a.pftrace: 182,345 bytes, 4,711 events"
  bool is_warning = false;  // it ended before the run did, or holds nothing of it
};

// Where a run's energy went in time, of what the recorder kept.
using PowerOfTraces = std::function<PowerWindows(const Run&, const ExecutedRecorder&)>;

// Runs `simulate` with the traces among its consumers, and completes their files, with power over time if it came to
// its end, also when it throws: what had happened by then is what one wants to see. `notes` says what was written. A
// trace that can be begun and not be completed, as on a disk that becomes full, is kept by `outputs`, and the run goes
// on without it. Throws DiagnosticError: usage for a layer that is not there, file-unwritable for a trace that cannot
// be begun.
[[nodiscard]] Run run_traced(const TraceArguments& arguments, const Loaded& loaded, RunOptions options,
                             const std::function<Run(const RunOptions&)>& simulate, const PowerOfTraces& power,
                             std::vector<TraceNote>& notes, Outputs& outputs);

}  // namespace blendsim::cli

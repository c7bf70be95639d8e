// SPDX-License-Identifier: Apache-2.0
// The report of a run: JSON (schema blendsim.report/2, docs/report.md), text for people, comparison.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "estimate/clock.h"
#include "isa/program.h"
#include "platform/platform.h"
#include "power/power.h"
#include "power/windows.h"
#include "report/format_text.h"
#include "result/run.h"
#include "tensor/array.h"

namespace blendsim {

struct Agreement {  // lowered against original, on the run's inputs
  std::int64_t inputs = 0;
  double max_abs_error = 0;
  bool top1_equal = false;
};

// Options of a run that change what comes out.
struct RunChoices {
  bool timing_only = false;
  std::optional<std::uint64_t> stall_seed;  // of random delays; none: no delays
  std::vector<std::string> flips;           // "CYCLE:BUFFER:ADDRESS:BIT"
  std::optional<Cycles> power_window{};     // cycles; none: chosen by an inference's length
};

struct HostFigures {                    // not part of the digest
  double wall_s = 0, simulation_s = 0;  // of everything, of the run alone
  std::int64_t peak_rss_bytes = 0;
  std::vector<std::string> traces{};  // what is missing in a trace that was written beside
};

struct ReportInput {
  const Program& program;
  const Platform& platform;
  const Run& run;
  const ResourceEstimate& resources;
  const PowerEstimate& power;
  PowerPeak peak;  // of the first inference
  const ClockEstimate& clock;
  std::string input_source;  // "file" or "random"
  std::uint64_t input_seed = 0;
  std::string input_digest;
  RunChoices choices;
  std::vector<std::vector<FloatArray>> outputs;  // [image][output], after the host's operators; empty: timing only
  std::vector<std::string> output_names;
  std::vector<std::string> cpu_operators;
  std::optional<Agreement> agreement;
  HostFigures host;
  std::string version;
  std::vector<std::string> remarks;  // on this run: "random stalls: ..."; listed with the program's notes
};

// The operators that the host runs and that change values, each once: outputs may share them.
[[nodiscard]] std::vector<std::string> cpu_operators(const Program& program);

[[nodiscard]] std::string report_json(const ReportInput& input);  // pretty-printed
[[nodiscard]] std::string report_text(const ReportInput& input, const TextLayout& layout = {});

struct Comparison {
  std::string text;
  bool equal = false;  // everything that the digests cover
};
// Two JSON files, each of which must have the digest that it carries. Throws DiagnosticError: file-unreadable,
// file-damaged, report-schema, report-damaged.
[[nodiscard]] Comparison compare_reports(const std::string& a, const std::string& b, const TextLayout& layout = {});
// Any number of them: two as above, more as one table.
[[nodiscard]] Comparison compare_reports(const std::vector<std::string>& paths, const TextLayout& layout = {});

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// A trace: a consumer of a run's events that writes them to a file. One format is one file of this folder and one row
// of the table in sink.cpp.
//
//   format_of(path)      before the run: is the ending one of ours?
//   open_sink(...)       opens the file; the sink is then one of RunOptions::consumers
//   power(...)           after a run that came to its end: where its energy went in time
//   close()              after the run, also after one that failed: the file is valid and holds what happened until
//   then
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "power/windows.h"
#include "trace/selection.h"

namespace blendsim {

// Where a trace ended because it had reached its size.
struct TraceStop {
  Phase phase = Phase::main;
  Cycles at = 0;
  std::int32_t image = 0;
};

class Sink : public EventConsumer {
 public:
  // Power over time, for a format that can tell it when the run is over: windows up to where the trace stopped. At most
  // once, before close(), and only if TraceOptions::power_window announced it.
  virtual void power(const PowerWindows&) {}
  [[nodiscard]] virtual bool tells_power() const { return false; }
  // Completes the file. Throws DiagnosticError file-unwritable. What comes later is not heard.
  virtual void close() = 0;
  // Of the file: exact once closed, before that no less than what closing now would make.
  [[nodiscard]] virtual std::int64_t bytes() const = 0;
  // Events of any kind that were chosen and written; 0: nothing happened in the window.
  [[nodiscard]] virtual std::int64_t events() const = 0;
  [[nodiscard]] virtual std::optional<TraceStop> stopped() const = 0;
};

struct TraceOptions {
  TraceWindow window;
  std::int64_t limit = std::int64_t{256} << 20;  // bytes of the file
  // Cycles of the windows of power() to come, for which the file keeps room; 0: default_window(); none: none come.
  std::optional<Cycles> power_window;
};
inline constexpr std::int64_t least_trace_limit = 1'000'000;

struct TraceFormat {
  std::string_view ending;    // ".pftrace"
  std::string_view opens_in;  // for help and messages
  bool seeks;                 // the file must be a regular one
  std::string_view beside;    // ending of a file that lies beside it until it is closed; or none
  std::unique_ptr<Sink> (*open)(const std::string& file, const TraceSubject& subject, const TraceOptions& options);
};

// Every format, in the order in which help lists them.
[[nodiscard]] std::span<const TraceFormat> trace_formats();
// By the ending of a path, in capitals or not. Throws DiagnosticError usage, with the list.
[[nodiscard]] const TraceFormat& format_of(const std::string& path);

// Opens `file` for writing in a format. The subject outlives the sink. Throws DiagnosticError file-unwritable;
// usage for a layer that is not there.
[[nodiscard]] std::unique_ptr<Sink> open_sink(const TraceFormat& format, const std::string& file,
                                              const TraceSubject& subject, const TraceOptions& options = {});

}  // namespace blendsim

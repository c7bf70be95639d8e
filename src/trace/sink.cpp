// SPDX-License-Identifier: Apache-2.0
#include "trace/sink.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "base/diagnostic.h"
#include "trace/formats.h"

namespace blendsim {
namespace {

constexpr std::array formats = {
    TraceFormat{".pftrace", "Perfetto (ui.perfetto.dev)", false, "", open_perfetto},
    TraceFormat{".fst", "GTKWave", true, ".hier", open_fst},
    TraceFormat{".vcd", "GTKWave and other viewers of waves", false, "", open_vcd},
    TraceFormat{".sqlite", "SQLite", true, "", open_sqlite},
    TraceFormat{".npy", "NumPy", true, "", open_npy},
};

}  // namespace

std::span<const TraceFormat> trace_formats() { return formats; }

const TraceFormat& format_of(const std::string& path) {
  std::string lower = path;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const TraceFormat& format : formats) {
    if (lower.size() > format.ending.size() && lower.ends_with(format.ending)) return format;
  }
  std::string list;
  for (const TraceFormat& format : formats)
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", format.ending, format.opens_in);
  throw DiagnosticError(
      {{"usage", {}, fmt::format("{}: the ending names no format of a trace", path), "the endings are " + list}},
      ExitStatus::bad_usage);
}

std::unique_ptr<Sink> open_sink(const TraceFormat& format, const std::string& file, const TraceSubject& subject,
                                const TraceOptions& options) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (format.seeks && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw DiagnosticError("file-unwritable", {.file = file},
                          fmt::format("{} is written back and forth, which takes a regular file", format.ending),
                          "write .pftrace or .vcd there, or to a file");
  }
  return format.open(file, subject, options);
}

}  // namespace blendsim

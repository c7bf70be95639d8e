// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_options.h"

#include <fmt/format.h>

#include <charconv>
#include <exception>
#include <optional>

#include "cli/files.h"

namespace blendsim::cli {

namespace {

[[noreturn]] void bad_size(const std::string& text) {
  usage_error(fmt::format("--trace-limit: '{}' is no size of a file", text),
              "write a number and kB, MB or GB, such as 64MB; at least 1MB");
}

std::int64_t parse_size(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const std::int64_t factor = unit == "kB" || unit == "KB" ? 1'000
                              : unit == "MB"               ? 1'000'000
                              : unit == "GB"               ? 1'000'000'000
                                                           : 0;
  if (error != std::errc{} || factor == 0 || number <= 0 || number > 1'000'000) bad_size(text);
  if (number * factor < least_trace_limit) bad_size(text);
  return number * factor;
}

std::string thousands(std::int64_t number) {
  std::string out = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(out.size()) - 3; place > 0; place -= 3)
    out.insert(static_cast<std::size_t>(place), ",");
  return out;
}

TraceNote note_of(const std::string& path, const Sink& sink) {
  TraceNote note{fmt::format("{}: {} bytes, {} events", path, thousands(sink.bytes()), thousands(sink.events()))};
  if (const auto stop = sink.stopped()) {
    note.stopped = true;
    note.text += fmt::format("; full after cycle {} of {}", thousands(stop->at), name(stop->phase));
    if (stop->phase == Phase::main) note.text += fmt::format(", image {}", stop->image);
    note.text += ": raise --trace-limit, or choose with --trace-cycles, --trace-images or --trace-layers";
  }
  return note;
}

// Opens the traces one inside the other, since each file is written beside its place and then moved there.
class Traced {
 public:
  Traced(const TraceArguments& arguments, const TraceSubject& subject, RunOptions& options,
         const std::function<Run(const RunOptions&)>& simulate, std::vector<TraceNote>& notes)
      : arguments_(arguments), subject_(subject), options_(options), simulate_(simulate), notes_(notes) {}

  Run run() {
    from(0);
    if (failure_) std::rethrow_exception(failure_);
    return std::move(*run_);
  }

 private:
  void from(std::size_t file) {
    if (file == arguments_.files.size()) {
      try {
        run_ = simulate_(options_);
      } catch (...) {
        failure_ = std::current_exception();
      }
      return;
    }
    const std::string& path = arguments_.files[file];
    write_whole(path, [&](const std::string& temporary) {
      const std::unique_ptr<Sink> sink = open_sink(format_of(path), temporary, subject_, arguments_.options);
      options_.consumers.push_back(sink.get());
      from(file + 1);
      sink->close();
      notes_.insert(notes_.begin(), note_of(path, *sink));
    });
  }

  const TraceArguments& arguments_;
  const TraceSubject& subject_;
  RunOptions& options_;
  const std::function<Run(const RunOptions&)>& simulate_;
  std::vector<TraceNote>& notes_;
  std::optional<Run> run_;
  std::exception_ptr failure_;
};

}  // namespace

void add_trace_options(CLI::App& command, TraceArguments& arguments) {
  std::string endings;
  for (const TraceFormat& format : trace_formats())
    endings += fmt::format("{}{}", endings.empty() ? "" : ", ", format.ending);
  auto* trace =
      command.add_option("--trace", arguments.files,
                         "Write what happens in the run; the ending names the format: " + endings + "; repeats");
  trace->type_name("FILE")->allow_extra_args(false)->each([](const std::string& file) { (void)format_of(file); });
  const auto range = [&](const std::string& option, Range& place, const std::string& what) {
    command
        .add_option_function<std::string>(
            option, [option, &place](const std::string& text) { place = parse_range(text, option); }, what)
        ->type_name("A..B")
        ->needs(trace);
  };
  range("--trace-cycles", arguments.options.window.cycles, "Only what touches these cycles of main");
  range("--trace-images", arguments.options.window.images, "Only these images, counted from 0");
  command
      .add_option("--trace-layers", arguments.options.window.layers,
                  "Only these layers: a name or a pattern such as 'stage1.*'; repeats")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->needs(trace);
  command
      .add_option_function<std::string>(
          "--trace-limit", [&arguments](const std::string& text) { arguments.options.limit = parse_size(text); },
          "Stop a trace before its file is larger (default 256MB)")
      ->type_name("SIZE")
      ->needs(trace);
}

Run run_traced(const TraceArguments& arguments, const Loaded& loaded, RunOptions options,
               const std::function<Run(const RunOptions&)>& simulate, std::vector<TraceNote>& notes) {
  if (arguments.files.empty()) return simulate(options);
  const TraceSubject subject(loaded.program, loaded.platform.machine, loaded.platform.name);
  (void)Selection(arguments.options.window, subject);  // before any file is touched
  return Traced(arguments, subject, options, simulate, notes).run();
}

}  // namespace blendsim::cli

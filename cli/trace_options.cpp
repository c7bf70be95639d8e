// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

#include "base/diagnostic.h"
#include "cli/files.h"
#include "cli/interrupt.h"

namespace blendsim::cli {

namespace {

[[noreturn]] void bad_size(const std::string& text, const std::string& what = "no size of a file") {
  usage_error(fmt::format("--trace-limit: '{}' is {}", text, what),
              "write a number and kB, MB or GB, such as 64MB; at least 1MB");
}

std::int64_t parse_size(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const double factor = unit == "kB" || unit == "KB" ? 1e3 : unit == "MB" ? 1e6 : unit == "GB" ? 1e9 : 0;
  // `inf` and `nan` are numbers to the library.
  if (error != std::errc{} || factor == 0 || !(number > 0 && number <= 1e6)) bad_size(text);
  if (number * factor < static_cast<double>(least_trace_limit))
    bad_size(text, "too small: no format says anything in so few bytes");
  return std::llround(number * factor);
}

std::string thousands(std::int64_t number) {
  std::string out = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(out.size()) - 3; place > 0; place -= 3)
    out.insert(static_cast<std::size_t>(place), ",");
  return out;
}

// `cycles` and `images` of the run; 0 of one that failed.
TraceNote note_of(const std::string& path, const Sink& sink, Cycles cycles, std::size_t images) {
  TraceNote note{fmt::format("{}: {} bytes, {} events", path, thousands(sink.bytes()), thousands(sink.events()))};
  if (sink.events() == 0 && images > 0) {
    note.is_warning = true;
    note.text += fmt::format("; nothing that was chosen happened: main has cycles 0..{} and images 0..{}", cycles - 1,
                             images - 1);
  }
  if (const auto stop = sink.stopped()) {
    note.is_warning = true;
    note.text += fmt::format("; full after cycle {} of {}", thousands(stop->at), name(stop->phase));
    if (stop->phase == Phase::main) note.text += fmt::format(", image {}", stop->image);
    note.text += ": raise --trace-limit, or choose with --trace-cycles, --trace-images or --trace-layers";
  }
  return note;
}

// A consumer whose file may become unwritable: from then on it hears no more, and the run goes on.
class Expendable : public EventConsumer {
 public:
  explicit Expendable(EventConsumer& consumer) : consumer_(consumer) {}
  void on_phase(const PhaseEvent& e) override { tell(&EventConsumer::on_phase, e); }
  void on_dispatch(const DispatchEvent& e, const InstructionRecord& r) override {
    tell(&EventConsumer::on_dispatch, e, r);
  }
  void on_interval(const IntervalEvent& e) override { tell(&EventConsumer::on_interval, e); }
  void on_token(const TokenEvent& e) override { tell(&EventConsumer::on_token, e); }
  void on_start(std::int32_t i, const InstructionRecord& r) override { tell(&EventConsumer::on_start, i, r); }
  void on_front_free(std::int32_t i, const InstructionRecord& r) override { tell(&EventConsumer::on_front_free, i, r); }
  void on_end(std::int32_t i, const InstructionRecord& r) override { tell(&EventConsumer::on_end, i, r); }
  void on_burst(const BurstEvent& e) override { tell(&EventConsumer::on_burst, e); }
  void on_row(const RowEvent& e) override { tell(&EventConsumer::on_row, e); }
  void on_execute(const ExecuteEvent& e, const InstructionRecord& r) override {
    tell(&EventConsumer::on_execute, e, r);
  }
  void on_upset(const UpsetEvent& e) override { tell(&EventConsumer::on_upset, e); }

  void throw_if_failed() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  template <class... Parameters, class... Values>
  void tell(void (EventConsumer::*event)(Parameters...), const Values&... values) {
    if (failure_) return;
    try {
      (consumer_.*event)(values...);
    } catch (const DiagnosticError&) {
      failure_ = std::current_exception();
    }
  }

  EventConsumer& consumer_;
  std::exception_ptr failure_;
};

// Opens the traces one inside the other, since each file is written beside its place and then moved there.
class Traced {
 public:
  Traced(const TraceArguments& arguments, const TraceSubject& subject, RunOptions& options,
         const std::function<Run(const RunOptions&)>& simulate, const PowerOfTraces& power,
         std::vector<TraceNote>& notes, Outputs& outputs)
      : arguments_(arguments),
        subject_(subject),
        options_(options),
        simulate_(simulate),
        power_(power),
        executed_(arguments.options.window),
        notes_(notes),
        outputs_(outputs) {}

  Run run() {
    from(0);
    if (failure_) std::rethrow_exception(failure_);
    return std::move(*run_);
  }

 private:
  void from(std::size_t file) {
    if (file == arguments_.files.size()) {
      begun_ = true;
      try {
        options_.consumers.push_back(&executed_);
        run_ = simulate_(options_);
        if (executed_.is_needed()) windows_ = power_(*run_, executed_);
      } catch (...) {
        failure_ = std::current_exception();
      }
      return;
    }
    const std::string& path = arguments_.files[file];
    try {
      write_whole(path, [&](const std::string& temporary) { write(file, path, temporary); });
    } catch (const DiagnosticError&) {
      if (!begun_) throw;
      outputs_.write([] { throw; });
    }
  }
  void write(std::size_t file, const std::string& path, const std::string& temporary) {
    const TraceFormat& format = format_of(path);
    std::optional<HalfWritten> beside;
    if (!format.beside.empty()) beside.emplace(temporary + std::string(format.beside));
    const std::unique_ptr<Sink> sink = open_sink(format, temporary, subject_, arguments_.options);
    Expendable consumer(*sink);
    options_.consumers.push_back(&consumer);
    executed_.watch(*sink);
    from(file + 1);
    consumer.throw_if_failed();
    if (windows_) sink->power(*windows_);
    sink->close();
    const Cycles cycles = run_ ? run_->cycles : 0;
    notes_.insert(notes_.begin(), note_of(path, *sink, cycles, run_ ? run_->completions.size() : 0));
  }

  const TraceArguments& arguments_;
  const TraceSubject& subject_;
  RunOptions& options_;
  const std::function<Run(const RunOptions&)>& simulate_;
  const PowerOfTraces& power_;
  ExecutedRecorder executed_;
  std::vector<TraceNote>& notes_;
  Outputs& outputs_;
  std::optional<Run> run_;
  std::optional<PowerWindows> windows_;
  std::exception_ptr failure_;  // of the run
  bool begun_ = false;          // the run
};

}  // namespace

void add_trace_options(CLI::App& command, TraceArguments& arguments) {
  std::string endings;
  for (const TraceFormat& format : trace_formats())
    endings += fmt::format("{}{}", endings.empty() ? "" : ", ", format.ending);
  auto* trace = command.add_option("--trace", arguments.files,
                                   "Write what happens in the run; the ending names the format: " + endings);
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
                  "Only these layers: a name or a pattern such as 'stage1.*'")
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
               const std::function<Run(const RunOptions&)>& simulate, const PowerOfTraces& power,
               std::vector<TraceNote>& notes, Outputs& outputs) {
  if (arguments.files.empty()) return simulate(options);
  const TraceSubject subject(loaded.program, loaded.platform.machine, loaded.platform.name);
  (void)Selection(arguments.options.window, subject);  // before any file is touched
  return Traced(arguments, subject, options, simulate, power, notes, outputs).run();
}

}  // namespace blendsim::cli

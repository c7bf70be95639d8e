// SPDX-License-Identifier: Apache-2.0
// Machine::run with a trace, format by format, from opening the file to closing it; beside it the run with a listener
// that does nothing, which simulates init too. The difference is what writing costs.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "subject.h"
#include "trace/sink.h"

namespace blendsim {
namespace {

void listen(benchmark::State& state, const Subject& subject) {
  EventConsumer silent;
  RunOptions options;
  options.consumers = {&silent};
  for (auto _ : state)
    benchmark::DoNotOptimize(
        Machine::instance().run(subject.platform.machine, subject.program, subject.images, options));
}

void trace(benchmark::State& state, const Subject& subject, const TraceFormat& format) {
  const std::string file = std::filesystem::temp_directory_path() / ("blendsim_bench" + std::string(format.ending));
  std::int64_t bytes = 0, events = 0;
  for (auto _ : state) {
    const TraceSubject traced(subject.program, subject.platform.machine, subject.platform.name);
    const std::unique_ptr<Sink> sink = open_sink(format, file, traced);
    RunOptions options;
    options.consumers = {sink.get()};
    benchmark::DoNotOptimize(
        Machine::instance().run(subject.platform.machine, subject.program, subject.images, options));
    sink->close();
    bytes = sink->bytes();
    events = sink->events();
  }
  std::filesystem::remove(file);
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["events"] = static_cast<double>(events);
}

}  // namespace

void add_trace_benchmarks(const std::vector<Subject>& subjects) {
  for (const Subject& subject : subjects) {
    benchmark::RegisterBenchmark(("trace/" + subject.name + "/none").c_str(), [&subject](benchmark::State& state) {
      listen(state, subject);
    })->Unit(benchmark::kMicrosecond);
    for (const TraceFormat& format : trace_formats()) {
      benchmark::RegisterBenchmark(("trace/" + subject.name + "/" + std::string(format.ending.substr(1))).c_str(),
                                   [&subject, &format](benchmark::State& state) { trace(state, subject, format); })
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace blendsim

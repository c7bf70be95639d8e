// SPDX-License-Identifier: Apache-2.0
// Machine::run, warm and in a loop. Without values only the event core is left.
#include <benchmark/benchmark.h>

#include "subject.h"

namespace blendsim {
namespace {

void run(benchmark::State& state, const Subject& subject, const RunOptions& options) {
  Cycles cycles = 0;
  std::size_t instructions = 0;
  std::int64_t bursts = 0, macs = 0;
  for (const ProgramLayer& layer : subject.program.layers) macs += layer.macs;
  static_cast<void>(Machine::instance().run(subject.platform.machine, subject.program, subject.images, options));
  for (auto _ : state) {
    const Run run = Machine::instance().run(subject.platform.machine, subject.program, subject.images, options);
    cycles = run.cycles;
    instructions = run.records.size();
    bursts = run.memory.bursts;
  }
  const auto rate = [](auto count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["hardware_ms"] =
      1e3 * static_cast<double>(cycles) / static_cast<double>(subject.platform.machine.clock_hz);
  state.counters["cycles"] = static_cast<double>(cycles);
  state.counters["instructions"] = static_cast<double>(instructions);
  state.counters["bursts"] = static_cast<double>(bursts);
  state.counters["macs"] = static_cast<double>(macs);
  state.counters["cycles_per_second"] = rate(cycles);
  state.counters["instructions_per_second"] = rate(instructions);
  state.counters["bursts_per_second"] = rate(bursts);
}

}  // namespace

void add_machine_benchmarks(const std::vector<Subject>& subjects) {
  for (const Subject& subject : subjects) {
    const auto add = [&subject](const char* row, const RunOptions& options) {
      benchmark::RegisterBenchmark((std::string("machine/") + subject.name + row).c_str(),
                                   [&subject, options](benchmark::State& state) { run(state, subject, options); })
          ->Unit(benchmark::kMicrosecond);
    };
    RunOptions values, timing_only, activity;
    timing_only.values = false;
    activity.activity_every = 4;
    add("/values", values);
    add("/timing_only", timing_only);
    add("/activity", activity);
  }
}

}  // namespace blendsim

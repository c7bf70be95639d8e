// SPDX-License-Identifier: Apache-2.0
// A lowered network on one machine after another: its timing program alone, and with the run on the machine.
#include <benchmark/benchmark.h>

#include "subject.h"

namespace blendsim {
namespace {

void retarget(benchmark::State& state, const Search& search, bool also_run) {
  Retargeter retargeter(search.network);
  RunOptions options;
  options.values = false;
  std::size_t point = 0;
  for (auto _ : state) {
    const MachineParameters& machine = search.points[point++ % search.points.size()];
    const Program program = retargeter.timing_program(machine);
    if (also_run) benchmark::DoNotOptimize(Machine::instance().run(machine, program, {}, options).cycles);
    else benchmark::DoNotOptimize(program.main.data());
  }
  state.counters["points"] = static_cast<double>(search.points.size());
  state.counters["runs_per_second"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

void compile_once(benchmark::State& state, const Search& search) {
  for (auto _ : state)
    benchmark::DoNotOptimize(Retargeter(search.network).timing_program(search.points.front()).main.data());
}

}  // namespace

void add_retarget_benchmarks(const std::vector<Search>& searches) {
  for (const Search& search : searches) {
    const auto add = [&](const char* what, auto&& body) {
      benchmark::RegisterBenchmark((std::string("retarget/") + search.name + "/" + what).c_str(), body)
          ->Unit(benchmark::kMicrosecond);
    };
    add("compile_and_run", [&search](benchmark::State& state) { retarget(state, search, true); });
    add("compile", [&search](benchmark::State& state) { retarget(state, search, false); });
    add("first", [&search](benchmark::State& state) { compile_once(state, search); });
  }
}

}  // namespace blendsim

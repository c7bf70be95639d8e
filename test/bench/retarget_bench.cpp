// SPDX-License-Identifier: Apache-2.0
// A lowered network on one machine after another: its timing program alone, and with the run on the machine.
#include <benchmark/benchmark.h>

#include "power/power.h"
#include "subject.h"

namespace blendsim {
namespace {

enum class Until : std::uint8_t { program, run, power };

// Power as a search asks for it: of the run's actions, with the profile of the data.
void retarget(benchmark::State& state, const Search& search, Until until) {
  Retargeter retargeter(search.network);
  RunOptions options;
  options.values = false;
  const ConfigPaths paths{BLENDSIM_CONFIGS};
  const Technology technology = load_technology(search.points.front().technology, paths);
  const ActivityModel activity = load_activity(paths);
  std::size_t point = 0;
  for (auto _ : state) {
    const Platform& platform = search.points[point++ % search.points.size()];
    const ResourceEstimate resources = estimate_resources(platform);  // a search looks at them before it compiles
    const Program program = retargeter.timing_program(platform.machine);
    benchmark::DoNotOptimize(program.main.data());
    if (until == Until::program) continue;
    const Run run = Machine::instance().run(platform.machine, program, {}, options);
    benchmark::DoNotOptimize(run.cycles);
    if (until == Until::run) continue;
    benchmark::DoNotOptimize(
        estimate_power(run, 1, PowerModel(platform, resources, technology, activity)).watts.total());
  }
  state.counters["points"] = static_cast<double>(search.points.size());
  state.counters["runs_per_second"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

void compile_once(benchmark::State& state, const Search& search) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Retargeter(search.network).timing_program(search.points.front().machine).main.data());
  }
}

}  // namespace

void add_retarget_benchmarks(const std::vector<Search>& searches) {
  for (const Search& search : searches) {
    const auto add = [&](const char* what, auto&& body) {
      benchmark::RegisterBenchmark((std::string("retarget/") + search.name + "/" + what).c_str(), body)
          ->Unit(benchmark::kMicrosecond);
    };
    add("compile_and_run", [&search](benchmark::State& state) { retarget(state, search, Until::run); });
    add("compile_run_and_power", [&search](benchmark::State& state) { retarget(state, search, Until::power); });
    add("compile", [&search](benchmark::State& state) { retarget(state, search, Until::program); });
    add("first", [&search](benchmark::State& state) { compile_once(state, search); });
  }
}

}  // namespace blendsim

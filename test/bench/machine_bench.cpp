// SPDX-License-Identifier: Apache-2.0
// Machine::run, warm and in a loop: blendsim_bench [--benchmark_... flags] PROGRAM...
// Each program is run with values (a fixed input) and for its timing only.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "isa/program.h"
#include "platform/platform.h"
#include "sim/machine.h"

namespace blendsim {
namespace {

struct Subject {
  Program program;
  Platform platform;
  std::vector<std::vector<std::int32_t>> images;
};

Subject subject_of(const std::string& path) {
  Subject subject{read_program(path), {}, {}};
  subject.platform = parse_platform(subject.program.platform_yaml, path, {BLENDSIM_CONFIGS});
  const TensorView& input = subject.program.input;
  const std::size_t count = static_cast<std::size_t>(input.channels) * static_cast<std::size_t>(input.height) *
                            static_cast<std::size_t>(input.width);
  auto& image = subject.images.emplace_back();
  for (std::size_t n = 0; n < count; ++n) image.push_back(static_cast<std::int32_t>(n * 37 % 127));
  return subject;
}

void run(benchmark::State& state, const Subject& subject, bool values) {
  RunOptions options;
  options.values = values;
  Cycles cycles = 0;
  for (auto _ : state) {
    cycles = Machine::instance().run(subject.platform.machine, subject.program, subject.images, options).cycles;
  }
  const auto clock_hz = static_cast<double>(subject.platform.machine.clock_hz);
  state.counters["hardware_ms"] = 1e3 * static_cast<double>(cycles) / clock_hz;
}

}  // namespace
}  // namespace blendsim

int main(int argc, char** argv) {
  using namespace blendsim;
  benchmark::Initialize(&argc, argv);
  std::vector<Subject> subjects;
  try {
    for (int n = 1; n < argc; ++n) subjects.push_back(subject_of(argv[n]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  for (std::size_t n = 0; n < subjects.size(); ++n) {
    const std::string name = std::filesystem::path(argv[n + 1]).stem().string();
    for (const bool values : {true, false}) {
      benchmark::RegisterBenchmark((name + (values ? "/values" : "/timing_only")).c_str(),
                                   [&subject = subjects[n], values](benchmark::State& state) {
                                     run(state, subject, values);
                                   })
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// blendsim_bench [--benchmark_... flags] PROGRAM|NETWORK.onnx...
// Programs: kernels, the machine with values, its event core. Networks: re-targeting. scripts/bench.sh runs it.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "base/diagnostic.h"
#include "subject.h"

int main(int argc, char** argv) {
  using namespace blendsim;
  benchmark::Initialize(&argc, argv);
  std::vector<Subject> subjects;
  std::vector<Search> searches;
  try {
    for (int n = 1; n < argc; ++n) {
      if (is_program(argv[n])) subjects.push_back(subject_of(argv[n]));
      else searches.push_back(search_of(argv[n]));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  add_machine_benchmarks(subjects);
  add_trace_benchmarks(subjects);
  add_kernel_benchmarks(subjects);
  add_retarget_benchmarks(searches);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// What is measured: programs with their machine and a fixed image, and a network with the machines of a search.
#pragma once

#include <string>
#include <vector>

#include "compiler/retarget.h"
#include "isa/program.h"
#include "platform/platform.h"
#include "sim/machine.h"

namespace blendsim {

struct Subject {
  std::string name;  // the file's, without folder and extension
  Program program;
  Platform platform;
  std::vector<std::vector<std::int32_t>> images;  // one
};

[[nodiscard]] Subject subject_of(const std::string& program_file);

struct Search {
  std::string name;
  IntegerNetwork network;
  std::vector<Platform> points;  // into each of which the network fits
};

// Points around zu3eg: rows, words, columns, queue depth, token latency, DRAM latency.
[[nodiscard]] Search search_of(const std::string& network_file);

// Declare benchmarks; what they are given must outlive them.
void add_machine_benchmarks(const std::vector<Subject>& subjects);
void add_trace_benchmarks(const std::vector<Subject>& subjects);
void add_kernel_benchmarks(const std::vector<Subject>& subjects);
void add_retarget_benchmarks(const std::vector<Search>& searches);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The model's dispatcher and control before units that drain their queues as they like, and beside random traffic of
// the other two memory ports.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "isa/instruction.h"
#include "result/run.h"
#include "units/machine_parameters.h"

namespace blendsim::conformance {

struct DispatchCase {
  bool resident = true;
  std::uint64_t address = 0;  // of the stream in DRAM
  std::vector<Instruction> stream;
  int images = 1;
  int longest_occupancy = 1;  // of the units' fronts, 1 to this many cycles
  int traffic_gap = 0;        // mean cycles between bursts of each other port; 0: none
};

struct TrafficBurst {
  Cycles request = 0;
  std::uint64_t address = 0;
  std::int64_t beats = 0;
};

struct DispatchRun {
  std::vector<InstructionRecord> records;  // image after image
  std::vector<Cycles> doorbells, completions;
  std::vector<TrafficBurst> loads, stores;
  Cycles cycles = 0;
};

// The process's rig: SystemC elaborates once.
class DispatchModel {
 public:
  static DispatchModel& instance();
  [[nodiscard]] DispatchRun run(const MachineParameters& machine, const DispatchCase& c, std::mt19937_64& random);
  ~DispatchModel();

 private:
  DispatchModel();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim::conformance

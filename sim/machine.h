// SPDX-License-Identifier: Apache-2.0
// The simulated machine: elaborated once per process, reset, reconfigured and run as often as one likes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "isa/program.h"
#include "result/events.h"
#include "result/run.h"
#include "units/machine_parameters.h"

namespace blendsim {

struct RunOptions {
  bool values = true;               // false: timing only, no value is computed
  bool check_hazards = false;       // rule 6 watched at run time, unwritten reads, accounting; on in every test
  bool capture_tensors = false;     // Run::tensors
  std::int64_t activity_every = 0;  // n: Run::switching of one of n instructions of main; 0: none. Needs values
  std::uint64_t stall_seed =
      0;  // 0: none. Else starts, grants and beats are delayed at random: cycles change, outputs do not
  // false: Run::records are those of the first image alone, and a batch takes no more memory than its inputs and
  // outputs
  bool keep_records = true;
  std::function<void(std::int32_t)> image_done;  // called with the number of main's images that have completed
  std::vector<Upset> upsets;                     // bits that flip while main runs; of a run with values
  std::vector<EventConsumer*> consumers;         // of the run's events, init's included; each outlives the run
};

class MemoryModel;
struct Context;

class Machine {
 public:
  // Makes the memory behind the interconnect (models/memory_model.h); empty: `Dram`.
  using MemoryFactory = std::function<std::unique_ptr<MemoryModel>(Context&)>;

  // The process's machine. SystemC elaborates once, so the first call decides on the memory; a later call that brings
  // one is an InvariantError.
  static Machine& instance(const MemoryFactory& memory = {});

  // images: quantised inputs [channels, height, width], one inference each, back to back.
  // The program must have passed verify() for this machine. Throws DiagnosticError (deadlock, hazard, unwritten-read,
  // token-overflow; ExitStatus::simulation_failed).
  [[nodiscard]] Run run(const MachineParameters& machine, const Program& program,
                        std::span<const std::vector<std::int32_t>> images, const RunOptions& options = {});

  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

 private:
  explicit Machine(const MemoryFactory& memory);
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim

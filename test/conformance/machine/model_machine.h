// SPDX-License-Identifier: Apache-2.0
// The model's machine, run on a program as rtl/ will be: what every instruction and every written word must be.
#pragma once

#include <span>
#include <vector>

#include "isa/program.h"
#include "machine_events.h"
#include "rtl_machine.h"
#include "units/buffer/storage.h"

namespace blendsim::conformance {

class ModelMachine {
 public:
  ModelMachine(const MachineParameters& machine, const Program& program, std::vector<std::vector<std::int32_t>> images);

  // DRAM as a run finds it: program area, each image's input.
  [[nodiscard]] std::vector<std::uint8_t> memory() const;
  [[nodiscard]] bool has_init() const;
  [[nodiscard]] StreamRun init_stream() const;
  [[nodiscard]] StreamRun main_stream() const;
  [[nodiscard]] const std::vector<Instruction>& init_instructions() const { return init_instructions_; }
  [[nodiscard]] const std::vector<Instruction>& main_instructions() const { return main_instructions_; }
  [[nodiscard]] const MachineEvents& init_events() const { return init_; }
  [[nodiscard]] const MachineEvents& main_events() const { return main_; }
  [[nodiscard]] const std::vector<InstructionRecord>& init_records() const { return init_records_; }
  [[nodiscard]] const std::vector<InstructionRecord>& main_records() const { return run_.records; }
  [[nodiscard]] const Run& run() const { return run_; }  // Machine::run's own

 private:
  struct Areas;
  [[nodiscard]] MachineEvents events_of(const Run& run, const std::vector<std::vector<BurstEvent>>& bursts,
                                        const std::vector<Instruction>& instructions, Areas& areas);

  MachineParameters machine_;
  Program program_;
  std::vector<std::vector<std::int32_t>> images_;
  std::vector<Instruction> init_instructions_, main_instructions_;
  std::vector<std::array<std::uint64_t, 3>> bases_;  // of each image
  Buffers buffers_;
  MachineEvents init_, main_;
  std::vector<InstructionRecord> init_records_;
  Run run_;
};

}  // namespace blendsim::conformance

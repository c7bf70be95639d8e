// SPDX-License-Identifier: Apache-2.0
// A run of main and the program that it ran: what those who ask about its cycles look into.
#pragma once

#include <string>
#include <vector>

#include "isa/program.h"
#include "result/recording.h"
#include "units/machine_parameters.h"

namespace blendsim {

class RecordedRun {
 public:
  // Both are kept by reference. `run`: what a Recording kept of main.
  RecordedRun(const Program& program, const MachineParameters& machine, PhaseRecording run);

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const MachineParameters& machine() const { return machine_; }
  [[nodiscard]] const PhaseRecording& run() const { return run_; }
  [[nodiscard]] const std::vector<Instruction>& instructions() const { return instructions_; }  // program order
  [[nodiscard]] Cycles cycles() const { return run_.end; }

  [[nodiscard]] const InstructionRecord& record(std::int32_t index) const {
    return run_.records.at(static_cast<std::size_t>(index));
  }
  [[nodiscard]] const DispatchEvent& dispatch(std::int32_t index) const {
    return run_.dispatches.at(static_cast<std::size_t>(index));  // in program order, as they happen
  }
  [[nodiscard]] const Instruction& instruction(std::int32_t index) const {
    return instructions_.at(static_cast<std::size_t>(record(index).instruction));
  }
  [[nodiscard]] const std::string& layer(std::int32_t index) const {
    return program_.layers.at(static_cast<std::size_t>(record(index).layer)).name;
  }
  [[nodiscard]] Cycles doorbell(std::int32_t image) const { return run_.doorbells.at(static_cast<std::size_t>(image)); }

  // "#14 xnor_array (conv1)"; of several images "#14@2 xnor_array (conv1)".
  [[nodiscard]] std::string name_of(std::int32_t index) const;
  // The records that decided the run's length, from the first on: each was released by the one before it.
  [[nodiscard]] const std::vector<std::int32_t>& critical() const { return critical_; }
  [[nodiscard]] bool is_critical(std::int32_t index) const { return on_path_.at(static_cast<std::size_t>(index)); }

 private:
  const Program& program_;
  const MachineParameters& machine_;
  PhaseRecording run_;
  std::vector<Instruction> instructions_;
  std::vector<std::int32_t> critical_;
  std::vector<bool> on_path_;
};

// "xnor_array" and its layer, of a record.
[[nodiscard]] std::string_view unit_name(const InstructionRecord& record);

}  // namespace blendsim

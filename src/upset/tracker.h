// SPDX-License-Identifier: Apache-2.0
// Follows an upset through a run: beside the machine whose bit flipped it keeps one whose bit did not, and executes
// each instruction on both.
#pragma once

#include <optional>
#include <vector>

#include "isa/program.h"
#include "result/events.h"
#include "upset/difference.h"

namespace blendsim {

// An instruction that met words which differ.
struct UpsetStep {
  std::int32_t record = 0, instruction = 0, image = 0, layer = 0;
  UnitId unit = UnitId::load;
  Cycles at = 0;
  bool read = false;           // some of them
  std::int64_t healed = 0;     // words that it wrote, and that are equal again
  std::int64_t spread = 0;     // words that it made different
  bool stored = false;         // the output area differs behind it, where it was equal
  std::int64_t different = 0;  // words behind it
};

class UpsetTracker final : public EventConsumer {
 public:
  UpsetTracker(const Program& program, const MachineParameters& machine);

  void on_execute(const ExecuteEvent& event, const InstructionRecord& record) override;
  void on_upset(const UpsetEvent& event) override;

  [[nodiscard]] std::int64_t happened() const { return happened_; }  // upsets with a start behind them
  [[nodiscard]] const std::vector<UpsetStep>& steps() const { return steps_; }
  [[nodiscard]] const WordSet& different() const { return different_; }  // now; at the end, what nothing read or wrote

 private:
  void follow_image(const DramAreas& areas);

  const MachineParameters& machine_;
  std::vector<Instruction> instructions_;
  std::vector<std::vector<Access>> accesses_;  // by instruction
  std::optional<Buffers> sound_;               // the buffers of the machine without the upset; none: not needed yet
  std::vector<std::uint8_t> output_;           // its output area, of the image that runs
  const std::uint8_t* image_ = nullptr;        // the other machine's: where it lies
  std::int64_t happened_ = 0;
  WordSet different_;
  std::vector<UpsetStep> steps_;
};

}  // namespace blendsim

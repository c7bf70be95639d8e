// SPDX-License-Identifier: Apache-2.0
// A run kept whole in memory, for whoever asks about any of its cycles afterwards: about 400 bytes an instruction.
#pragma once

#include <array>
#include <vector>

#include "result/events.h"

namespace blendsim {

// What was told of one phase, in order of time.
struct PhaseRecording {
  Cycles end = 0;
  std::vector<Cycles> doorbells, completions;  // by image
  std::vector<InstructionRecord> records;      // by index: program order, image after image
  std::vector<DispatchEvent> dispatches;
  std::vector<IntervalEvent> intervals;
  std::vector<TokenEvent> tokens;
  std::vector<BurstEvent> bursts;
  std::vector<RowEvent> rows;
};

class Recording final : public EventConsumer {
 public:
  [[nodiscard]] const PhaseRecording& of(Phase phase) const { return phases_[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] const PhaseRecording& init() const { return of(Phase::init); }  // empty: the program has none
  [[nodiscard]] const PhaseRecording& main() const { return of(Phase::main); }

  void on_phase(const PhaseEvent& event) override;
  void on_dispatch(const DispatchEvent& event, const InstructionRecord&) override { now().dispatches.push_back(event); }
  void on_interval(const IntervalEvent& event) override { now().intervals.push_back(event); }
  void on_token(const TokenEvent& event) override { now().tokens.push_back(event); }
  void on_end(std::int32_t index, const InstructionRecord& record) override;
  void on_burst(const BurstEvent& event) override { now().bursts.push_back(event); }
  void on_row(const RowEvent& event) override { now().rows.push_back(event); }

 private:
  [[nodiscard]] PhaseRecording& now() { return phases_[static_cast<std::size_t>(phase_)]; }

  std::array<PhaseRecording, 2> phases_;
  Phase phase_ = Phase::main;
};

}  // namespace blendsim

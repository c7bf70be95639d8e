// SPDX-License-Identifier: Apache-2.0
// Keeps of a run what a timeline tells, and no more of a long batch than can be looked at.
#pragma once

#include <cstddef>
#include <limits>

#include "result/recording.h"

namespace blendsim {

class TimelineRecorder final : public EventConsumer {
 public:
  // most_records: of main; whole images are kept, as many as have no more, at least one.
  explicit TimelineRecorder(std::size_t most_records = 100'000) : most_records_(most_records) {}

  // All of init; of main all doorbells and completions, and what lies before the end of the last image kept.
  [[nodiscard]] const Recording& recording() const { return recording_; }

  void on_phase(const PhaseEvent& event) override;
  void on_interval(const IntervalEvent& event) override {
    if (event.from < end_) recording_.on_interval(event);
  }
  void on_end(std::int32_t index, const InstructionRecord& record) override {
    if (record.start < end_) recording_.on_end(index, record);
  }
  void on_burst(const BurstEvent& event) override {
    if (event.request < end_) recording_.on_burst(event);
  }

 private:
  static constexpr Cycles open = std::numeric_limits<Cycles>::max();

  Recording recording_;
  std::size_t most_records_;
  Cycles end_ = open;  // of what is kept
};

}  // namespace blendsim

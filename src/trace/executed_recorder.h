// SPDX-License-Identifier: Apache-2.0
// Keeps what main executed while any of a run's traces is written: their power over time is worked out when it is over.
#pragma once

#include <vector>

#include "trace/sink.h"

namespace blendsim {

class ExecutedRecorder final : public EventConsumer {
 public:
  explicit ExecutedRecorder(const TraceWindow& window) : cycles_(window.cycles), images_(window.images) {}

  // Of sinks that tell power. Records go on until each of them has stopped, and to the end of the image in which the
  // last one did; without one there are none. The sink must live until the run is over.
  void watch(const Sink& sink) {
    if (sink.tells_power()) sinks_.push_back(&sink);
  }
  [[nodiscard]] bool is_needed() const { return !sinks_.empty(); }

  [[nodiscard]] const std::vector<InstructionRecord>& records() const { return records_; }
  // [from, to) of main: all that was executed in it was kept.
  [[nodiscard]] Cycles from() const { return std::max(Cycles{cycles_.first}, from_); }
  [[nodiscard]] Cycles to() const { return cycles_.last < to_ ? Cycles{cycles_.last} + 1 : to_; }

  void on_phase(const PhaseEvent& event) override;
  void on_end(std::int32_t, const InstructionRecord& record) override {
    if (!is_needed() || !is_main_ || is_over_ || !images_.contains(record.image)) return;
    // From when it was dispatched.
    if (record.visible - 1 <= cycles_.last && record.end >= cycles_.first) records_.push_back(record);
  }

 private:
  Range cycles_, images_;
  std::vector<const Sink*> sinks_;
  std::vector<InstructionRecord> records_;
  bool is_main_ = false, is_over_ = false;
  Cycles from_ = 0, to_ = 0;
};

}  // namespace blendsim

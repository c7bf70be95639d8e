// SPDX-License-Identifier: Apache-2.0
// What the formats of slices share (Perfetto, SQLite, NumPy): which events are asked for, and when the file is full.
#pragma once

#include "trace/sink.h"

namespace blendsim {

class SliceSink : public Sink {
 public:
  SliceSink(const TraceSubject& subject, const TraceOptions& options)
      : subject_(subject),
        selection_(options.window, subject),
        limit_(options.limit),
        power_window_(options.power_window),
        power_from_(options.window.cycles.first),
        power_to_(options.window.images.first == 0 ? options.window.cycles.last : 0),
        last_of_window_(options.window.cycles.last) {}

  [[nodiscard]] std::int64_t events() const final { return events_; }
  [[nodiscard]] std::optional<TraceStop> stopped() const final { return stopped_; }
  void power(const PowerWindows& windows) final;
  [[nodiscard]] bool tells_power() const final { return most_of_a_window() > 0; }
  void close() final;

  void on_phase(const PhaseEvent& event) final;
  void on_dispatch(const DispatchEvent& event, const InstructionRecord& record) final;
  void on_interval(const IntervalEvent& event) final;
  void on_token(const TokenEvent& event) final;
  void on_end(std::int32_t index, const InstructionRecord& record) final;
  void on_burst(const BurstEvent& event) final;

 protected:
  // What is asked for, in the stream's order. phase(): all of them until the file is full, as a frame.
  virtual void phase(const PhaseEvent&) {}
  virtual void dispatched(const DispatchEvent&, const InstructionRecord&) {}
  virtual void interval(const IntervalEvent&) {}
  virtual void token(const TokenEvent&) {}
  virtual void instruction(std::int32_t /*index*/, const InstructionRecord&) {}
  virtual void burst(const BurstEvent&) {}
  // An instruction of a chosen image that is not itself chosen, until the file is full.
  virtual void left_out(std::int32_t /*index*/, const InstructionRecord&) {}
  // A window of main.
  virtual void power_window(const PowerWindows& /*windows*/, std::size_t /*window*/) {}
  // Writes what is left and closes the file.
  virtual void finish() = 0;

  // What one power_window() may add to bytes(); 0: the format does not tell power.
  [[nodiscard]] virtual std::int64_t most_of_a_window() const { return 0; }
  // What one more event may add to bytes().
  [[nodiscard]] virtual std::int64_t most_of_an_event() const { return 512; }

  [[nodiscard]] const TraceSubject& subject() const { return subject_; }
  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] Phase now() const { return phase_; }
  [[nodiscard]] std::int32_t image() const { return image_; }

 private:
  [[nodiscard]] bool wants(std::int32_t record, Cycles from, Cycles to) const;
  void wrote(Cycles at);
  void stop_if_full(Cycles at);
  [[nodiscard]] std::int64_t power_bytes(Cycles at) const;

  const TraceSubject& subject_;
  Selection selection_;
  std::int64_t limit_;
  std::optional<Cycles> power_window_;
  Cycles power_from_, power_to_;  // first and last cycle of its windows, as far as they are known
  Cycles last_of_window_;
  Phase phase_ = Phase::main;
  std::int32_t image_ = 0;
  std::int64_t events_ = 0;
  std::optional<TraceStop> stopped_;
  bool closed_ = false;
};

}  // namespace blendsim

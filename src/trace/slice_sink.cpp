// SPDX-License-Identifier: Apache-2.0
#include "trace/slice_sink.h"

#include <algorithm>

namespace blendsim {

void SliceSink::close() {
  if (closed_) return;
  closed_ = true;
  finish();
}

// A record of -1 is none: then all layers must be asked for, and the image is the one that runs.
bool SliceSink::wants(std::int32_t record, Cycles from, Cycles to) const {
  if (stopped_ || closed_ || !selection_.phase(phase_) || !selection_.cycles(phase_, from, to)) return false;
  if (record >= 0) return selection_.record(phase_, record);
  return selection_.all_layers() && (phase_ == Phase::init || selection_.image(image_));
}

void SliceSink::wrote(Cycles at) {
  ++events_;
  stop_if_full(at);
}

void SliceSink::stop_if_full(Cycles at) {
  if (bytes() + power_bytes(at) + most_of_an_event() > limit_) stopped_ = TraceStop{phase_, at, image_};
}

void SliceSink::power(const PowerWindows& windows) {
  if (closed_) return;
  for (std::size_t w = 0; w < windows.count(); ++w) {
    if (stopped_ && (stopped_->phase == Phase::init || windows.end(w) > stopped_->at)) return;
    if (bytes() + most_of_a_window() > limit_) return;
    power_window(windows, w);
  }
}

// What the windows up to a cycle of main will take. Until an image has completed the default width is not known, but an
// image has no more than most_windows of them.
std::int64_t SliceSink::power_bytes(Cycles at) const {
  if (!power_window_ || phase_ == Phase::init) return 0;
  const Cycles cycles = std::max<Cycles>(0, std::min(at, power_to_) - power_from_);
  const Cycles windows = *power_window_ == 0 ? most_windows : cycles / *power_window_ + 2;
  return windows * most_of_a_window();
}

void SliceSink::on_phase(const PhaseEvent& event) {
  phase_ = event.phase;
  if (event.phase == Phase::main && event.kind == PhaseEvent::Kind::completion) {
    if (power_window_ == Cycles{0} && event.image == 0) power_window_ = default_window(event.at);
    if (!selection_.image(event.image + 1)) power_to_ = std::min(power_to_, event.at);
    if (!selection_.image(event.image) && selection_.image(event.image + 1)) {
      power_from_ = std::max(power_from_, event.at);
      power_to_ = last_of_window_;
    }
  }
  if (event.kind == PhaseEvent::Kind::begin) image_ = 0;
  if (event.kind == PhaseEvent::Kind::doorbell) image_ = event.image;
  if (stopped_ || closed_ || !selection_.phase(phase_)) return;
  phase(event);  // the frame: no event that was chosen
  stop_if_full(event.at);
}

void SliceSink::on_dispatch(const DispatchEvent& event, const InstructionRecord& record) {
  if (!wants(event.record, event.available, event.written + 1)) return;
  dispatched(event, record);
  wrote(event.written);
}

void SliceSink::on_interval(const IntervalEvent& event) {
  if (!wants(event.record, event.from, event.to)) return;
  interval(event);
  wrote(event.to);
}

void SliceSink::on_token(const TokenEvent& event) {
  if (!wants(event.taken_by, event.posted, event.taken + 1)) return;
  token(event);
  wrote(event.taken);
}

void SliceSink::on_end(std::int32_t index, const InstructionRecord& record) {
  if (!wants(index, record.start, record.end + 1)) {
    if (stopped_ || closed_ || phase_ != Phase::main || !selection_.image(record.image)) return;
    left_out(index, record);
    if (power_window_ && record.start <= last_of_window_) stop_if_full(record.end);  // power is of all layers
    return;
  }
  instruction(index, record);
  wrote(record.end);
}

void SliceSink::on_burst(const BurstEvent& event) {
  if (!wants(event.record, event.request, event.last_beat + 1)) return;
  burst(event);
  wrote(event.last_beat);
}

}  // namespace blendsim

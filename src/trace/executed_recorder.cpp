// SPDX-License-Identifier: Apache-2.0
#include "trace/executed_recorder.h"

#include <algorithm>

namespace blendsim {

// Images do not overlap: what executes in one is complete with it.
void ExecutedRecorder::on_phase(const PhaseEvent& event) {
  is_main_ = event.phase == Phase::main;
  if (!is_main_ || is_over_ || event.kind != PhaseEvent::Kind::completion) return;
  if (event.image < images_.first) from_ = event.at;
  if (event.image <= images_.last) to_ = event.at;
  is_over_ = event.image >= images_.last ||
             std::all_of(sinks_.begin(), sinks_.end(), [](const Sink* sink) { return sink->stopped().has_value(); });
}

}  // namespace blendsim

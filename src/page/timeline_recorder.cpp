// SPDX-License-Identifier: Apache-2.0
#include "page/timeline_recorder.h"

namespace blendsim {

void TimelineRecorder::on_phase(const PhaseEvent& event) {
  if (event.kind == PhaseEvent::Kind::begin) end_ = open;
  recording_.on_phase(event);
  if (event.kind != PhaseEvent::Kind::completion || event.phase != Phase::main || end_ != open) return;
  // Images do not overlap: what has ended by now are the instructions of those completed.
  const std::size_t records = recording_.main().records.size();
  const std::size_t an_image = records / recording_.main().completions.size();
  if (records + an_image > most_records_) end_ = event.at;
}

}  // namespace blendsim

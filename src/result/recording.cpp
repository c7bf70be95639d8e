// SPDX-License-Identifier: Apache-2.0
#include "result/recording.h"

namespace blendsim {

void Recording::on_phase(const PhaseEvent& event) {
  phase_ = event.phase;
  PhaseRecording& phase = now();
  switch (event.kind) {
    case PhaseEvent::Kind::begin:
      if (event.phase == Phase::init) phases_ = {};  // a further run
      phase = {};
      break;
    case PhaseEvent::Kind::doorbell: phase.doorbells.push_back(event.at); break;
    case PhaseEvent::Kind::completion: phase.completions.push_back(event.at); break;
    case PhaseEvent::Kind::end: phase.end = event.at; break;
  }
}

void Recording::on_end(std::int32_t index, const InstructionRecord& record) {
  std::vector<InstructionRecord>& records = now().records;
  if (records.size() <= static_cast<std::size_t>(index)) records.resize(static_cast<std::size_t>(index) + 1);
  records[static_cast<std::size_t>(index)] = record;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "trace/subject.h"

namespace blendsim {

TraceSubject::TraceSubject(const Program& program, const MachineParameters& machine, std::string platform)
    : program_(program), machine_(machine), platform_(std::move(platform)) {
  const std::array<const std::vector<Word>*, 2> words = {&program.init, &program.main};
  for (std::size_t phase = 0; phase < words.size(); ++phase) {
    if (words[phase]->empty()) continue;
    std::vector<Instruction> decoded = decode(*words[phase]);
    streams_[phase].reserve(decoded.size());
    for (Instruction& instruction : decoded) {
      const UnitId unit = unit_of(instruction);
      const auto layer = static_cast<std::int32_t>(sync_of(instruction).layer);
      streams_[phase].push_back({std::move(instruction), unit, layer});
    }
  }
}

std::string TraceSubject::layer_name(std::int32_t layer) const {
  const auto index = static_cast<std::size_t>(layer);
  return index < program_.layers.size() ? program_.layers[index].name : "layer " + std::to_string(layer);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What a trace says of a run besides its events: the program that ran and the machine that ran it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isa/program.h"
#include "result/events.h"
#include "units/machine_parameters.h"

namespace blendsim {

// An instruction of a stream. A record's is the one at its index modulo the stream's length.
struct TracedInstruction {
  Instruction instruction;
  UnitId unit = UnitId::load;
  std::int32_t layer = 0;
};

class TraceSubject {
 public:
  // Both outlive the subject. `platform` is its name. Throws what decode() throws.
  TraceSubject(const Program& program, const MachineParameters& machine, std::string platform);

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const MachineParameters& machine() const { return machine_; }
  [[nodiscard]] const std::string& platform() const { return platform_; }
  // In program order.
  [[nodiscard]] const std::vector<TracedInstruction>& stream(Phase phase) const {
    return streams_[static_cast<std::size_t>(phase)];
  }
  [[nodiscard]] const TracedInstruction& instruction(Phase phase, std::int32_t record) const {
    const auto& list = stream(phase);
    return list[static_cast<std::size_t>(record) % list.size()];
  }
  [[nodiscard]] std::int32_t image(Phase phase, std::int32_t record) const {
    return record / static_cast<std::int32_t>(stream(phase).size());
  }
  // "stage1.block1.conv1"; of a layer that the table does not have, its number.
  [[nodiscard]] std::string layer_name(std::int32_t layer) const;

 private:
  const Program& program_;
  const MachineParameters& machine_;
  std::string platform_;
  std::array<std::vector<TracedInstruction>, 2> streams_;
};

inline constexpr std::array<std::string_view, 2> phase_names = {"init", "main"};
[[nodiscard]] constexpr std::string_view name(Phase phase) { return phase_names[static_cast<std::size_t>(phase)]; }
inline constexpr std::array<std::string_view, 5> release_names = {"dispatch", "front", "data_token", "space_token",
                                                                  "fence"};
[[nodiscard]] constexpr std::string_view name(Release release) {
  return release_names[static_cast<std::size_t>(release)];
}
inline constexpr std::array<std::string_view, memory_port_count> port_names = {"fetch", "store", "load"};
[[nodiscard]] constexpr std::string_view name(MemoryPort port) { return port_names[static_cast<std::size_t>(port)]; }

}  // namespace blendsim

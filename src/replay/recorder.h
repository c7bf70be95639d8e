// SPDX-License-Identifier: Apache-2.0
// Records the memory traffic of a run: a consumer of its events.
#pragma once

#include <array>
#include <vector>

#include "isa/program.h"
#include "platform/platform.h"
#include "replay/traffic.h"
#include "result/events.h"

namespace blendsim {

class TrafficRecorder final : public EventConsumer {
 public:
  void on_phase(const PhaseEvent& event) override;
  void on_burst(const BurstEvent& event) override;

  // What was recorded, with what every request waited for. The run must have ended and must have been one without
  // random stalls. Throws InvariantError where a recorded request is not the cycle that its waits give.
  [[nodiscard]] Traffic traffic(const Program& program, const Platform& platform) const;

 private:
  struct Seen {
    std::uint64_t address = 0;
    std::uint32_t bytes = 0;
    BurstStamps stamps;
  };
  struct OfPhase {
    std::vector<Cycles> doorbells, completions;
    std::array<std::vector<Seen>, memory_port_count> bursts;  // of each port, in order
  };
  void fill(TrafficPhase& phase, const OfPhase& seen) const;

  std::array<OfPhase, 2> phases_;
  Phase phase_ = Phase::main;
};

}  // namespace blendsim

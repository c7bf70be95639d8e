// SPDX-License-Identifier: Apache-2.0
// What a replay came to, beside the recording: figures, whether they are exact, and why.
#pragma once

#include <optional>
#include <string>

#include "platform/platform.h"
#include "replay/replay.h"

namespace blendsim {

struct PhaseOutcome {
  std::optional<ReplayedPhase> again;  // on the recorded memory; none: a foreign trace
  ReplayedPhase replayed;
  std::int64_t unequal = 0;    // stamps of `again` that are not the recorded ones
  std::int64_t moved = 0;      // stamps of `replayed` that are not the recorded ones; open loop: of bursts alone
  std::int64_t reordered = 0;  // bursts that the memory served in another place than on the recorded memory
  std::optional<Served> first_reordered;
};

struct ReplayOutcome {
  ReplayMode mode = ReplayMode::dependencies;
  bool same_memory = false;
  std::array<PhaseOutcome, 2> phases;  // by Phase; init may be empty
  // The recording comes out again, every stamp, on the memory that it was recorded on; and on that memory, were it the
  // one to replay on. False: the file is another version's or was made by hand.
  [[nodiscard]] bool faithful() const { return phases[0].unequal + phases[1].unequal == 0; }
  // The cycles are those of a whole simulation.
  [[nodiscard]] bool exact(const Traffic& traffic) const {
    return traffic.stamped && faithful() && (mode == ReplayMode::dependencies || same_memory);
  }
};

// `recorded`: the machine that was recorded; of a foreign trace, as `replayed`. Throws as replay() does.
[[nodiscard]] ReplayOutcome replay_beside(const Traffic& traffic, const MachineParameters& recorded,
                                          const MachineParameters& replayed, ReplayMode mode);

// For people; `changes`: what differs between the two memories, "memory.sync: 2 -> 8".
[[nodiscard]] std::string outcome_text(const Traffic& traffic, const ReplayOutcome& outcome,
                                       const std::vector<std::string>& changes);
// A row a burst: phase, image, burst, port, command, address, bytes, instruction, and its stamps, recorded and
// replayed.
[[nodiscard]] std::string outcome_csv(const Traffic& traffic, const ReplayOutcome& outcome);

}  // namespace blendsim

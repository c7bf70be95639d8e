// SPDX-License-Identifier: Apache-2.0
// The external memory as its ports see it, in accelerator cycles: the clocks' crossings, the channels, and the path of
// the interconnect between a port and a channel (rule 8). The modules of models/ and the replay of recorded traffic
// compute every stamp with it.
#pragma once

#include <cstdint>
#include <vector>

#include "units/dram/law.h"
#include "units/unit_id.h"

namespace blendsim {

// What the memory answers to a burst, in accelerator cycles.
struct DramAnswer {
  Cycles grant = 0;                      // visible to the requester
  Cycles first_data = 0, last_data = 0;  // at the memory's border
  std::int64_t activates = 0;            // 0: a row hit
  std::int64_t bank = 0;                 // of the first byte
  std::int64_t refreshes = 0;            // performed since the channel's burst before
};

// A bank opens a row (ACT given), or (bank -1, row -1) a refresh closes all of a channel.
struct DramRowChange {
  std::int64_t channel = 0, bank = -1, row = -1;
  Cycles at = 0;  // first accelerator cycle in which the command has been given
};

class DramServer {
 public:
  // Rows closed, refresh phase 0. `memory` is looked at until the next reset. Throws DiagnosticError contradiction
  // where a refresh lasts as long as its interval.
  void reset(const MemoryParameters& memory, std::int64_t clock_hz);
  // Memory cycle in which a request is visible that left the interconnect in cycle `complete`.
  [[nodiscard]] std::int64_t visible(Cycles complete) const { return to_memory_.visible(complete); }
  // First cycle in which every request that is visible as early as `visible` has been sent.
  [[nodiscard]] Cycles all_sent(std::int64_t visible) const { return to_memory_.all_sent(visible); }
  // Grants and serves `request` as the next one of its channel. Bursts are served by age of `visible`, ties by port.
  // `hold_back`: memory cycles by which a random-stall run delays the grant. `changes`: gets the rows opened and
  // closed, where somebody asks.
  [[nodiscard]] DramAnswer serve(const DramRequest& request, std::int64_t visible, std::int64_t hold_back = 0,
                                 std::vector<DramRowChange>* changes = nullptr);
  // Performs the refreshes due until accelerator cycle `end`, and says how many there were since the reset.
  std::int64_t refreshes(Cycles end, std::vector<DramRowChange>* changes = nullptr);

 private:
  // Of the commands in rows_, into `changes`.
  void note(std::size_t channel, std::vector<DramRowChange>* changes);

  const MemoryParameters* memory_ = nullptr;
  ClockCrossing to_memory_, to_accelerator_;
  std::vector<DramChannel> channels_;
  std::vector<DramRowCommand> rows_;  // of the burst or refresh at hand, in memory cycles
};

// One bus word a cycle each way, bursts in order.
class MemoryPath {
 public:
  // Cycle of a write's last beat: beats leave one a cycle from the request on, behind those of the burst before.
  [[nodiscard]] Cycles write_complete(Cycles request, std::int64_t beats);
  // Cycle of a read's last beat: one bus word a cycle for all readers of the port, in the order of the memory's
  // decisions; no beat before its data. `held`: a random-stall run's delay.
  [[nodiscard]] Cycles last_read_beat(const MemoryParameters& memory, Cycles first_data, Cycles last_data,
                                      std::int64_t beats, Cycles held = 0);
  // Cycle of a write's response: one ID, responses in order.
  [[nodiscard]] Cycles write_response(const MemoryParameters& memory, Cycles last_data, Cycles held = 0);

 private:
  Cycles read_beat_ = -1, write_beat_ = -1, response_ = -1;  // the last ones
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Why a wait lasted as long as it did: what happened meanwhile, each thing because of the one before it.
#pragma once

#include <cstdint>
#include <vector>

#include "cause/recorded_run.h"

namespace blendsim {

// What something waited for in [from, to).
struct ChainLink {
  enum class Kind : std::uint8_t {
    work,      // a compute unit's instructions, until the front is free, the end or the token of it is there
    transfer,  // of load or store
    queue,     // the dispatcher stood before a full queue until `first` started
    fetch,     // instruction words on their way from memory
    decode     // the dispatcher's own cycles since the doorbell
  };
  Kind kind = Kind::work;
  std::int32_t first = -1, last = -1;  // records: one unit's, of one layer; -1: of fetch and decode
  std::int32_t count = 1;              // instructions from first to last
  Cycles from = 0, to = 0;
};

// The links of an interval that is no busy one, the latest first. They follow on one another without a gap from
// interval.to back to interval.from or to what was under way then: the last link began it.
[[nodiscard]] std::vector<ChainLink> chain_of(const RecordedRun& run, const IntervalEvent& interval);

// Of the whole run, from its end back to the doorbell: what decided its length.
[[nodiscard]] std::vector<ChainLink> critical_chain(const RecordedRun& run);

// Likewise of a record's start, back to cycle `since`: the order's cycle of what released it, and so on.
[[nodiscard]] std::vector<ChainLink> chain_to_start(const RecordedRun& run, std::int32_t record, Cycles since);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "cause/chain.h"

#include <algorithm>

namespace blendsim {

namespace {

class Walk {
 public:
  Walk(const RecordedRun& run, Cycles since) : run_(run), since_(since) {}

  // What `record` did took effect in cycle `to`: its token came, its front or its end was there.
  void because_of(std::int32_t record, Cycles to) {
    for (Released by{record, to}; by.record >= 0; by = before_start(by.record)) {
      const InstructionRecord& r = run_.record(by.record);
      const auto kind = is_memory_unit(r.unit) ? ChainLink::Kind::transfer : ChainLink::Kind::work;
      add({kind, by.record, by.record, 1, r.start, by.at});
      if (r.start <= since_) return;
    }
  }

  void because_of_start(std::int32_t record) {
    const Released by = before_start(record);
    if (by.record >= 0) because_of(by.record, by.at);
  }

  // Why the entry of `record` could not be seen before cycle `to`. Returns the record whose start ended that, or -1.
  std::int32_t because_of_dispatch(std::int32_t record, Cycles to) {
    for (std::int32_t at = record;; --at) {
      const DispatchEvent& event = run_.dispatch(at);
      const bool first = at == 0 || run_.record(at - 1).image != run_.record(at).image;
      if (event.held > 0) {
        add({ChainLink::Kind::queue, event.held_by, at, 1, run_.record(event.held_by).start, to});
        return event.held_by;
      }
      if (const BurstEvent* burst = burst_of(event); burst != nullptr && (first || bound_by_fetch(at))) {
        add({ChainLink::Kind::fetch, -1, -1, 1, burst->request, to});
        return -1;
      }
      if (first) {
        add({ChainLink::Kind::decode, -1, -1, 1, run_.doorbell(run_.record(at).image), to});
        return -1;
      }
    }
  }

  std::vector<ChainLink> links;

 private:
  struct Released {
    std::int32_t record = -1;  // -1: no record did
    Cycles at = 0;
  };
  // What released the start of a record, and when; what the dispatcher did is added on the way.
  Released before_start(std::int32_t record) {
    const InstructionRecord& r = run_.record(record);
    if (r.release != Release::dispatch) return {r.released_by, r.start};
    const std::int32_t holder = because_of_dispatch(record, r.start);
    if (holder < 0 || run_.record(holder).start <= since_) return {};
    return before_start(holder);
  }

  // The words of `record` came later than the dispatcher could have read them.
  [[nodiscard]] bool bound_by_fetch(std::int32_t record) const {
    return run_.dispatch(record).available > run_.dispatch(record - 1).read + 1;
  }

  // The fetch burst that brought an instruction's last word; none: it was on chip.
  [[nodiscard]] const BurstEvent* burst_of(const DispatchEvent& event) const {
    const std::vector<BurstEvent>& bursts = run_.run().bursts;
    auto at = std::lower_bound(bursts.begin(), bursts.end(), event.available - 1,
                               [](const BurstEvent& burst, Cycles cycle) { return burst.last_beat < cycle; });
    for (; at != bursts.end() && at->last_beat == event.available - 1; ++at) {
      if (at->port == MemoryPort::fetch) return &*at;
    }
    return nullptr;
  }

  // Instructions of one unit and layer that follow on one another are one link.
  void add(const ChainLink& link) {
    const bool runs = link.kind == ChainLink::Kind::work || link.kind == ChainLink::Kind::transfer;
    if (runs && !links.empty() && links.back().kind == link.kind) {
      ChainLink& last = links.back();
      const InstructionRecord &a = run_.record(last.first), &b = run_.record(link.first);
      if (a.unit == b.unit && a.layer == b.layer && a.image == b.image) {
        last.first = link.first;
        last.from = link.from;
        ++last.count;
        return;
      }
    }
    links.push_back(link);
  }

  const RecordedRun& run_;
  Cycles since_;
};

}  // namespace

std::vector<ChainLink> chain_of(const RecordedRun& run, const IntervalEvent& interval) {
  Walk walk(run, interval.from);
  const bool dispatch = interval.activity == Activity::stall_dispatch || interval.activity == Activity::idle;
  if (interval.record < 0 || interval.activity == Activity::busy) return {};
  if (!dispatch) {
    walk.because_of(interval.waited_for, interval.to);
  } else if (const std::int32_t holder = walk.because_of_dispatch(interval.record, interval.to);
             holder >= 0 && run.record(holder).start > interval.from) {
    walk.because_of_start(holder);
  }
  return walk.links;
}

std::vector<ChainLink> critical_chain(const RecordedRun& run) {
  Walk walk(run, -1);
  if (!run.critical().empty()) walk.because_of(run.critical().back(), run.cycles());
  return walk.links;
}

std::vector<ChainLink> chain_to_start(const RecordedRun& run, std::int32_t record, Cycles since) {
  Walk walk(run, since);
  walk.because_of_start(record);
  return walk.links;
}

}  // namespace blendsim

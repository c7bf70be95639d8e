// SPDX-License-Identifier: Apache-2.0
// The chain of present causes: each line is what the recording says of this cycle, none of it is worked out anew.
#include <fmt/format.h>

#include <algorithm>

#include "debug/show.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

class Chain {
 public:
  explicit Chain(const Bench& bench) : bench_(bench), phase_(bench.now.phase), line_(bench.line()), at_(bench.now.at) {}

  // A unit that the chain of one before has come to is not said again.
  std::string of(std::span<const UnitId> units) {
    for (const UnitId unit : units) {
      depth_ = 0;
      if (std::find(seen_.begin(), seen_.end(), unit) == seen_.end()) say_unit(unit);
    }
    return text_;
  }

 private:
  void say(const std::string& what) { text_ += std::string(2 * depth_, ' ') + what + '\n'; }

  std::string why_idle(UnitId unit) const {
    const auto records = line_.instructions(unit);
    if (records.empty()) return "it has no instruction";
    const InstructionRecord& first = line_.record(records.front());
    if (at_ < first.start)
      return fmt::format("its first instruction, {}, starts in cycle {}", described(bench_, phase_, records.front()),
                         grouped(first.start));
    return fmt::format("its last instruction, {}, has ended in cycle {}", described(bench_, phase_, records.back()),
                       grouped(line_.record(records.back()).end));
  }

  void say_unit(UnitId unit) {
    const IntervalEvent* interval = line_.interval(unit, at_);
    if (interval == nullptr || interval->activity == Activity::idle) {
      return say(fmt::format("{} is idle: {}", name(unit), why_idle(unit)));
    }
    if (interval->activity == Activity::busy) {
      return say(fmt::format("{} is busy with {} until cycle {}", name(unit),
                             described(bench_, phase_, interval->record), grouped(interval->to - 1)));
    }
    say(fmt::format("{} waits {} cycles, {} to {}: {} waits for {}", name(unit), grouped(interval->to - interval->from),
                    grouped(interval->from), grouped(interval->to - 1), described(bench_, phase_, interval->record),
                    awaited(bench_, *interval)));
    if (std::find(seen_.begin(), seen_.end(), unit) != seen_.end()) return;
    seen_.push_back(unit);
    ++depth_;
    if (interval->activity == Activity::stall_dispatch) say_dispatch(interval->record);
    else if (interval->waited_for >= 0) say_record(interval->waited_for);
  }

  // How far the record is that somebody waits for.
  void say_record(std::int32_t index) {
    const InstructionRecord& record = line_.record(index);
    const std::string what = described_with_unit(bench_, phase_, index);
    if (record.end < at_)
      return say(fmt::format("{} ended in cycle {}: its token is on its way", what, grouped(record.end)));
    if (record.start <= at_) {
      say(fmt::format("{} runs, {} to {}", what, grouped(record.start), grouped(record.end)));
      return say_bursts(index);
    }
    const auto queue = line_.queued(record.unit, at_);
    const auto place = std::find(queue.begin(), queue.end(), index);
    if (place == queue.end()) {
      say(fmt::format("{} is not in its queue yet; it starts in cycle {}", what, grouped(record.start)));
      ++depth_;
      return say_dispatch(index);
    }
    const auto before = place - queue.begin();
    say(fmt::format("{} is in its queue {}; it starts in cycle {}", what,
                    before == 0 ? "at the head" : fmt::format("behind {} other{}", before, before == 1 ? "" : "s"),
                    grouped(record.start)));
    ++depth_;
    say_unit(record.unit);
  }

  // The present transfer of a load or store.
  void say_bursts(std::int32_t index) {
    std::int32_t open = 0;
    for (const BurstEvent* burst : line_.bursts(at_)) {
      if (burst->record != index) continue;
      ++open;
      if (open > 1) continue;
      ++depth_;
      say(fmt::format("its oldest burst at hand: {} bytes at {:#x}, requested in {}, granted in {}{}, last beat in {}",
                      burst->bytes, burst->address, grouped(burst->request), grouped(burst->grant),
                      burst->row_hit ? "" : " (row miss)", grouped(burst->last_beat)));
    }
  }

  void say_dispatch(std::int32_t wanted) {
    const DispatchEvent* next = line_.dispatching(at_);
    if (next == nullptr) return;
    const auto behind = wanted - next->record;
    const std::string where = behind <= 0 ? std::string("it")
                                          : fmt::format("{} instructions before it, at {}", behind,
                                                        described_with_unit(bench_, phase_, next->record));
    if (at_ < next->available) {
      return say(fmt::format("the dispatcher waits for the words of {}: they are there in cycle {}", where,
                             grouped(next->available)));
    }
    if (next->held == 0 || at_ < next->written - next->held) {
      return say(fmt::format("the dispatcher is {}, which enters its queue in cycle {}", behind <= 0 ? "at it" : where,
                             grouped(next->written)));
    }
    const UnitId holder = line_.record(next->held_by).unit;
    say(fmt::format("the dispatcher is {}, held until cycle {}: the queue of {} is full", behind <= 0 ? "at it" : where,
                    grouped(next->written), name(holder)));
    ++depth_;
    say_unit(holder);
  }

  const Bench& bench_;
  Phase phase_;
  const Timeline& line_;
  Cycles at_;
  std::string text_;
  std::size_t depth_ = 0;
  std::vector<UnitId> seen_;
};

}  // namespace

std::string why_now(const Bench& bench, std::span<const UnitId> units) { return Chain(bench).of(units); }

}  // namespace blendsim::debug

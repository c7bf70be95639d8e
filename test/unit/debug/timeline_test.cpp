// SPDX-License-Identifier: Apache-2.0
// Any cycle of a recorded run, against what the run's records and the rules of time say of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "test/unit/debug/recorded_run.h"
#include "units/dram/law.h"

namespace blendsim::test {
namespace {

using debug::Timeline;

TEST(Timeline, EveryCycleOfAUnitAddsUpToItsAccount) {
  const RecordedRun& run = tiny();
  const Timeline line(run.recording.main());
  for (const UnitId unit : all_units) {
    UnitCycles account;
    for (Cycles c = 0; c < run.run.cycles; ++c) {
      const IntervalEvent* interval = line.interval(unit, c);
      ASSERT_NE(interval, nullptr);
      ASSERT_LE(interval->from, c);
      ASSERT_LT(c, interval->to);
      ++account[interval->activity];
    }
    EXPECT_EQ(account, run.run.units[static_cast<std::size_t>(index(unit))]) << name(unit);
  }
}

TEST(Timeline, QueuesAndRunningInstructionsAreThoseOfTheRecords) {
  const RecordedRun& run = tiny();
  const Timeline line(run.recording.main());
  for (Cycles c = 0; c <= run.run.cycles; c += 7) {
    for (const UnitId unit : all_units) {
      std::vector<std::int32_t> running, queued;
      for (std::size_t r = 0; r < run.run.records.size(); ++r) {
        const InstructionRecord& record = run.run.records[r];
        if (record.unit != unit) continue;
        if (record.start <= c && c <= record.end) running.push_back(static_cast<std::int32_t>(r));
        // It entered in the cycle before that in which it could be seen, and leaves with its start.
        if (record.visible - 1 <= c && c < record.start) queued.push_back(static_cast<std::int32_t>(r));
      }
      EXPECT_THAT(line.running(unit, c), testing::ElementsAreArray(running)) << name(unit) << " in " << c;
      EXPECT_THAT(line.queued(unit, c), testing::ElementsAreArray(queued)) << name(unit) << " in " << c;
    }
  }
}

// A link's counter: what its producers have posted with their ends, less what its consumers have taken at their starts.
TEST(Timeline, TokensOfALinkArePostsLessTakes) {
  const RecordedRun& run = tiny();
  const Timeline line(run.recording.main());
  const std::vector<Instruction> program = decode(run.compiled.program.main);
  for (Cycles c = 0; c <= run.run.cycles; c += 13) {
    std::map<std::array<int, 3>, int> expected, told;
    for (const InstructionRecord& record : run.run.records) {
      const Synchronisation& sync = sync_of(program[static_cast<std::size_t>(record.instruction)]);
      const int unit = index(record.unit);
      for (int other = 0; other < unit_count; ++other) {
        const std::uint32_t bit = 1U << other;
        if (record.end <= c && (sync.post_data & bit) != 0) ++expected[{0, unit, other}];
        if (record.end <= c && (sync.post_space & bit) != 0) ++expected[{1, unit, other}];
        if (record.start <= c && (sync.wait_data & bit) != 0) --expected[{0, other, unit}];
        if (record.start <= c && (sync.wait_space & bit) != 0) --expected[{1, other, unit}];
      }
    }
    std::erase_if(expected, [](const auto& link) { return link.second == 0; });
    for (const TokenEvent* token : line.tokens(c)) {
      ++told[{token->kind == TokenKind::data ? 0 : 1, index(token->producer), index(token->consumer)}];
    }
    ASSERT_EQ(told, expected) << "cycle " << c;
  }
}

// The law of rule 8, fed with the recorded bursts in the order of their grants.
class Replay {
 public:
  explicit Replay(const MachineParameters& machine)
      : memory_(machine.memory),
        to_memory_(machine.clock_hz, machine.memory.timing.clock_hz, machine.memory.sync),
        to_accelerator_(machine.memory.timing.clock_hz, machine.clock_hz, machine.memory.sync),
        channels_(static_cast<std::size_t>(machine.memory.channels)) {
    for (DramChannel& channel : channels_) channel.reset(memory_.timing);
  }
  void serve_burst(const BurstEvent& burst) {
    const Cycles complete =
        burst.write ? burst.first_beat + ceil_divide(burst.bytes, memory_.bus_bytes()) - 1 : burst.request;
    const DramService service = serve(channels_[static_cast<std::size_t>(burst.channel)], memory_,
                                      {burst.address, burst.bytes, burst.write}, to_memory_.visible(complete));
    EXPECT_EQ(to_accelerator_.visible(service.grant), burst.grant) << "the replay is another run";
  }
  // Banks after everything served, with the refreshes that are due until accelerator cycle `at`.
  [[nodiscard]] std::vector<DramBank> banks(std::size_t channel, Cycles at) const {
    DramChannel copy = channels_[channel];
    const std::int64_t until = to_memory_.ceil_scaled(at);
    while (copy.next_refresh <= until) refresh_until(copy, memory_.timing, copy.next_refresh);
    return copy.banks;
  }
  // The cycles in which a refresh that is due waits for its precharge.
  [[nodiscard]] bool refreshes_about(std::size_t channel, Cycles at) const {
    constexpr std::int64_t longest_wait = 100;
    const std::int64_t now = to_memory_.ceil_scaled(at), due = channels_[channel].next_refresh;
    return std::llabs((now - due) % memory_.timing.refi) < longest_wait;
  }

 private:
  MemoryParameters memory_;
  ClockCrossing to_memory_, to_accelerator_;
  std::vector<DramChannel> channels_;
};

// Right before each grant: the commands of the channel's burst before are over, those of the next have not begun.
TEST(Timeline, OpenRowsAreThoseOfTheMemorysLaw) {
  RecordedRun& run = tiny();
  const MachineParameters& machine = run.compiled.platform.machine;
  int open = 0, closed = 0;
  for (const PhaseRecording* phase : {&run.recording.init(), &run.recording.main()}) {
    const Timeline line(*phase);
    std::vector<BurstEvent> bursts = phase->bursts;
    std::stable_sort(bursts.begin(), bursts.end(),
                     [](const BurstEvent& a, const BurstEvent& b) { return a.grant < b.grant; });
    Replay replay(machine);
    for (const BurstEvent& burst : bursts) {
      const Cycles at = burst.grant - machine.memory.sync - 2;
      const auto channel = static_cast<std::size_t>(burst.channel);
      if (!replay.refreshes_about(channel, at)) {
        const std::vector<DramBank> banks = replay.banks(channel, at);
        for (std::size_t bank = 0; bank < banks.size(); ++bank) {
          EXPECT_EQ(line.row(channel, bank, at).row, banks[bank].open_row) << "bank " << bank << " in cycle " << at;
          ++(banks[bank].open_row >= 0 ? open : closed);
        }
      }
      replay.serve_burst(burst);
    }
  }
  EXPECT_GT(open, 100);
  EXPECT_GT(closed, 100);
}

TEST(Timeline, ABurstIsAtHandFromItsRequestToItsLastBeat) {
  const RecordedRun& run = tiny();
  const Timeline line(run.recording.main());
  for (Cycles c = 0; c <= run.run.cycles; c += 3) {
    const auto expected = std::count_if(run.recording.main().bursts.begin(), run.recording.main().bursts.end(),
                                        [c](const BurstEvent& b) { return b.request <= c && c <= b.last_beat; });
    ASSERT_EQ(static_cast<std::ptrdiff_t>(line.bursts(c).size()), expected) << "cycle " << c;
  }
}

TEST(Timeline, TheDispatcherIsAtTheFirstInstructionThatIsInNoQueue) {
  const RecordedRun& run = tiny();
  const Timeline line(run.recording.main());
  for (Cycles c = 0; c <= run.run.cycles; c += 11) {
    const auto next = std::find_if(run.run.records.begin(), run.run.records.end(),
                                   [c](const InstructionRecord& record) { return record.visible - 1 > c; });
    const DispatchEvent* told = line.dispatching(c);
    if (next == run.run.records.end()) {
      EXPECT_EQ(told, nullptr);
    } else {
      ASSERT_NE(told, nullptr);
      EXPECT_EQ(told->record, next - run.run.records.begin());
    }
  }
}

}  // namespace
}  // namespace blendsim::test

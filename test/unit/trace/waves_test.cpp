// SPDX-License-Identifier: Apache-2.0
// Waves against the run's records; test/conformance/machine/waves_test.cpp lays them over the RTL's.
#include <gmock/gmock.h>

#include "test/trace/vcd_reader.h"
#include "trace/queue_state.h"
#include "trace/waveform.h"
#include "traced_run.h"

namespace blendsim::test {
namespace {

// Keeps what is written.
struct Notes {
  std::vector<std::string> lines;
};
class NotingWriter final : public WaveWriter {
 public:
  explicit NotingWriter(Notes& notes) : notes_(notes) {}
  void open_scope(std::string_view) override {}
  void close_scope() override {}
  Signal declare_bits(std::string_view, int) override { return count_++; }
  Signal declare_text(std::string_view) override { return count_++; }
  void end_declarations() override {}
  void time(Cycles at) override { notes_.lines.push_back("#" + std::to_string(at)); }
  void set(Signal signal, std::uint64_t value) override {
    notes_.lines.push_back(std::to_string(signal) + "=" + std::to_string(value));
  }
  void set_text(Signal signal, std::string_view text) override {
    notes_.lines.push_back(std::to_string(signal) + "=" + std::string(text));
  }
  void pause() override { notes_.lines.emplace_back("pause"); }
  void resume() override { notes_.lines.emplace_back("resume"); }
  std::int64_t bytes() const override { return 0; }
  void close() override { notes_.lines.emplace_back("close"); }

 private:
  Notes& notes_;
  Signal count_ = 0;
};

using testing::ElementsAre;

TEST(Waveform, WritesInOrderWhatWasToldOutOfOrder) {
  Notes notes;
  Waveform wave(std::make_unique<NotingWriter>(notes), [](std::uint32_t) {});
  const auto a = wave.bits("a", 1), b = wave.bits("b", 4);
  wave.pulse(a, 7);
  wave.add(b, 3, 5);
  wave.pulse(a, 8);  // neighbouring pulses are one
  wave.add(b, 9, -5);
  wave.settle(8);
  EXPECT_THAT(notes.lines, ElementsAre("#3", "resume", "0=0", "1=5", "#7", "0=1"));
  wave.close(12);
  EXPECT_THAT(notes.lines, ElementsAre("#3", "resume", "0=0", "1=5", "#7", "0=1", "#9", "0=0", "1=0", "#12", "close"));
}

TEST(Waveform, WritesWithinItsGatesAndAllValuesWhenTheyOpen) {
  Notes notes;
  Waveform wave(std::make_unique<NotingWriter>(notes), [](std::uint32_t) {});
  const auto a = wave.bits("a", 8);
  const auto gate = wave.gate();
  wave.add(gate, 10, 1), wave.add(gate, 21, -1);
  wave.add(a, 2, 3), wave.add(a, 15, 1), wave.add(a, 30, 1);
  wave.close(40);
  EXPECT_THAT(notes.lines, ElementsAre("#10", "resume", "0=3", "#15", "0=4", "#21", "pause", "close"));
}

TEST(Waveform, DerivesFromWhatChanged) {
  Notes notes;
  Waveform::Signal count = 0, empty = 0;
  Waveform* self = nullptr;
  Waveform wave(std::make_unique<NotingWriter>(notes), [&](std::uint32_t owners) {
    EXPECT_EQ(owners, 1U << 2);
    self->derive(empty, self->value(count) == 0 ? 1 : 0);
  });
  self = &wave;
  count = wave.bits("count", 4, 2);
  empty = wave.bits("empty", 1, -1, 1);
  const auto other = wave.bits("other", 1);
  wave.add(count, 1, 2), wave.add(count, 4, -1), wave.add(other, 5, 1), wave.add(count, 6, -1);
  wave.close(6);
  EXPECT_THAT(notes.lines,
              ElementsAre("#1", "resume", "0=2", "1=0", "2=0", "#4", "0=1", "#5", "2=1", "#6", "0=0", "1=1", "close"));
}

// rtl/queue_unit.sv: what enters an empty queue, or one whose only entry starts, goes to the head.
TEST(QueueState, KeepsTheOldestInTheHeadAndTheOthersInTheRing) {
  QueueState queue(3);
  queue.enter(1), queue.edge();
  EXPECT_EQ(queue.head(), 1U);
  queue.enter(2), queue.edge();
  queue.enter(3), queue.edge();
  EXPECT_EQ(queue.count(), 3);
  EXPECT_EQ(queue.head(), 1U);
  queue.start(), queue.edge();
  EXPECT_EQ(queue.head(), 2U);
  queue.start(), queue.enter(4), queue.edge();
  EXPECT_EQ(queue.head(), 3U);
  queue.start(), queue.edge();
  queue.start(), queue.enter(5), queue.edge();
  EXPECT_EQ(queue.head(), 5U);
  queue.start(), queue.edge();
  EXPECT_EQ(queue.count(), 0);
  EXPECT_EQ(queue.head(), 3U) << "an empty queue's head is what the ring held where it is read next";
}

// Times in which a signal is 1.
std::vector<Cycles> pulses(const VcdSignal& signal) {
  std::vector<Cycles> out;
  const auto changes = signal.distinct(1'000'000'000);
  for (std::size_t n = 0; n < changes.size(); ++n) {
    if (changes[n].second != "1") continue;
    for (Cycles at = changes[n].first; n + 1 < changes.size() && at < changes[n + 1].first; ++at) out.push_back(at);
  }
  return out;
}

TEST(VcdTrace, StartsAndEndsAreTheRecords) {
  const TracedRun traced = traced_run(".vcd", {}, 2);
  const Vcd vcd = read_vcd(traced.file);
  EXPECT_EQ(vcd.end, traced.run.cycles);
  for (std::size_t u = 0; u < unit_count; ++u) {
    std::vector<Cycles> starts, ends;
    for (const InstructionRecord& record : traced.run.records) {
      if (static_cast<std::size_t>(record.unit) != u) continue;
      starts.push_back(record.start);
      ends.push_back(record.end);
    }
    const std::string scope = "machine.queue[" + std::to_string(u) + "].unit.";
    EXPECT_EQ(pulses(vcd.signals.at(scope + "start")), starts);
    EXPECT_EQ(pulses(vcd.signals.at(scope + "done")), ends);
  }
}

TEST(VcdTrace, SaysInWordsWhatEachUnitDoes) {
  const TracedRun traced = traced_run(".vcd");
  const Vcd vcd = read_vcd(traced.file);
  std::map<std::string, Cycles> sums;
  for (std::size_t u = 0; u < unit_count; ++u) {
    const auto changes =
        vcd.signals.at("model." + std::string(unit_names[u]) + ".activity").distinct(traced.run.cycles);
    UnitCycles account;
    for (std::size_t n = 0; n < changes.size(); ++n) {
      const Cycles until = n + 1 < changes.size() ? changes[n + 1].first : traced.run.cycles;
      const auto name = std::find(activity_names.begin(), activity_names.end(), changes[n].second);
      ASSERT_NE(name, activity_names.end()) << changes[n].second;
      account[static_cast<Activity>(name - activity_names.begin())] += until - changes[n].first;
    }
    EXPECT_EQ(account, traced.run.units[u]) << unit_names[u];
  }
}

TEST(VcdTrace, OfAWindowBeginsWithAllValuesAndEndsWithNone) {
  const TracedRun whole = traced_run(".vcd");
  const Vcd all = read_vcd(whole.file);
  const TracedRun part = traced_run(".vcd", with_window({.cycles = {500, 900}}));
  const Vcd some = read_vcd(part.file);
  for (const auto& [path, signal] : some.signals) {
    ASSERT_FALSE(signal.changes.empty()) << path;
    EXPECT_EQ(signal.changes.front().first, 500) << path;
    std::string before;
    for (const auto& [time, value] : all.signals.at(path).changes) {
      if (time <= 500) before = value;
    }
    EXPECT_EQ(signal.changes.front().second, before) << path;
    EXPECT_EQ(signal.changes.back().first, 901) << path << ": x from here on";
  }
}

TEST(Waves, StopBelowTheirLimit) {
  for (const char* ending : {".vcd", ".fst"}) {
    TraceOptions options;
    options.limit = 1'000'000;
    const TracedRun traced = traced_run(ending, options, 200);
    ASSERT_TRUE(traced.stopped.has_value()) << ending;
    EXPECT_LE(traced.bytes, options.limit) << ending;
    EXPECT_GT(traced.bytes, options.limit * 4 / 5) << ending << " could hold more";
    EXPECT_LT(traced.stopped->at, traced.run.cycles);
  }
}

TEST(Waves, OfEqualRunsAreEqualFiles) {
  for (const char* ending : {".vcd", ".fst", ".pftrace", ".npy", ".sqlite"}) {
    const auto bytes = [](const std::string& file) {
      std::ifstream in(file, std::ios::binary);
      return std::string((std::istreambuf_iterator<char>(in)), {});
    };
    const std::string first = bytes(traced_run(ending).file), second = bytes(traced_run(ending).file);
    EXPECT_GT(first.size(), 1000U);
    EXPECT_EQ(first, second) << ending;
  }
}

}  // namespace
}  // namespace blendsim::test

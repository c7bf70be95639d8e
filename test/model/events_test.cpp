// SPDX-License-Identifier: Apache-2.0
// The event stream against the run that it tells of: same stamps, same accounts, in order of time.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>

#include "result/recording.h"
#include "test/model/compiled_network.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

// Keeps all that it hears, of each phase.
struct Notes : EventConsumer {
  struct OfPhase {
    std::vector<IntervalEvent> intervals;
    std::vector<DispatchEvent> dispatches;
    std::vector<TokenEvent> tokens;
    std::vector<BurstEvent> bursts;
    std::vector<RowEvent> rows;
    std::vector<std::pair<std::int32_t, InstructionRecord>> starts, fronts, ends;
    std::vector<PhaseEvent> phases;
    std::vector<Cycles> order;
    std::vector<std::int32_t> executed;
  };
  std::array<OfPhase, 2> phases;
  Phase phase = Phase::main;

  OfPhase& now() { return phases[static_cast<std::size_t>(phase)]; }
  const OfPhase& main() const { return phases[1]; }
  const OfPhase& init() const { return phases[0]; }

  void on_phase(const PhaseEvent& e) override {
    phase = e.phase;
    now().phases.push_back(e);
    now().order.push_back(e.at);
  }
  void on_dispatch(const DispatchEvent& e, const InstructionRecord&) override {
    now().dispatches.push_back(e);
    now().order.push_back(e.written);
  }
  void on_interval(const IntervalEvent& e) override { now().intervals.push_back(e); }
  void on_token(const TokenEvent& e) override {
    now().tokens.push_back(e);
    now().order.push_back(e.taken);
  }
  void on_start(std::int32_t i, const InstructionRecord& r) override {
    now().starts.emplace_back(i, r);
    now().order.push_back(r.start);
  }
  void on_front_free(std::int32_t i, const InstructionRecord& r) override {
    now().fronts.emplace_back(i, r);
    now().order.push_back(r.front_free);
  }
  void on_end(std::int32_t i, const InstructionRecord& r) override {
    now().ends.emplace_back(i, r);
    now().order.push_back(r.end);
  }
  void on_burst(const BurstEvent& e) override {
    now().bursts.push_back(e);
    now().order.push_back(e.last_beat);
  }
  void on_row(const RowEvent& e) override { now().rows.push_back(e); }
  void on_execute(const ExecuteEvent& e, const InstructionRecord&) override { now().executed.push_back(e.record); }
};

// Of each unit the intervals follow each other from 0 to the end; their sums are the account.
void expect_accounts(const Notes::OfPhase& notes, Cycles end, const std::array<UnitCycles, unit_count>* accounts) {
  std::array<UnitCycles, unit_count> sums{};
  std::array<std::vector<IntervalEvent>, unit_count> of_unit;
  for (const IntervalEvent& e : notes.intervals) of_unit[static_cast<std::size_t>(index(e.unit))].push_back(e);
  for (std::size_t u = 0; u < of_unit.size(); ++u) {
    std::stable_sort(of_unit[u].begin(), of_unit[u].end(),
                     [](const IntervalEvent& a, const IntervalEvent& b) { return a.from < b.from; });
    Cycles cursor = 0;
    for (const IntervalEvent& e : of_unit[u]) {
      ASSERT_EQ(e.from, cursor) << unit_names[u];
      ASSERT_LT(e.from, e.to) << unit_names[u];
      cursor = e.to;
      sums[u][e.activity] += e.to - e.from;
    }
    EXPECT_EQ(cursor, end) << unit_names[u];
    if (accounts != nullptr) {
      EXPECT_EQ(sums[u], (*accounts)[u]) << unit_names[u];
    }
  }
}

void expect_records(const Notes::OfPhase& notes, const std::vector<InstructionRecord>& records) {
  for (const auto* list : {&notes.starts, &notes.fronts, &notes.ends}) {
    std::vector<int> seen(records.size());
    for (const auto& [index, record] : *list) ++seen[static_cast<std::size_t>(index)];
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(records.size()));
  }
  for (const auto& [index, record] : notes.ends) ASSERT_EQ(record, records[static_cast<std::size_t>(index)]);
  ASSERT_EQ(notes.dispatches.size(), records.size());
  for (const DispatchEvent& e : notes.dispatches) {
    const InstructionRecord& record = records[static_cast<std::size_t>(e.record)];
    ASSERT_EQ(e.written + 1, record.visible);
    ASSERT_LE(e.available, e.read);
    if (e.held > 0) {
      ASSERT_EQ(e.held_by, record.held_by);
    }
  }
}

// Every wait of a start is a token taken, posted at its producer's end.
void expect_tokens(const Notes::OfPhase& notes, const std::vector<InstructionRecord>& records, std::size_t waits) {
  EXPECT_EQ(notes.tokens.size(), waits);
  for (const TokenEvent& e : notes.tokens) {
    const InstructionRecord& producer = records[static_cast<std::size_t>(e.posted_by)];
    const InstructionRecord& consumer = records[static_cast<std::size_t>(e.taken_by)];
    ASSERT_EQ(producer.unit, e.producer);
    ASSERT_EQ(consumer.unit, e.consumer);
    ASSERT_EQ(e.posted, producer.end);
    ASSERT_EQ(e.taken, consumer.start);
    ASSERT_LT(e.posted, e.visible);
    ASSERT_LE(e.visible, e.taken);
  }
}

std::size_t waits_of(const std::vector<Word>& words) {
  std::size_t sum = 0;
  for (const Instruction& i : decode(words)) {
    const Synchronisation& sync = sync_of(i);
    sum += static_cast<std::size_t>(std::popcount(sync.wait_data) + std::popcount(sync.wait_space));
  }
  return sum;
}

TEST(Events, TellOfARunOfANetworkWhatItsAccountsAndRecordsSay) {
  const CompiledNetwork network = small_blend("zu3eg");
  const std::vector<std::vector<std::int32_t>> images{network.image(1), network.image(2)};
  const auto silent = network.run(images, {});
  Notes notes, again;
  RunOptions options;
  options.consumers = {&notes, &again};
  const auto run = network.run(images, options);  // the machine is warm: init is run all the same
  EXPECT_EQ(run.records, silent.records);
  EXPECT_EQ(run.units, silent.units);
  EXPECT_EQ(run.outputs, silent.outputs);
  EXPECT_EQ(run.init_cycles, silent.init_cycles);

  EXPECT_TRUE(std::is_sorted(notes.main().order.begin(), notes.main().order.end()));
  EXPECT_TRUE(std::is_sorted(notes.init().order.begin(), notes.init().order.end()));
  expect_accounts(notes.main(), run.cycles, &run.units);
  expect_accounts(notes.init(), run.init_cycles, nullptr);
  expect_records(notes.main(), run.records);
  expect_tokens(notes.main(), run.records, 2 * waits_of(network.program.main));
  EXPECT_EQ(notes.main().executed.size(), run.records.size());
  EXPECT_EQ(notes.init().starts.size(), decode(network.program.init).size());

  std::int64_t read = 0, written = 0, hits = 0;
  for (const BurstEvent& e : notes.main().bursts) {
    (e.write ? written : read) += e.bytes;
    hits += e.row_hit ? 1 : 0;
    ASSERT_LE(e.request, e.grant);
    ASSERT_LE(e.first_beat, e.last_beat);
    ASSERT_GE(e.bank, 0);
  }
  EXPECT_EQ(static_cast<std::int64_t>(notes.main().bursts.size()), run.memory.bursts);
  EXPECT_EQ(read, run.memory.read_bytes);
  EXPECT_EQ(written, run.memory.write_bytes);
  EXPECT_EQ(hits, run.memory.row_hits);
  const auto opened =
      std::count_if(notes.main().rows.begin(), notes.main().rows.end(), [](const RowEvent& e) { return e.row >= 0; });
  EXPECT_EQ(opened, run.actions[unit_count][Action::dram_activate]);
  EXPECT_EQ(again.main().order, notes.main().order) << "every consumer hears the same";
}

TEST(Recording, KeepsWhatWasTold) {
  const CompiledNetwork network = small_blend("zu3eg");
  Notes notes;
  Recording recording;
  RunOptions options;
  options.values = false;
  options.consumers = {&recording, &notes};
  for (int again = 0; again < 2; ++again) {  // a second run replaces the first
    notes = {};
    const auto run = network.run({}, options);
    EXPECT_EQ(recording.main().records, run.records);
    EXPECT_EQ(recording.main().end, run.cycles);
    EXPECT_EQ(recording.init().end, run.init_cycles);
    EXPECT_EQ(recording.main().completions, run.completions);
    EXPECT_EQ(recording.main().doorbells, std::vector<Cycles>{0});
    EXPECT_EQ(recording.main().intervals.size(), notes.main().intervals.size());
    EXPECT_EQ(recording.init().bursts.size(), notes.init().bursts.size());
    EXPECT_EQ(recording.main().tokens.size(), notes.main().tokens.size());
    EXPECT_EQ(recording.main().dispatches.size(), run.records.size());
  }
}

TEST(Events, BeginAndEndEachPhaseAndImage) {
  const CompiledNetwork network = small_blend("zu3eg");
  Notes notes;
  RunOptions options;
  options.values = false;
  options.consumers = {&notes};
  const auto run = network.run(std::vector<std::vector<std::int32_t>>(3), options);
  std::vector<PhaseEvent::Kind> kinds;
  std::vector<Cycles> completions;
  for (const PhaseEvent& e : notes.main().phases) {
    kinds.push_back(e.kind);
    if (e.kind == PhaseEvent::Kind::completion) completions.push_back(e.at);
  }
  using enum PhaseEvent::Kind;
  EXPECT_EQ(kinds, (std::vector{begin, doorbell, completion, doorbell, completion, doorbell, completion, end}));
  EXPECT_EQ(completions, run.completions);
  EXPECT_EQ(notes.main().phases.front().images, 3);
  EXPECT_TRUE(notes.main().executed.empty()) << "no value is computed";
}

// Rule 9 with the record behind each cause.
TEST(Events, NameWhatAWaitWaitedFor) {
  Notes notes;
  RunOptions options;
  options.consumers = {&notes};
  (void)run_steps(simple_machine(),
                  {load(0, 16).post(UnitId::xnor_array), xnor(10).wait(UnitId::load).post(UnitId::post_unit),
                   post_step(5).wait(UnitId::xnor_array).post_space(UnitId::xnor_array),
                   xnor(10).wait_space(UnitId::post_unit), xnor(1).fence()},
                  options);
  std::map<std::pair<std::int32_t, Activity>, std::int32_t> waited;  // (record, cause): what for
  for (const IntervalEvent& e : notes.main().intervals) {
    if (e.activity != Activity::busy && e.record >= 0) waited[{e.record, e.activity}] = e.waited_for;
  }
  EXPECT_EQ((waited[{1, Activity::stall_memory}]), 0);
  EXPECT_EQ((waited[{2, Activity::stall_dependency}]), 1);
  EXPECT_EQ((waited[{3, Activity::stall_downstream}]), 2);
  EXPECT_EQ((waited[{4, Activity::stall_fence}]), 3);
}

TEST(Events, TellWhoHeldTheDispatcher) {
  MachineParameters m = simple_machine();
  m.dispatcher.queue_depth = 2;
  Notes notes;
  RunOptions options;
  options.consumers = {&notes};
  const auto run = run_steps(m, {mac(50), mac(50), mac(50), mac(50), mac(50)}, options);
  const auto& list = notes.main().dispatches;
  ASSERT_EQ(list.size(), 5U);
  EXPECT_EQ(list[2].held, 0);
  EXPECT_EQ(list[3].held_by, 1);  // its start left a slot
  EXPECT_EQ(list[3].written, run.records[1].start + 1);
  EXPECT_GT(list[3].held, 0);
}

TEST(Events, CountTheRefreshesThatABurstMet) {
  MachineParameters m = simple_machine();
  m.memory.timing.refi = 400;
  Notes notes;
  RunOptions options;
  options.consumers = {&notes};
  const auto run = run_steps(m, {load(0, 4096), load(4096, 4096)}, options);
  std::int64_t met = 0;
  for (const BurstEvent& e : notes.main().bursts) met += e.refreshes;
  EXPECT_GT(met, 0);
  EXPECT_LE(met, run.memory.refreshes);
}

TEST(Events, AreHeardInRunsWithRandomStallsToo) {
  const CompiledNetwork network = small_blend("zu3eg");
  Notes notes;
  RunOptions options;
  options.values = false;
  options.stall_seed = 7;
  options.consumers = {&notes};
  const auto run = network.run({}, options);
  EXPECT_TRUE(std::is_sorted(notes.main().order.begin(), notes.main().order.end()));
  expect_accounts(notes.main(), run.cycles, &run.units);
  expect_records(notes.main(), run.records);
}

}  // namespace
}  // namespace blendsim::test

// SPDX-License-Identifier: Apache-2.0
// What the buffers hold in a cycle, against the machine that computed it and against the tensors that it captured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "test/unit/debug/recorded_run.h"

namespace blendsim::test {
namespace {

using debug::Instant;

const debug::Tensor& tensor_named(RecordedRun& run, const std::string& name) {
  const debug::Tensor* tensor = run.bench().map.tensor(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  return *tensor;
}

// Every layer's tensors when its last instruction has ended, in the order of ends (going on) and against it (back).
void expect_tensors_at_ends(RecordedRun& run) {
  std::map<std::string, Cycles> ends;  // of a layer in the last image
  const auto last = static_cast<std::int32_t>(run.inputs.size()) - 1;
  for (const InstructionRecord& record : run.run.records) {
    Cycles& end = ends[run.compiled.program.layers[static_cast<std::size_t>(record.layer)].name];
    if (record.image == last) end = std::max(end, record.end);
  }
  std::vector<std::pair<Cycles, const LayerResult*>> results;
  for (const LayerResult& result : run.run.tensors.at(static_cast<std::size_t>(last))) {
    const std::int32_t layer = tensor_named(run, result.name).parts.front().layer;
    results.emplace_back(ends.at(run.compiled.program.layers[static_cast<std::size_t>(layer)].name), &result);
  }
  ASSERT_GT(results.size(), 5U);
  std::stable_sort(results.begin(), results.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (int way = 0; way < 2; ++way) {
    for (const auto& [end, result] : results) {
      const auto now = run.bench().values.tensor(tensor_named(run, result->name), end);
      EXPECT_EQ(now.values, result->values) << result->name << " in cycle " << end;
      EXPECT_EQ(now.overwritten_by, -1) << result->name;
      EXPECT_TRUE(std::all_of(now.known.begin(), now.known.end(), [](bool known) { return known; })) << result->name;
    }
    std::reverse(results.begin(), results.end());
  }
}

TEST(Values, BuffersAsTensorsEqualTheMachinesAtEachLayersEndOfNeuroblendTiny) { expect_tensors_at_ends(tiny()); }

TEST(Values, BuffersAsTensorsEqualTheMachinesAtEachLayersEndOfConvnetMixed) {
  RecordedRun run("convnet_mixed");
  expect_tensors_at_ends(run);
}

TEST(Values, BuffersAsTensorsEqualTheMachinesAtEachLayersEndOfMlp) {
  RecordedRun run("mlp_w2a2");
  expect_tensors_at_ends(run);
}

// The machine's buffers, word by word, right after an instruction executed.
class Snapshots : public EventConsumer {
 public:
  explicit Snapshots(const MachineParameters& machine) : machine_(machine) {}
  struct Snapshot {
    Cycles at;
    std::vector<std::uint8_t> fixed;
    std::vector<std::int32_t> accumulators;
    std::vector<std::uint16_t> cells;
  };
  std::map<Cycles, Snapshot> taken;  // the last one of a cycle stands

  void on_phase(const PhaseEvent& event) override { main_ = event.phase == Phase::main; }
  void on_execute(const ExecuteEvent& event, const InstructionRecord&) override {
    if (!main_ || event.record % 5 != 0) {
      taken.erase(event.at);  // more was executed in that cycle
      return;
    }
    const auto words = [&](BufferId id) {
      return static_cast<std::size_t>(machine_.buffer(id).regions * machine_.buffer(id).depth);
    };
    Snapshot snapshot{event.at, {}, {}, {}};
    const std::uint8_t* fixed = event.buffers.fixed_bytes(0, words(BufferId::act_fixed));
    snapshot.fixed.assign(fixed, fixed + words(BufferId::act_fixed) * 16);
    const auto all = event.buffers.accumulators(0, static_cast<std::uint32_t>(words(BufferId::accumulators)));
    snapshot.accumulators.assign(all.begin(), all.end());
    const std::size_t cells =
        words(BufferId::act_binary) * binary_banks * static_cast<std::size_t>(event.buffers.cell_slices());
    snapshot.cells.assign(event.buffers.cells(), event.buffers.cells() + cells);
    taken[event.at] = std::move(snapshot);
  }

 private:
  const MachineParameters& machine_;
  bool main_ = false;
};

// The machine keeps what runs before it left, where this one has written nothing: such words are not compared.
void expect_words(const Snapshots::Snapshot& snapshot, const Buffers& now, const MachineParameters& machine) {
  std::size_t compared = 0;
  const auto is_written = [](auto&& read) {
    try {
      read();
      return true;
    } catch (const DiagnosticError&) {
      return false;
    }
  };
  constexpr std::uint32_t step = 5;  // asking for an unwritten word is slow
  const BufferParameters& fixed = machine.buffer(BufferId::act_fixed);
  for (std::uint32_t a = 0; a < static_cast<std::uint32_t>(fixed.regions * fixed.depth); a += step) {
    if (!is_written([&] { (void)now.fixed(a, 1); })) continue;
    ASSERT_TRUE(std::equal(now.fixed_bytes(a, 1), now.fixed_bytes(a, 1) + 16, snapshot.fixed.begin() + a * 16L))
        << "act_fixed " << a << " in cycle " << snapshot.at;
    ++compared;
  }
  const BufferParameters& sums = machine.buffer(BufferId::accumulators);
  const auto lanes = static_cast<std::size_t>(now.accumulator_lanes());
  for (std::uint32_t a = 0; a < static_cast<std::uint32_t>(sums.regions * sums.depth); a += step) {
    if (!is_written([&] { (void)now.accumulators(a, 1); })) continue;
    const auto word = now.accumulators(a, 1);
    ASSERT_TRUE(
        std::equal(word.begin(), word.end(), snapshot.accumulators.begin() + static_cast<std::ptrdiff_t>(a * lanes)))
        << "accumulators " << a << " in cycle " << snapshot.at;
    ++compared;
  }
  const auto m = static_cast<std::size_t>(now.cell_slices());
  for (std::size_t i = 0; i < snapshot.cells.size() / m; i += step) {
    if (!is_written([&] { now.require_cell(i); })) continue;
    for (std::size_t s = 0; s < m; ++s) ASSERT_EQ(now.cells()[i * m + s], snapshot.cells[i * m + s]) << "cell " << i;
    ++compared;
  }
  EXPECT_GT(compared, 0U);
}

TEST(Values, WordsOfACycleAreTheMachines) {
  RecordedRun& run = tiny();
  Snapshots snapshots(run.compiled.platform.machine);
  RunOptions options;
  options.consumers = {&snapshots};
  (void)run.compiled.run(run.inputs, options);
  ASSERT_GT(snapshots.taken.size(), 10U);
  std::vector<Cycles> cycles;
  for (const auto& [at, snapshot] : snapshots.taken) cycles.push_back(at);
  std::uint32_t seed = 7;
  for (int n = 0; n < 6; ++n) {  // to and fro
    seed = seed * 1664525U + 1013904223U;
    const Cycles at = cycles[(seed >> 8) % cycles.size()];
    expect_words(snapshots.taken.at(at), run.bench().values.buffers({Phase::main, at}), run.compiled.platform.machine);
    if (HasFatalFailure()) return;
  }
}

TEST(Values, ATensorGrowsWithTheInstructionsThatHaveStarted) {
  RecordedRun& run = tiny();
  for (const debug::Tensor& tensor : run.bench().map.tensors()) {
    if (tensor.role != debug::Tensor::Role::result) continue;
    const auto begun = run.bench().values.tensor(tensor, 0);
    const Cycles first = begun.first;
    EXPECT_EQ(begun.written, 0) << tensor.name;
    EXPECT_EQ(run.bench().values.tensor(tensor, first - 1).written, 0) << tensor.name;
    const auto one = run.bench().values.tensor(tensor, first);
    EXPECT_GE(one.written, 1) << tensor.name;
    const auto known = std::count(one.known.begin(), one.known.end(), true);
    EXPECT_GT(known, 0) << tensor.name;
    const auto all = run.bench().values.tensor(tensor, begun.last);
    EXPECT_EQ(all.written, all.writers) << tensor.name;
    EXPECT_EQ(std::count(all.known.begin(), all.known.end(), true), static_cast<std::ptrdiff_t>(all.known.size()));
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      if (one.known[i]) ASSERT_EQ(one.values[i], all.values[i]) << tensor.name << " value " << i;
    }
  }
}

// Some tensor's words become another's: from then on it is called overwritten, and still has the values that it had.
TEST(Values, AnOverwrittenTensorKeepsItsValuesAndNamesWhoOverwroteIt) {
  RecordedRun& run = tiny();
  int overwritten = 0;
  for (const LayerResult& result : run.run.tensors.at(0)) {
    const debug::Tensor& tensor = tensor_named(run, result.name);
    const Cycles end = run.run.completions[0];
    const auto now = run.bench().values.tensor(tensor, end);
    EXPECT_EQ(now.values, result.values) << result.name;
    if (now.overwritten_by < 0) continue;
    ++overwritten;
    const InstructionRecord& by = run.run.records[static_cast<std::size_t>(now.overwritten_by)];
    EXPECT_NE(by.layer, tensor.parts.front().layer);
    EXPECT_EQ(run.bench().values.tensor(tensor, by.start - 1).overwritten_by, -1) << result.name;
    EXPECT_EQ(run.bench().values.tensor(tensor, by.start).overwritten_by, now.overwritten_by) << result.name;
  }
  EXPECT_GT(overwritten, 0);
}

// Of one value of each tensor in a buffer: the instruction at whose start the machine's word became what it is.
TEST(Values, WhoWroteAValueIsTheLastInstructionThatCouldHave) {
  RecordedRun& run = tiny();
  for (const debug::Tensor& tensor : run.bench().map.tensors()) {
    const auto place = tensor.parts.empty() ? std::nullopt : run.bench().map.place(tensor, tensor.channels - 1, 0, 0);
    if (!place) continue;
    const auto complete = run.bench().values.tensor(tensor, 0).last;
    const auto writer = run.bench().values.writer(place->word, {Phase::main, complete});
    ASSERT_TRUE(writer) << tensor.name;
    const InstructionRecord& record = run.run.records[static_cast<std::size_t>(writer->record)];
    EXPECT_EQ(record.layer, tensor.parts.back().layer) << tensor.name;
    const auto before = run.bench().values.tensor(tensor, record.start - 1);
    const auto behind = run.bench().values.tensor(tensor, record.start);
    const std::size_t value = (static_cast<std::size_t>(tensor.channels) - 1) *
                              static_cast<std::size_t>(tensor.height) * static_cast<std::size_t>(tensor.width);
    EXPECT_FALSE(before.known[value]) << tensor.name;
    EXPECT_TRUE(behind.known[value]) << tensor.name;
  }
}

}  // namespace
}  // namespace blendsim::test

// SPDX-License-Identifier: Apache-2.0
// Commands of a session: where they go, forward and back, and what they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "base/diagnostic.h"
#include "debug/command.h"
#include "test/unit/debug/recorded_run.h"

namespace blendsim::test {
namespace {

using debug::Instant;
using testing::HasSubstr;

class DebugSession : public testing::Test {
 protected:
  void SetUp() override {
    run.perform("delete");
    run.perform("undisplay");
    run.perform("goto start");
  }
  // Instants that a command visits until it stays where it is.
  std::vector<Instant> walk(const std::string& command) {
    std::vector<Instant> visited;
    for (Instant before{Phase::main, -1}; before != run.bench().now && visited.size() < 100'000;) {
      before = run.bench().now;
      run.perform(command);
      if (run.bench().now != before) visited.push_back(run.bench().now);
    }
    return visited;
  }
  std::vector<Instant> starts(UnitId unit) const {
    std::vector<Instant> out;
    for (const InstructionRecord& r : run.run.records) {
      if (r.unit == unit) out.push_back({Phase::main, r.start});
    }
    return out;
  }
  std::string refusal(const std::string& line) {
    try {
      run.perform(line);
    } catch (const DiagnosticError& problem) {
      EXPECT_EQ(problem.status(), ExitStatus::bad_usage) << line;
      EXPECT_FALSE(problem.diagnostics().front().hint.empty()) << line;
      return problem.diagnostics().front().message;
    }
    ADD_FAILURE() << "not refused: " << line;
    return {};
  }
  RecordedRun& run = tiny();
};

TEST_F(DebugSession, StepStopsWhereSomethingStartsOrEndsAndBackIsTheSameWay) {
  std::set<Cycles> expected;
  for (const InstructionRecord& r : run.run.records) expected.insert({r.start, r.end});
  for (std::size_t image = 0; image < run.inputs.size(); ++image) {
    expected.insert(run.recording.main().doorbells[image]);
    expected.insert(run.run.completions[image]);
  }
  std::vector<Instant> forward = walk("step");
  std::vector<Instant> wanted;
  for (const Cycles c : expected) {
    if (c > 0) wanted.push_back({Phase::main, c});
  }
  EXPECT_EQ(forward, wanted);
  const std::vector<Instant> back = walk("back");
  forward.pop_back();
  std::reverse(forward.begin(), forward.end());
  ASSERT_GE(back.size(), forward.size());
  EXPECT_TRUE(std::equal(forward.begin(), forward.end(), back.begin()));
  EXPECT_EQ(back.back(), (Instant{Phase::init, 0})) << "init lies before main";
}

TEST_F(DebugSession, StepOfAUnitGoesFromStartToStart) {
  for (const UnitId unit : all_units) {
    run.perform("goto start");
    std::vector<Instant> wanted = starts(unit);
    std::vector<Instant> there = walk("step " + std::string(name(unit)));
    if (!there.empty() && there.back().at == run.run.cycles) there.pop_back();  // the end of all
    EXPECT_EQ(there, wanted) << name(unit);
  }
}

TEST_F(DebugSession, CountsAreThatManySteps) {
  run.perform("step 3");
  const Instant three = run.bench().now;
  run.perform("goto start");
  for (int n = 0; n < 3; ++n) run.perform("s");
  EXPECT_EQ(run.bench().now, three);
  run.perform("back step 3");
  EXPECT_EQ(run.bench().now, (Instant{Phase::main, 0}));
}

TEST_F(DebugSession, NextGoesToWhereALayerBegins) {
  std::map<std::pair<std::int32_t, std::int32_t>, Cycles> begins;
  for (const InstructionRecord& r : run.run.records) {
    const auto at = begins.try_emplace({r.image, r.layer}, r.start).first;
    at->second = std::min(at->second, r.start);
  }
  std::set<Cycles> wanted;
  for (const auto& [layer, at] : begins) wanted.insert(at);
  std::set<Cycles> there;
  for (const Instant& at : walk("next")) there.insert(at.at);
  there.erase(run.run.cycles);
  EXPECT_EQ(there, wanted);
}

TEST_F(DebugSession, FinishGoesToTheEndAndBackToTheBeginning) {
  const ProgramLayer& layer = run.compiled.program.layers[2];
  Cycles start = -1, end = -1;
  for (const InstructionRecord& r : run.run.records) {
    if (r.image != 0 || r.layer != 2) continue;
    start = start < 0 ? r.start : std::min(start, r.start);
    end = std::max(end, r.end);
  }
  run.perform("finish " + layer.name);
  EXPECT_EQ(run.now(), end);
  run.perform("back finish " + layer.name);
  EXPECT_EQ(run.now(), start);
  run.perform("finish");
  EXPECT_EQ(run.now(), run.run.completions[0]);
  EXPECT_THAT(refusal("finish " + layer.name), HasSubstr("has ended"));
  run.perform("goto image 1");
  run.perform("finish");
  EXPECT_EQ(run.now(), run.run.completions[1]);
  run.perform("back finish");
  EXPECT_EQ(run.now(), run.recording.main().doorbells[1]);
}

TEST_F(DebugSession, ContinueStopsAtEveryHitAndComesBackThroughThemAll) {
  EXPECT_THAT(run.perform("break mac_array"), HasSubstr("stop "));
  std::vector<Instant> wanted = starts(UnitId::mac_array);
  std::vector<Instant> there = walk("continue");
  ASSERT_EQ(there.back().at, run.run.cycles);
  there.pop_back();
  EXPECT_EQ(there, wanted);
  std::vector<Instant> back = walk("reverse-continue");
  std::reverse(wanted.begin(), wanted.end());
  ASSERT_GE(back.size(), wanted.size());
  EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), back.begin()));
}

TEST_F(DebugSession, AStallStopsWhereItBegins) {
  std::set<Cycles> wanted;
  for (const IntervalEvent& e : run.recording.main().intervals) {
    if (e.activity != Activity::busy && e.activity != Activity::idle && e.to - e.from >= 40) wanted.insert(e.from);
  }
  ASSERT_GT(wanted.size(), 1U);
  run.perform("break stall 40");
  std::set<Cycles> there;
  for (const Instant& at : walk("c")) there.insert(at.at);
  there.erase(run.run.cycles);
  EXPECT_EQ(there, wanted);
  run.perform("delete");
  run.perform("break stall 40 post_unit");
  run.perform("goto start");
  EXPECT_THAT(run.perform("c"),
              testing::AllOf(HasSubstr("post_unit"), HasSubstr(" waits "), HasSubstr(" cycles for ")));
}

TEST_F(DebugSession, ABreakpointMayBeACycleALayerAnInstructionOrAnImage) {
  const std::int32_t count = static_cast<std::int32_t>(run.run.records.size() / run.inputs.size());
  run.perform("break 100");
  run.perform("break #5");
  run.perform("break layer " + run.compiled.program.layers[3].name);
  run.perform("break image 1");
  std::set<Cycles> wanted = {100, run.recording.main().doorbells[1]};
  for (std::int32_t image = 0; image < 2; ++image) {
    wanted.insert(run.run.records[static_cast<std::size_t>(image * count + 5)].start);
    Cycles first = -1;
    for (const InstructionRecord& r : run.run.records) {
      if (r.image == image && r.layer == 3 && (first < 0 || r.start < first)) first = r.start;
    }
    wanted.insert(first);
  }
  std::set<Cycles> there;
  for (const Instant& at : walk("c")) there.insert(at.at);
  there.erase(run.run.cycles);
  EXPECT_EQ(there, wanted);
}

TEST_F(DebugSession, ATemporaryStopGoesWithItsHitAndADisabledOneDoesNotStop) {
  run.perform("tbreak 50");
  run.perform("break 60");
  run.perform("c");
  EXPECT_EQ(run.now(), 50);
  EXPECT_THAT(run.perform("info stops"), testing::Not(HasSubstr("cycle 50")));
  run.perform("disable");
  run.perform("c");
  EXPECT_EQ(run.now(), run.run.cycles);
  run.perform("enable");
  run.perform("rc");
  EXPECT_EQ(run.now(), 60);
}

// A watch stops where the machine's word becomes another, and nowhere else for such a word.
TEST_F(DebugSession, AWatchStopsWhereTheWordIsWritten) {
  struct Changes : EventConsumer {
    std::vector<std::uint8_t> word;
    std::vector<Cycles> at;
    std::uint32_t address = 0;
    bool main = false;
    void on_phase(const PhaseEvent& e) override { main = e.phase == Phase::main; }
    void on_execute(const ExecuteEvent& e, const InstructionRecord&) override {
      const std::uint8_t* bytes = e.buffers.fixed_bytes(address, 1);
      std::vector<std::uint8_t> now(bytes, bytes + 16);
      if (main && now != word) at.push_back(e.at);
      word = std::move(now);
    }
  };
  for (const std::uint32_t address : {3U, 40U}) {
    Changes changes;
    changes.address = address;
    RunOptions options;
    options.consumers = {&changes};
    (void)run.compiled.run(run.inputs, options);
    ASSERT_FALSE(changes.at.empty());
    run.perform("delete");
    run.perform("watch act_fixed 0 " + std::to_string(address));
    run.perform("goto start");
    std::vector<Cycles> there;
    for (const Instant& at : walk("c")) there.push_back(at.at);
    for (const Cycles c : changes.at) EXPECT_THAT(there, testing::Contains(c)) << "word " << address;
  }
}

TEST_F(DebugSession, AWatchOfAValueShowsTheWordBeforeAndBehind) {
  const debug::Tensor* tensor = nullptr;
  for (const debug::Tensor& t : run.bench().map.tensors()) {
    if (run.bench().map.place(t, 0, 0, 0) && t.parts.front().view->place == TensorView::Place::act_fixed) tensor = &t;
  }
  ASSERT_NE(tensor, nullptr);
  run.perform("watch " + tensor->name + "[0][0][0]");
  const std::string text = run.perform("c");
  EXPECT_THAT(text, testing::AllOf(HasSubstr("writes it"), HasSubstr("old  "), HasSubstr("new  ")));
}

TEST_F(DebugSession, GotoGoesAnywhereAndBackToWhereItCameFrom) {
  run.perform("goto 123");
  EXPECT_EQ(run.now(), 123);
  run.perform("goto +7");
  EXPECT_EQ(run.now(), 130);
  run.perform("goto -30");
  EXPECT_EQ(run.now(), 100);
  run.perform("goto -");
  EXPECT_EQ(run.now(), 130);
  run.perform("goto #4");
  EXPECT_EQ(run.now(), run.run.records[4].start);
  run.perform("goto #4@1");
  EXPECT_EQ(run.now(), run.run.records[run.run.records.size() / 2 + 4].start);
  run.perform("goto init:5");
  EXPECT_EQ(run.bench().now, (Instant{Phase::init, 5}));
  run.perform("goto end");
  EXPECT_EQ(run.bench().now, (Instant{Phase::main, run.run.cycles}));
  EXPECT_EQ(run.session->prompt(), "(" + debug::text(run.bench().now) + ") ");
}

TEST_F(DebugSession, WhatCannotBeDoneIsRefusedWithAWayOutAndChangesNothing) {
  run.perform("goto 100");
  EXPECT_THAT(refusal("stpe"), HasSubstr("no command is named 'stpe'"));
  EXPECT_THAT(refusal("goto 99,999,999"), HasSubstr("lies behind the end"));
  EXPECT_THAT(refusal("goto #99999"), HasSubstr("there is no instruction"));
  EXPECT_THAT(refusal("goto -200"), HasSubstr("outside the run"));
  EXPECT_THAT(refusal("break"), HasSubstr("break where?"));
  EXPECT_THAT(refusal("break layer nothing_like_it"), HasSubstr("no layer is named"));
  EXPECT_THAT(refusal("break stall x"), HasSubstr("how many cycles"));
  EXPECT_THAT(refusal("watch act_fixed 99 0"), HasSubstr("wants its region, from 0 to"));
  EXPECT_THAT(refusal("x act_fixed 0 99999999"), HasSubstr("wants its address, from 0 to"));
  EXPECT_THAT(refusal("print no_such_tensor"), HasSubstr("no tensor is named"));
  EXPECT_THAT(refusal("info nonsense"), HasSubstr("no info of"));
  EXPECT_THAT(refusal("delete 77"), HasSubstr("no stop 77"));
  EXPECT_THAT(refusal("step nonsense"), HasSubstr("no unit"));
  EXPECT_THAT(refusal("display step"), HasSubstr("no command that looks"));
  EXPECT_THAT(refusal("where now"), HasSubstr("one word too many"));
  EXPECT_EQ(run.now(), 100);
}

TEST_F(DebugSession, AMisspeltPlaceNamesTheNearest) {
  const std::string layer = run.compiled.program.layers[3].name;
  EXPECT_THAT(refusal("goto " + layer + "x"), HasSubstr("no layer is named '" + layer + "x'"));
  EXPECT_THAT(refusal("goto 12x"), HasSubstr("'12x' is no cycle"));
}

TEST_F(DebugSession, TheNetworksOutputIsPrintedAsTheHostMakesIt) {
  const HostOutput& output = run.compiled.program.host_outputs[0];
  run.perform("finish");
  const FloatArray want = finish_output(output, run.run.outputs[0][0]);
  const std::string text = run.perform("print " + output.name);
  const auto largest = std::max_element(want.values.begin(), want.values.end()) - want.values.begin();
  EXPECT_THAT(text, HasSubstr("largest   [" + std::to_string(largest) + "]"));
  run.perform("goto start");
  EXPECT_THAT(run.perform("print " + output.name), HasSubstr("not written yet"));
}

TEST_F(DebugSession, BuffersWithoutTensorsSayWhatTheyHold) {
  EXPECT_THAT(run.perform("info buffers"), testing::ContainsRegex("parameters +[^\n]*(init|load)"));
}

TEST_F(DebugSession, AnIdleUnitHasItsFirstInstructionAheadOrItsLastBehind) {
  const auto& records = run.run.records;
  const auto first = std::find_if(records.begin(), records.end(),
                                  [](const InstructionRecord& r) { return r.unit == UnitId::mac_array; });
  ASSERT_NE(first, records.end());
  EXPECT_THAT(run.perform("why mac_array"), HasSubstr("its first instruction, #"));
  run.perform("goto end");
  EXPECT_THAT(run.perform("why mac_array"), HasSubstr("its last instruction, #"));
}

// Of a tensor whose words hold another's by now: who wrote the value that is shown, in a layer of its own.
TEST_F(DebugSession, AValueOfAnOverwrittenTensorNamesWhoWroteIt) {
  run.perform("finish");
  int looked = 0;
  for (const debug::Tensor& tensor : run.bench().map.tensors()) {
    if (!run.bench().map.place(tensor, 0, 0, 0)) continue;
    const auto now = run.bench().values.tensor(tensor, run.now());
    if (now.overwritten_by < 0) continue;
    const std::string text = run.perform("print " + tensor.name + "[0][0][0]");
    const std::string layer = run.bench().map.layer_name(tensor.parts.front().layer);
    EXPECT_THAT(text, HasSubstr("overwritten from cycle"));
    EXPECT_THAT(text.substr(text.find("written   by")), HasSubstr(", " + layer + " in cycle")) << tensor.name;
    EXPECT_THAT(text, HasSubstr("value     " + std::to_string(now.values.front())));
    ++looked;
  }
  EXPECT_GT(looked, 0);
  EXPECT_THAT(refusal("print/x " + run.bench().map.tensors().back().name), HasSubstr("decimal"));
}

TEST_F(DebugSession, AnEmptyLineAndARemarkSayNothing) {
  EXPECT_EQ(run.perform(""), "");
  EXPECT_EQ(run.perform("   "), "");
  EXPECT_EQ(run.perform("# a remark"), "");
}

TEST_F(DebugSession, EveryCommandHasHelpAndTheListFitsAScreen) {
  const std::string all = run.perform("help");
  EXPECT_LE(std::count(all.begin(), all.end(), '\n'), 24);
  for (std::size_t from = 0; from < all.size();) {
    const std::size_t to = all.find('\n', from);
    EXPECT_LE(to - from, 88U) << all.substr(from, to - from);
    from = to + 1;
  }
  for (const debug::DebugCommand& command : debug::debug_commands()) {
    EXPECT_THAT(run.perform("help " + std::string(command.name)), HasSubstr(std::string(command.summary)));
    if (command.group != debug::hidden_group) EXPECT_THAT(all, HasSubstr(std::string(command.name)));
  }
}

TEST_F(DebugSession, BeginningsAndAliasesAreNames) {
  for (const debug::DebugCommand& command : debug::debug_commands()) {
    EXPECT_EQ(&debug::command_named(command.name), &command);
    if (!command.alias.empty()) EXPECT_EQ(&debug::command_named(command.alias), &command) << command.alias;
  }
  EXPECT_EQ(debug::command_named("cont").name, "continue");
  EXPECT_EQ(debug::command_named("bre").name, "break");
  EXPECT_THAT(refusal("dis"), HasSubstr("begins several"));
}

TEST_F(DebugSession, CompletesCommandsUnitsTensorsAndTopics) {
  EXPECT_THAT(run.session->completions("ste"), testing::ElementsAre("step"));
  EXPECT_THAT(run.session->completions("step xn"), testing::ElementsAre("xnor_array"));
  EXPECT_THAT(run.session->completions("info to"), testing::ElementsAre("tokens"));
  EXPECT_THAT(run.session->completions("back con"), testing::ElementsAre("continue"));
  EXPECT_THAT(run.session->completions("back step lo"), testing::ElementsAre("load"));
  EXPECT_THAT(run.session->completions("display print act_f"), testing::ElementsAre("act_fixed"));
  const std::string name = run.bench().map.tensors().back().name;
  EXPECT_THAT(run.session->completions("print " + name.substr(0, name.size() - 1)), testing::Contains(name));
  EXPECT_TRUE(run.session->completions("nonsense x").empty());
}

TEST_F(DebugSession, ADisplayIsPerformedAtEachStop) {
  run.perform("display info queues");
  EXPECT_THAT(run.perform("step"), HasSubstr("dispatcher"));
  run.perform("undisplay 1");
  EXPECT_THAT(run.perform("step"), testing::Not(HasSubstr("dispatcher")));
}

// In each wait: the unit, how long, and whoever it waits for.
TEST_F(DebugSession, WhyNamesTheRecordThatIsWaitedFor) {
  int looked = 0;
  for (const IntervalEvent& e : run.recording.main().intervals) {
    if (e.activity == Activity::busy || e.activity == Activity::idle || e.waited_for < 0) continue;
    if (e.activity == Activity::stall_dispatch) continue;
    run.perform("goto " + std::to_string(e.from));
    const std::string text = run.perform("why " + std::string(name(e.unit)));
    const InstructionRecord& by = run.run.records[static_cast<std::size_t>(e.waited_for)];
    EXPECT_THAT(text, HasSubstr("#" + std::to_string(by.instruction) + "@" + std::to_string(by.image))) << text;
    EXPECT_THAT(text, HasSubstr("waits"));
    ++looked;
  }
  EXPECT_GT(looked, 20);
}

// Every view of every kind of cycle can be shown.
TEST_F(DebugSession, EveryCycleCanBeLookedAt) {
  for (const std::string phase : {"init:", "main:"}) {
    const Cycles end = phase == "init:" ? run.recording.init().end : run.run.cycles;
    for (Cycles c = 0; c <= end; c += 97) {
      run.perform("goto " + phase + std::to_string(c));
      for (const char* look : {"where", "why", "list", "info queues", "info tokens", "info dram", "info layers",
                               "info buffers", "info tensors", "x act_binary 0 0", "x accumulators 0 0 2"}) {
        EXPECT_FALSE(run.perform(look).empty()) << look << " in " << phase << c;
      }
    }
  }
}

TEST_F(DebugSession, SaturationStopsAtPostUnitsInstructionsThatClamp) {
  const std::string made = run.perform("break saturation");
  const std::string table = run.perform("info saturation");
  const auto& seen = run.bench().values.saturations();
  if (seen.empty()) GTEST_SKIP() << "nothing saturates in this network";
  EXPECT_THAT(made, HasSubstr("hits"));
  EXPECT_THAT(table, HasSubstr("values of the whole run"));
  const std::string text = run.perform("c");
  EXPECT_EQ(run.now(), run.run.records[static_cast<std::size_t>(seen.begin()->first)].start);
  EXPECT_THAT(text, HasSubstr("saturates"));
}

// Any cycle in less than 50 ms, tensors and words included: processor time, as other work on the host must not count.
TEST(DebugSpeed, AnyCycleOfNeuroblend20IsThereInLessThan50Milliseconds) {
  RecordedRun run("neuroblend20", "k26");
  run.perform("print stem.out[0]");
  std::vector<double> gotos, looks;
  const auto milliseconds = [](std::clock_t from) {
    return 1e3 * static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC;
  };
  std::uint32_t seed = 3;
  for (int n = 0; n < 200; ++n) {
    seed = seed * 1664525U + 1013904223U;
    const std::string cycle = std::to_string((seed >> 4) % static_cast<std::uint32_t>(run.run.cycles));
    const std::clock_t from = std::clock();
    run.perform("goto " + cycle);
    gotos.push_back(milliseconds(from));
    run.perform("where");
    run.perform("print stage2.block2.out[0]");
    run.perform("x act_fixed 0 0 4");
    looks.push_back(milliseconds(from));
  }
  for (auto* times : {&gotos, &looks}) {
    std::sort(times->begin(), times->end());
    EXPECT_LT(times->back(), 50.0);
    std::printf("%s: median %.3f ms, worst %.3f ms of 200\n", times == &gotos ? "goto" : "goto and look", (*times)[100],
                times->back());
  }
}

}  // namespace
}  // namespace blendsim::test

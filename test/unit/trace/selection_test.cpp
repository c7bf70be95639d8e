// SPDX-License-Identifier: Apache-2.0
#include "trace/selection.h"

#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "base/diagnostic.h"
#include "traced_run.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;
constexpr std::int64_t open_end = std::numeric_limits<std::int64_t>::max();

std::string refusal(const std::function<void()>& what) {
  try {
    what();
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.status(), ExitStatus::bad_usage);
    return error.what();
  }
  return "nothing was refused";
}

TEST(Ranges, HaveTwoEndsOneOrAreANumber) {
  const auto expect = [](const char* text, std::int64_t first, std::int64_t last) {
    const Range range = parse_range(text, "--trace-cycles");
    EXPECT_EQ(range.first, first) << text;
    EXPECT_EQ(range.last, last) << text;
  };
  expect("3..7", 3, 7);
  expect("3..", 3, open_end);
  expect("..7", 0, 7);
  expect("5", 5, 5);
  EXPECT_TRUE(parse_range("0..", "x").all());
  for (const char* text : {"", "..", "7..3", "-1..2", "a..b", "1...2", "1..2x", " 1..2"})
    EXPECT_THAT(refusal([&] { (void)parse_range(text, "--trace-cycles"); }), HasSubstr("--trace-cycles")) << text;
}

TEST(Selection, OfALayerThatIsNotThereNamesTheNearest) {
  const CompiledNetwork& network = traced_network();
  const TraceSubject subject(network.program, network.platform.machine, "zu3eg");
  EXPECT_THAT(refusal([&] { (void)Selection({.layers = {"stage1.blok1.conv1"}}, subject); }),
              HasSubstr("did you mean 'stage1.block1.conv1'?"));
  EXPECT_THAT(refusal([&] { (void)Selection({.layers = {"zzz*"}}, subject); }), HasSubstr("blendsim inspect"));
}

TEST(Selection, TakesWhatTouchesTheCyclesAndInitOnlyWithoutThem) {
  const CompiledNetwork& network = traced_network();
  const TraceSubject subject(network.program, network.platform.machine, "zu3eg");
  const Selection selection({.cycles = {100, 200}}, subject);
  EXPECT_FALSE(selection.phase(Phase::init));
  EXPECT_TRUE(selection.cycles(Phase::main, 50, 101));
  EXPECT_FALSE(selection.cycles(Phase::main, 50, 100)) << "ends before cycle 100";
  EXPECT_TRUE(selection.cycles(Phase::main, 200, 300));
  EXPECT_FALSE(selection.cycles(Phase::main, 201, 300));
  EXPECT_TRUE(Selection({.layers = {"stage1.*"}}, subject).phase(Phase::init));
}

TEST(Selection, KnowsTheImageAndLayerOfARecord) {
  const CompiledNetwork& network = traced_network();
  const TraceSubject subject(network.program, network.platform.machine, "zu3eg");
  const auto run = network.time(2);
  const Selection image({.images = {1, 1}}, subject), layer({.layers = {"*.conv1"}}, subject);
  int chosen = 0;
  for (std::size_t r = 0; r < run.records.size(); ++r) {
    const auto index = static_cast<std::int32_t>(r);
    const std::string& name = network.program.layers[static_cast<std::size_t>(run.records[r].layer)].name;
    EXPECT_EQ(image.record(Phase::main, index), run.records[r].image == 1);
    EXPECT_EQ(layer.record(Phase::main, index), name.ends_with(".conv1")) << name;
    chosen += name.ends_with(".conv1") ? 1 : 0;
  }
  EXPECT_GT(chosen, 0);
}

TEST(Formats, AreChosenByTheEndingAndUnknownOnesRefusedWithTheList) {
  EXPECT_EQ(format_of("a.b/run.pftrace").ending, ".pftrace");
  EXPECT_EQ(format_of("run.npy").ending, ".npy");
  EXPECT_EQ(format_of("RUN.VCD").ending, ".vcd");
  for (const char* path : {"run.json", "run", ".pftrace"})
    EXPECT_THAT(refusal([&] { (void)format_of(path); }), HasSubstr(".sqlite")) << path;
}

TEST(Formats, WhatCannotBeSoughtTakesOnlyThoseThatAreWrittenForwards) {
  const CompiledNetwork& network = traced_network();
  const TraceSubject subject(network.program, network.platform.machine, "zu3eg");
  for (const TraceFormat& format : trace_formats()) {
    if (!format.seeks) {
      open_sink(format, "/dev/null", subject)->close();
      continue;
    }
    try {
      (void)open_sink(format, "/dev/null", subject);
      ADD_FAILURE() << format.ending;
    } catch (const DiagnosticError& error) {
      EXPECT_THAT(error.what(), HasSubstr("regular file"));
    }
  }
}

TEST(Formats, AFileThatCannotBeWrittenIsSaid) {
  const CompiledNetwork& network = traced_network();
  const TraceSubject subject(network.program, network.platform.machine, "zu3eg");
  for (const TraceFormat& format : trace_formats()) {
    try {
      (void)open_sink(format, "/nowhere/run" + std::string(format.ending), subject);
      ADD_FAILURE() << format.ending;
    } catch (const DiagnosticError& error) {
      EXPECT_THAT(error.what(), HasSubstr("file-unwritable")) << format.ending;
      EXPECT_THAT(error.what(), HasSubstr("/nowhere/run")) << format.ending;
    }
  }
}

}  // namespace
}  // namespace blendsim::test

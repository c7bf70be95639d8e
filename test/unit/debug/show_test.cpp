// SPDX-License-Identifier: Apache-2.0
// What the commands that look say of tensors, layers and waits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "debug/command.h"
#include "report/format_text.h"
#include "test/unit/debug/recorded_run.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class DebugShow : public testing::Test {
 protected:
  void SetUp() override { run.perform("goto start"); }
  RecordedRun& run = tiny();
};

// The line of a table that begins with a word.
std::string line_of(const std::string& table, const std::string& word) {
  const std::size_t at = table.find('\n' + word + ' ');
  return at == std::string::npos ? "" : table.substr(at + 1, table.find('\n', at + 1) - at - 1);
}

TEST_F(DebugShow, TheInputStandsInTheBufferThatItWasLoadedInto) {
  const Program& program = run.compiled.program;
  const std::vector<Instruction> main = decode(program.main);
  const auto brings = [&](const InstructionRecord& r) {
    const auto* load = std::get_if<LoadInstruction>(&main[static_cast<std::size_t>(r.instruction)]);
    return load != nullptr && static_cast<DramBase>(load->dram_base) == DramBase::input;
  };
  const auto first = std::find_if(run.run.records.begin(), run.run.records.end(), brings);
  ASSERT_NE(first, run.run.records.end());
  const auto& load = std::get<LoadInstruction>(main[static_cast<std::size_t>(first->instruction)]);
  const std::string buffer(name(static_cast<BufferId>(load.buffer)));
  run.perform("goto " + std::to_string(first->start - 1));
  EXPECT_THAT(line_of(run.perform("info buffers"), buffer), Not(HasSubstr(program.input.name)));
  EXPECT_THAT(line_of(run.perform("info tensors"), program.input.name), Not(HasSubstr(buffer)));
  run.perform("goto " + std::to_string(first->start));
  EXPECT_THAT(line_of(run.perform("info buffers"), buffer), HasSubstr(program.input.name));
  EXPECT_THAT(line_of(run.perform("info tensors"), program.input.name), HasSubstr("dram, " + buffer));
}

TEST_F(DebugShow, ALayersNameAndATensorsNameEachTheOther) {
  const auto& layers = run.compiled.program.layers;
  const auto layer = std::find_if(layers.begin(), layers.end(), [&](const ProgramLayer& l) {
    return !l.results.empty() && run.bench().map.layers(l.results.front().name).empty() &&
           run.bench().map.tensor(l.name) == nullptr;
  });
  if (layer == layers.end()) GTEST_SKIP() << "every layer of this network has its tensor's name";
  const std::string tensor = layer->results.front().name;
  const auto hint = [&](const std::string& line) {
    try {
      run.perform(line);
    } catch (const DiagnosticError& problem) {
      return problem.diagnostics().front().hint;
    }
    return std::string("not refused");
  };
  const auto& outputs = run.compiled.program.host_outputs;
  const auto is_it = [&](const HostOutput& output) { return output.name == layer->name; };
  if (std::none_of(outputs.begin(), outputs.end(), is_it)) {  // which can be printed
    EXPECT_EQ(hint("print " + layer->name), "'" + layer->name + "' is a layer; what it writes is '" + tensor + "'");
  }
  EXPECT_EQ(hint("break layer " + tensor),
            "'" + tensor + "' is a tensor; the layer that writes it is '" + layer->name + "'");
}

// Both ends of a wait are cycles of it, and a unit that has not begun does not wait.
TEST_F(DebugShow, AnInstructionsWaitsHaveBothEndsAndIdleIsNone) {
  std::int64_t waits = 0;
  for (const UnitId unit : all_units) {
    for (const IntervalEvent& e : run.bench().main.intervals(unit)) {
      if (e.record < 0 || e.activity == Activity::busy || run.run.records[static_cast<std::size_t>(e.record)].image > 0)
        continue;
      const std::string text = run.perform(
          "print #" + std::to_string(run.run.records[static_cast<std::size_t>(e.record)].instruction) + "@0");
      const bool idle = e.activity == Activity::idle;
      EXPECT_THAT(text, HasSubstr((idle ? "unit idle   " : "waited      ") + grouped(e.from) + " to " +
                                  grouped(e.to - 1) + ", " + grouped(e.to - e.from) + " cycles"));
      if (idle) EXPECT_THAT(text, Not(HasSubstr("waited      " + grouped(e.from) + " to"))) << "no wait";
      ++waits;
    }
  }
  EXPECT_GT(waits, 10);
}

}  // namespace
}  // namespace blendsim::test

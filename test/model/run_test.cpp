// SPDX-License-Identifier: Apache-2.0
// A whole run: values, timing only, random stalls, failures and what comes after them.
#include <gtest/gtest.h>

#include <systemc>

#include <functional>
#include <stdexcept>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

constexpr std::uint32_t width = 40;

// Loads a row of 40 pixels x 16 channels in two parts, copies each by pool_unit and stores it: input -> output.
Program copy_program() {
  std::vector<Step> steps;
  for (std::uint32_t row = 0; row < 4; ++row) {
    LoadInstruction in;
    in.form = static_cast<std::uint32_t>(TransferForm::fixed);
    in.dram_base = static_cast<std::uint32_t>(DramBase::input);
    in.dram_address = row * width * 16;
    in.run_bytes = width * 16;
    in.runs = 1;
    in.buffer = static_cast<std::uint32_t>(BufferId::act_fixed);
    in.map_slices = in.slices = 1;
    in.row = row;
    in.height = 4;
    in.width = width;
    steps.push_back(Step{in}.post(UnitId::pool_unit));
  }
  for (std::uint32_t row = 0; row < 4; ++row) {
    PoolInstruction copy;
    copy.in_height = copy.out_height = 4;
    copy.in_width = copy.out_width = width;
    copy.in_slices = copy.out_slices = copy.slices = 1;
    copy.out_row = row;
    copy.rows = 1;
    copy.destination = 4096 + row * width;  // the tile's first word
    steps.push_back(Step{copy}.wait(UnitId::load).post(UnitId::store));
    StoreInstruction out;
    out.form = static_cast<std::uint32_t>(TransferForm::fixed);
    out.dram_base = static_cast<std::uint32_t>(DramBase::output);
    out.dram_address = row * width * 16;
    out.run_bytes = width * 16;
    out.runs = 1;
    out.buffer = static_cast<std::uint32_t>(BufferId::act_fixed);
    out.buffer_address = 4096;
    out.map_slices = out.slices = 1;
    out.row = row;
    out.height = 4;
    out.width = width;
    steps.push_back(Step{out}.wait(UnitId::pool_unit));
  }
  Program program = make_program(steps);
  program.input_bytes = program.output_bytes = 4 * width * 16;
  program.input_form = TransferForm::fixed;
  program.input_row_bytes = width * 16;
  program.input = {"x", TensorView::Place::dram, Format::signed_bits(8), 16, 4, width, 0, 1, 0, 1, 1, 0};
  program.outputs = {program.input};
  program.outputs[0].name = "y";
  encode_end(program.init);
  return program;
}

std::vector<std::int32_t> image(int seed) {
  std::vector<std::int32_t> values(16 * 4 * width);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int32_t>((i * 37 + static_cast<std::size_t>(seed) * 11) % 251) - 125;
  return values;
}

// The copies of row r start only when all of the region is written: one read and one write port would else be shared.
MachineParameters copy_machine() {
  MachineParameters m = simple_machine();
  m.buffers[static_cast<std::size_t>(BufferId::act_fixed)].regions = 2;
  return m;
}

RunOptions checked() {
  RunOptions options;
  options.check_hazards = true;
  return options;
}

std::string code_of(const std::function<void()>& action, std::string* text = nullptr) {
  try {
    action();
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.status(), ExitStatus::simulation_failed);
    if (text != nullptr) *text = error.what();
    return std::string(error.diagnostics().at(0).code.name());
  }
  return "";
}

TEST(Values, OfEachImageReachItsOutput) {
  const Program program = copy_program();
  const std::vector<std::vector<std::int32_t>> images{image(1), image(2), image(3)};
  const auto run = Machine::instance().run(copy_machine(), program, images, checked());
  ASSERT_EQ(run.outputs.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(run.outputs[i].at(0), images[i]);
  EXPECT_EQ(run.outputs[0], interpret(program, copy_machine(), images[0], false).outputs);
}

TEST(TimingOnly, TakesTheSameCycles) {
  const Program program = copy_program();
  const std::vector<std::vector<std::int32_t>> images{image(1), image(2)};
  RunOptions timing;
  timing.values = false;
  const auto with = Machine::instance().run(copy_machine(), program, images);
  const auto without = Machine::instance().run(copy_machine(), program, images, timing);
  EXPECT_EQ(with.cycles, without.cycles);
  EXPECT_EQ(with.records, without.records);
  EXPECT_EQ(with.units, without.units);
  EXPECT_EQ(with.memory, without.memory);
  EXPECT_TRUE(without.outputs.empty());
}

TEST(RandomStalls, ChangeCyclesAndNoOutput) {
  const Program program = copy_program();
  const std::vector<std::vector<std::int32_t>> images{image(4)};
  const auto straight = Machine::instance().run(copy_machine(), program, images, checked());
  int changed = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RunOptions options = checked();
    options.stall_seed = seed;
    const auto run = Machine::instance().run(copy_machine(), program, images, options);
    EXPECT_EQ(run.outputs, straight.outputs);
    changed += run.cycles != straight.cycles ? 1 : 0;
    EXPECT_EQ(run.records, Machine::instance().run(copy_machine(), program, images, options).records)
        << "a seed is repeatable";
  }
  EXPECT_GT(changed, 10);
}

TEST(Init, RunsFromResetOutsideTheCycles) {
  Program program = copy_program();
  const std::vector<std::vector<std::int32_t>> images{image(5)};
  const auto without = Machine::instance().run(copy_machine(), program, images);
  EXPECT_EQ(without.init_cycles, 0);
  program.init.clear();
  encode(load(0, 256).instruction, program.init);
  encode_end(program.init);
  const auto with = Machine::instance().run(copy_machine(), program, images);
  Program alone = make_program(std::vector<Step>{load(0, 256)});
  alone.resident = false;
  RunOptions timing;
  timing.values = false;
  EXPECT_EQ(with.init_cycles, Machine::instance().run(copy_machine(), alone, {}, timing).cycles);
  EXPECT_EQ(with.cycles, without.cycles);
  EXPECT_EQ(with.records, without.records);
  EXPECT_EQ(with.memory, without.memory);
}

TEST(Deadlock, NamesEachHeadAndTheLinksItMisses) {
  std::string text;
  EXPECT_EQ(code_of(
                [] {
                  (void)run_steps(simple_machine(), {xnor(5).wait(UnitId::post_unit),
                                                     post_step(5).wait(UnitId::xnor_array).post(UnitId::xnor_array)});
                },
                &text),
            "deadlock");
  EXPECT_NE(text.find("xnor_array: instruction 0"), std::string::npos) << text;
  EXPECT_NE(text.find("data token of post_unit"), std::string::npos) << text;
  EXPECT_NE(text.find("data token of xnor_array"), std::string::npos) << text;
}

TEST(Deadlock, LeavesTheMachineAsGoodAsNew) {
  const std::vector<Step> good{load(0, 512).post(UnitId::xnor_array), xnor(20).wait(UnitId::load), store(0, 64)};
  const auto before = run_steps(simple_machine(), good);
  EXPECT_EQ(code_of([] {
              (void)run_steps(simple_machine(), {load(0, 4096), xnor(5).wait(UnitId::post_unit)});
            }),
            "deadlock");
  const auto after = run_steps(simple_machine(), good);
  EXPECT_EQ(before.records, after.records);
  EXPECT_EQ(before.units, after.units);
}

TEST(Failure, InsideAProcessLeavesTheMachineUsable) {
  const std::vector<Step> good{load(0, 512).post(UnitId::xnor_array), xnor(20).wait(UnitId::load), store(0, 64)};
  const auto before = run_steps(simple_machine(), good);
  struct Throwing : EventConsumer {
    void on_burst(const BurstEvent&) override { throw std::runtime_error("observer"); }
  } throwing;
  RunOptions options;
  options.consumers = {&throwing};
  EXPECT_THROW((void)run_steps(simple_machine(), good, options), std::runtime_error);
  EXPECT_EQ(run_steps(simple_machine(), good).records, before.records);
}

TEST(Hazard, IsReportedWhenTwoUnitsUseOnePortUnordered) {
  RunOptions options = checked();
  std::string text;
  EXPECT_EQ(code_of([&] { (void)run_steps(simple_machine(), {pool(100), mac(5)}, options); }, &text), "hazard");
  EXPECT_NE(text.find("act_fixed"), std::string::npos) << text;
  EXPECT_EQ(
      code_of([&] {
        (void)run_steps(simple_machine(), {pool(100).post(UnitId::mac_array), mac(5).wait(UnitId::pool_unit)}, options);
      }),
      "");
}

TEST(Tokens, LeftAtTheEndAreAnError) {
  std::string text;
  EXPECT_EQ(code_of([] { (void)run_steps(simple_machine(), {xnor(5).post(UnitId::post_unit)}); }, &text),
            "program-invalid");
  EXPECT_NE(text.find("xnor_array -> post_unit"), std::string::npos) << text;
}

// A token left by one image would be taken by the next: each image ends with all counters at 0.
TEST(Tokens, LeftByTheFirstImageEndTheRunBeforeTheSecond) {
  struct Counting : EventConsumer {
    int completions = 0;
    void on_phase(const PhaseEvent& e) override { completions += e.kind == PhaseEvent::Kind::completion ? 1 : 0; }
  } counting;
  RunOptions options;
  options.consumers = {&counting};
  EXPECT_EQ(code_of([&] { (void)run_steps(simple_machine(), {xnor(5).post(UnitId::post_unit)}, options, 3); }),
            "program-invalid");
  EXPECT_EQ(counting.completions, 1);
}

TEST(Observers, SeeEveryInstructionAndCompletion) {
  struct Counting : EventConsumer {
    int starts = 0, ends = 0, bursts = 0, completions = 0;
    void on_start(std::int32_t, const InstructionRecord& r) override { starts += r.start > 0 ? 1 : 0; }
    void on_end(std::int32_t, const InstructionRecord& r) override { ends += r.end >= r.start ? 1 : 0; }
    void on_burst(const BurstEvent&) override { ++bursts; }
    void on_phase(const PhaseEvent& e) override { completions += e.kind == PhaseEvent::Kind::completion ? 1 : 0; }
  } counting;
  RunOptions options;
  options.consumers = {&counting};
  const auto run = run_steps(simple_machine(), {load(0, 512), xnor(5), mac(4)}, options, 2);
  EXPECT_EQ(counting.starts, 6);
  EXPECT_EQ(counting.ends, 6);
  EXPECT_EQ(counting.bursts, run.memory.bursts);
  EXPECT_EQ(counting.completions, 2);
}

// Deltas of the kernel that a timing-only run of 300 dependent instructions takes.
std::uint64_t deltas_of(std::uint32_t length) {
  std::vector<Step> steps;
  for (int n = 0; n < 100; ++n) {
    steps.push_back(xnor(5 * length).post(UnitId::post_unit));
    steps.push_back(post_step(2 * length).wait(UnitId::xnor_array).post(UnitId::pool_unit));
    steps.push_back(pool(length).wait(UnitId::post_unit));
  }
  RunOptions timing;
  timing.values = false;
  const std::uint64_t before = sc_core::sc_delta_count();
  (void)Machine::instance().run(simple_machine(), make_program(steps), {}, timing);
  return sc_core::sc_delta_count() - before;
}

TEST(Cost, FollowsInstructionsNotCycles) {
  (void)deltas_of(20);
  EXPECT_EQ(deltas_of(20), deltas_of(10)) << "twice the cycles, the same events";
  EXPECT_LT(deltas_of(20), 300U * 4) << "about one event an instruction";
}

// Nothing is on chip before init: its own words come through the prefetch FIFO, like those of a program that is not
// resident.
TEST(Init, TakesWhatItsWordsTakeWhenTheyAreFetched) {
  const MachineParameters m = simple_machine();
  std::vector<Step> loads;
  for (std::uint32_t n = 0; n < 40; ++n) loads.push_back(load(n * 1024, 1024));
  Program fetched = make_program(loads);
  fetched.program_bytes = 8192;
  fetched.main_address = 4096 - 64;
  fetched.resident = false;
  RunOptions timing;
  timing.values = false;
  const auto alone = Machine::instance().run(m, fetched, {}, timing);
  Program program = make_program(std::vector<Step>{xnor(1)});
  program.program_bytes = fetched.program_bytes;
  program.init = fetched.main;
  program.init_address = fetched.main_address;
  const auto run = Machine::instance().run(m, program, {}, timing);
  EXPECT_EQ(run.init_cycles, alone.cycles);
  EXPECT_GT(run.init_cycles, run_steps(m, loads).cycles) << "than the loads of resident words";
  EXPECT_EQ(run.cycles, run_steps(m, {xnor(1)}).cycles) << "main starts from reset and is resident";
  EXPECT_EQ(run.memory.read_bytes, 0) << "init's traffic is outside the run";
}

}  // namespace
}  // namespace blendsim::test

// SPDX-License-Identifier: Apache-2.0
// Every action is counted once, at its unit and at its layer, and the energies add up.
#include <gtest/gtest.h>

#include <numeric>

#include "isa/interpret.h"
#include "test/model/estimated_run.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

constexpr std::size_t load_unit = 0, store_unit = 1, shared = unit_count;

TEST(Actions, LoadAndStoreCountTheBitsTheyMoveThroughBuffers) {
  const MachineParameters m = simple_machine();
  LoadInstruction words;  // 5 instruction words, one bus word each
  words.dram_base = static_cast<std::uint32_t>(DramBase::input);
  words.run_bytes = 5 * 16;
  words.runs = 1;
  words.buffer = static_cast<std::uint32_t>(BufferId::instructions);
  StoreInstruction out;
  out.form = static_cast<std::uint32_t>(TransferForm::fixed);
  out.dram_base = static_cast<std::uint32_t>(DramBase::output);
  out.buffer = static_cast<std::uint32_t>(BufferId::act_fixed);
  out.run_bytes = 3 * 16;
  out.runs = out.height = out.map_slices = out.slices = 1;
  out.width = 3;
  const auto run = run_steps(m, {load(0, 64).layer(1), Step{words}.layer(2), Step{out}.layer(3)}, {}, 2);
  EXPECT_EQ(run.actions[load_unit][Action::act_fixed_write], 2 * 64 * 8);
  EXPECT_EQ(run.actions[load_unit][Action::instructions_write], 2 * 5 * 128);
  EXPECT_EQ(run.actions[store_unit][Action::act_fixed_read], 2 * 3 * 128);
  EXPECT_EQ(run.layer_actions[1][Action::act_fixed_write], 2 * 64 * 8);
  EXPECT_EQ(run.layer_actions[2][Action::instructions_write], 2 * 5 * 128);
  EXPECT_EQ(run.layer_actions[3][Action::act_fixed_read], 2 * 3 * 128);
  EXPECT_EQ(run.layer_actions[3][Action::dram_write_byte], 2 * 48);
}

TEST(Actions, AResidentProgramIsReadFromItsBufferAndAnotherFromDram) {
  const MachineParameters m = simple_machine();
  const std::vector<Step> steps = {xnor(4).layer(1), mac(5)};  // 2 + 2 words, and END
  Program program = make_program(steps);
  program.program_bytes = program.main.size() * sizeof(Word);
  RunOptions timing;
  timing.values = false;
  const std::vector<std::vector<std::int32_t>> images(3);
  const auto resident = Machine::instance().run(m, program, images, timing);
  EXPECT_EQ(resident.actions[shared][Action::dispatch], 3 * 5);
  EXPECT_EQ(resident.actions[shared][Action::instructions_read], 3 * 5 * 128);
  EXPECT_EQ(resident.layer_actions[1][Action::instructions_read], 3 * 2 * 128);
  EXPECT_EQ(resident.actions[shared][Action::dram_read_byte], 0);
  program.resident = false;
  const auto fetched = Machine::instance().run(m, program, images, timing);
  EXPECT_EQ(fetched.actions[shared][Action::dispatch], 3 * 5);
  EXPECT_EQ(fetched.actions[shared][Action::instructions_read], 0);
  EXPECT_EQ(fetched.actions[shared][Action::dram_read_byte], 3 * 5 * 16);
}

// Bytes that the fetch of a program reads: its bursts end on bus words.
std::int64_t whole_bus_words(const CompiledNetwork& network) {
  const std::int64_t bus = network.platform.machine.memory.bus_bytes();
  const auto bytes = static_cast<std::int64_t>(network.program.main.size() * sizeof(Word));
  return (bytes + bus - 1) / bus * bus;
}

// What no layer does: END of each image, the fetch of a program that is not resident, refreshes.
void expect_sums(const CompiledNetwork& network, std::size_t images) {
  const EstimatedRun estimated(network, images);
  const Run& run = estimated.run;
  const PowerEstimate& power = estimated.power;
  std::int64_t actions = 0, clocks = 0, layers = 0;
  for (const PartEnergy& part : power.parts) {
    actions += part.action_fj;
    clocks += part.clock_fj;
    const bool left_out = part.name == units::TransposeUnit::name && network.platform.machine.transpose_unit.lanes == 0;
    EXPECT_EQ(part.clock_fj > 0, !left_out) << part.name;
  }
  EXPECT_EQ(actions, power.dynamic_fj);
  EXPECT_EQ(clocks, power.clock_fj);
  for (const LayerEnergy& layer : power.layers) layers += layer.fj;
  EXPECT_EQ(layers + power.unattributed_fj, power.dynamic_fj + power.dram_fj);

  ActionCounts by_unit, by_layer;
  for (const ActionCounts& unit : run.actions) by_unit += unit;
  for (const ActionCounts& layer : run.layer_actions) by_layer += layer;
  const auto count = static_cast<std::int64_t>(images);
  const bool fetched = !network.program.resident;
  for (std::size_t a = 0; a < action_names.size(); ++a) {
    const auto action = static_cast<Action>(a);
    const std::int64_t rest = by_unit[action] - by_layer[action];
    std::int64_t expected = 0;
    if (action == Action::dispatch) expected = count;
    if (action == Action::instructions_read && network.program.resident) expected = count * 128;
    if (action == Action::dram_refresh) expected = run.memory.refreshes;
    if (fetched && action == Action::dram_read_byte) expected = count * whole_bus_words(network);
    if (fetched && action == Action::dram_activate) continue;  // as rows happen to be open
    EXPECT_EQ(rest, expected) << action_names[a];
  }
  EXPECT_EQ(by_unit[Action::dram_read_byte], run.memory.read_bytes);
  EXPECT_EQ(by_unit[Action::dram_write_byte], run.memory.write_bytes);
}

TEST(Energy, OfUnitsAndOfLayersAddsUpToTheTotal) { expect_sums(small_blend("zu3eg"), 2); }
TEST(Energy, AddsUpForAProgramThatIsFetched) {
  const CompiledNetwork network = small_blend("zu3eg", {"buffers.instructions.depth=64"});
  ASSERT_FALSE(network.program.resident);
  expect_sums(network, 2);
}

}  // namespace
}  // namespace blendsim::test

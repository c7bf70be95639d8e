// SPDX-License-Identifier: Apache-2.0
// What a search measures is what the compiled program takes.
#include "compiler/retarget.h"

#include <gtest/gtest.h>

#include "test/model/compiled_network.h"

namespace blendsim::test {
namespace {

blendsim::Run time(const Program& program, const MachineParameters& machine) {
  RunOptions options;
  options.values = false;
  return Machine::instance().run(machine, program, {}, options);
}

TEST(Retargeter, ProgramsTakeTheCyclesOfCompiledOnes) {
  const ZooFile file("neuroblend20", one_block());
  const IntegerNetwork network = load_network(file.path());
  Retargeter retargeter(network);
  CompileOptions options;
  options.evaluate = time;
  const std::vector<std::pair<std::string, std::vector<std::string>>> points = {
      {"zu3eg", {}},
      {"zu3eg", {"xnor_array.rows=32"}},
      {"zu3eg", {"mac_array.columns=4", "dispatcher.queue_depth=2"}},
      {"zu3eg", {"memory.read_latency=90 cycles"}},
      {"zu3eg", {"buffers.weights_binary.depth=64"}},
      {"vu9p", {}},
      {"zu3eg", {}}};
  for (const auto& [name, sets] : points) {
    const Platform platform = load_platform(name, sets, {BLENDSIM_CONFIGS});
    const auto compiled = time(compile(network, platform, options).program, platform.machine);
    const auto searched = time(retargeter.timing_program(platform.machine, time), platform.machine);
    EXPECT_EQ(searched.cycles, compiled.cycles) << name;
    EXPECT_EQ(searched.records, compiled.records) << name;
    EXPECT_EQ(searched.units, compiled.units) << name;
    EXPECT_EQ(searched.memory, compiled.memory) << name;
    EXPECT_EQ(searched.layer_critical_cycles, compiled.layer_critical_cycles) << name;
    EXPECT_GT(compiled.init_cycles, 0);
    EXPECT_EQ(searched.init_cycles, 0) << "init is left out";
  }
}

}  // namespace
}  // namespace blendsim::test

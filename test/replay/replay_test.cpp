// SPDX-License-Identifier: Apache-2.0
// Recorded traffic against the machine that it was recorded on, and against whole simulations on other memories.
#include <gtest/gtest.h>
#include <unistd.h>

#include "network/zoo.h"
#include "replay/recorder.h"
#include "replay/replay.h"
#include "test/model/compiled_network.h"

namespace blendsim::test {
namespace {

struct Recorded {
  Recorded(const CompiledNetwork& network, std::size_t images) {
    TrafficRecorder recorder;
    RunOptions options;
    options.values = false;
    options.consumers = {&recorder};
    run = network.run(std::vector<std::vector<std::int32_t>>(images), options);
    traffic = recorder.traffic(network.program, network.platform);
  }
  Run run;
  Traffic traffic;
};

// The program stays, the platform's memory becomes another.
CompiledNetwork with_memory(CompiledNetwork network, const std::vector<std::string>& sets) {
  network.platform = with_sets(network.platform, sets);
  return network;
}

void expect_same(const TrafficPhase& simulated, const ReplayedPhase& replayed, const std::string& what) {
  ASSERT_EQ(simulated.images.size(), replayed.images.size()) << what;
  for (std::size_t i = 0; i < simulated.images.size(); ++i) {
    EXPECT_EQ(simulated.images[i].doorbell, replayed.images[i].doorbell) << what << ", image " << i;
    EXPECT_EQ(simulated.images[i].completion, replayed.images[i].completion) << what << ", image " << i;
    EXPECT_EQ(simulated.images[i].bursts, replayed.images[i].bursts) << what << ", image " << i;
  }
}

void expect_replays(const CompiledNetwork& network, const std::string& what) {
  const Recorded recorded(network, 3);
  const std::vector<std::vector<std::string>> memories = {
      {},
      {"memory.read_latency=400 cycles"},
      {"memory.read_latency=1 cycles", "memory.write_latency=1 cycles"},
      {"memory.taken_by_cpu=80 %", "memory.write_latency=300 cycles"},
      {"memory.sync=8 cycles", "memory.channels=4"},
      {"memory.width=16 bit"},
      {"memory.standard=DDR4-2400"},
      {"memory.standard=DDR4-2400", "memory.timing.cl=30"},
      {"clock=100 MHz"},
  };
  for (const std::vector<std::string>& sets : memories) {
    const CompiledNetwork other = with_memory(network, sets);
    const Recorded whole(other, 3);
    // The replay knows the machine by its text, as a file of traffic carries it.
    const Platform text = parse_platform(recorded.traffic.platform_yaml, "traffic", {BLENDSIM_CONFIGS});
    const MachineParameters machine = with_sets(text, sets).machine;
    const std::string where = what + (sets.empty() ? "" : " " + sets.front());
    for (const Phase phase : {Phase::init, Phase::main}) {
      const ReplayedPhase replayed =
          replay(recorded.traffic.of(phase), machine.memory, machine.clock_hz, ReplayMode::dependencies);
      expect_same(whole.traffic.of(phase), replayed, where);
      if (phase == Phase::main) {
        EXPECT_EQ(replayed.memory, whole.run.memory) << where;
      } else {
        EXPECT_EQ(replayed.end(), whole.run.init_cycles) << where;
      }
    }
  }
}

TEST(Replay, GivesEveryStampOfTheSimulationOnTheSameAndOnOtherMemories) {
  const std::string file = testing::TempDir() + "/blendsim_replay_zoo" + std::to_string(::getpid()) + ".onnx";
  for (const auto& [name, summary] : zoo_entries()) {
    ZooOptions options;
    if (name == "neuroblend18" || name == "resnet18-bnn") options.width = 16;  // of 64 they do not fit the smallest
    if (name == "blendmixer") options.blocks = 2;
    write_zoo_network(name, options, file);
    for (const std::string platform : {"zu3eg", "zu7ev", "k26"}) {
      if (name == "blendmixer" && platform == "zu3eg") continue;  // it has no transpose_unit
      expect_replays(CompiledNetwork(file, platform), name + " on " + platform);
    }
  }
}

}  // namespace
}  // namespace blendsim::test

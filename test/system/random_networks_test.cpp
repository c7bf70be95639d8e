// SPDX-License-Identifier: Apache-2.0
// The whole path on random networks and machines: file -> lowering -> compiler -> machine, against the float32
// reference of the file and the integer executor.
#include <gtest/gtest.h>

#include "compiler/compile.h"
#include "network/integer_network.h"
#include "sim/machine.h"
#include "system/random_network.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

struct Case {
  const char* platform;
  std::vector<std::string> sets;
};

FloatArray random_input(test::RandomNetwork& network) {
  FloatArray x{network.input_shape, {}};
  for (std::int64_t i = 0; i < element_count(x.shape); ++i) {
    x.values.push_back(static_cast<float>(network.pick(-128, 127)) / 64.0F);
  }
  return x;
}

// Where every layer is exact, each integer tensor that stands for a tensor of the file is that tensor, scaled.
void expect_file_agrees(const Graph& graph, const FloatArray& x, const IntegerNetwork& network,
                        const TensorValues& integers) {
  for (const Layer& layer : network.layers) {
    if (!layer.exactness.exact) return;
  }
  const std::map<std::string, FloatArray> reference = evaluate(graph, x);
  int compared = 0;
  for (std::size_t t = 0; t < network.tensors.size(); ++t) {
    const IntTensor& tensor = network.tensors[t];
    const auto found = reference.find(tensor.name);
    const bool accumulator = tensor.format == Format::signed_bits(32);
    if (found == reference.end() || accumulator || found->second.values.size() != integers[t].size()) continue;
    ++compared;
    for (std::size_t i = 0; i < integers[t].size(); ++i) {
      ASSERT_EQ(static_cast<float>(integers[t][i] - tensor.zero_point) * tensor.scale, found->second.values[i])
          << tensor.name << " at " << i;
    }
  }
  EXPECT_GT(compared, 0);
}

void expect_machine_agrees(const Run& run, const IntegerNetwork& network, const TensorValues& integers) {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t t = 0; t < network.tensors.size(); ++t) by_name[network.tensors[t].name] = t;
  int compared = 0;
  for (const LayerResult& result : run.tensors.at(0)) {
    const auto found = by_name.find(result.name);
    if (found == by_name.end()) continue;
    ++compared;
    ASSERT_EQ(result.values, integers[found->second]) << result.name;
  }
  EXPECT_GE(compared, static_cast<int>(network.layers.size()) / 2);
}

class RandomNetworks : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomNetworks, GiveTheFilesValuesOnEveryMachine) {
  test::RandomNetwork random(GetParam());
  const Graph graph = random.model.normalised();
  const IntegerNetwork network = lower(graph);
  const FloatArray x = random_input(random);
  const std::vector<std::int32_t> image = quantize_input(network.input, x);
  const TensorValues integers = execute(network, image);
  expect_file_agrees(graph, x, network, integers);

  const std::vector<Case> machines = {
      {"zu3eg", {}},
      {"zu7ev", {}},
      {"z7020", {"dispatcher.queue_depth=2", "buffers.weights_fixed.depth=2048"}},
      {"zu3eg",
       {"xnor_array.words=6", "xnor_array.rows=32", "xnor_array.depth=21 cycles", "mac_array.rows=32",
        "mac_array.columns=4", "post_unit.lanes=32", "post_unit.depth=64 cycles", "buffers.parameters.width=1024 bit",
        "dispatcher.token_latency=3 cycles"}},
  };
  for (const Case& c : machines) {
    SCOPED_TRACE(c.platform);
    std::vector<std::string> sets = c.sets;
    sets.emplace_back("post_unit.operand=32 bit");  // random weights add up to more than trained ones
    const Platform platform = load_platform(c.platform, sets, paths);
    const Program program = compile(network, platform).program;
    const std::vector<std::vector<std::int32_t>> images = {image};
    Machine& machine = Machine::instance();
    const auto run = machine.run(platform.machine, program, images, {.check_hazards = true, .capture_tensors = true});
    expect_machine_agrees(run, network, integers);
    for (std::size_t o = 0; o < network.output_tensors.size(); ++o) {
      EXPECT_EQ(run.outputs.at(0).at(o), integers[static_cast<std::size_t>(network.output_tensors[o])]);
    }
    const auto timing = machine.run(platform.machine, program, images, {.values = false});
    EXPECT_EQ(timing.cycles, run.cycles);
    EXPECT_EQ(timing.records, run.records);
    const auto stalled =
        machine.run(platform.machine, program, images, {.check_hazards = true, .stall_seed = GetParam() + 1});
    EXPECT_EQ(stalled.outputs, run.outputs);
    EXPECT_NE(stalled.cycles, run.cycles);
    for (const UnitCycles& unit : run.units) EXPECT_EQ(unit.total(), run.cycles);
    Cycles critical = 0;
    for (const Cycles cycles : run.layer_critical_cycles) critical += cycles;
    EXPECT_EQ(critical, run.cycles);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetworks, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace blendsim

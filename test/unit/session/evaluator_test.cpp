// SPDX-License-Identifier: Apache-2.0
// Outcomes are what compile(), the machine and the estimates say one by one; refusals are results.
#include "session/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "session/networks.h"
#include "sim/machine.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

Run simulate(const Program& program, const MachineParameters& machine) {
  RunOptions options;
  options.values = false;
  return Machine::instance().run(machine, program, {}, options);
}

class Designs : public testing::Test {
 protected:
  static void SetUpTestSuite() { network_ = new IntegerNetwork(named_network("neuroblend_tiny")); }
  static void TearDownTestSuite() { delete network_; }

  std::size_t figure(const std::string& name, FigureOf::Over over = FigureOf::Over::one) {
    task_.figures.push_back({find_metric(name), 0, over});
    return task_.figures.size() - 1;
  }
  Outcome outcome(const std::vector<std::pair<std::string, std::string>>& sets, Effort effort = Effort::all_orders) {
    if (task_.networks.empty()) task_.networks = {network_};
    std::vector<Setting> settings;
    for (const auto& [key, value] : sets) settings.push_back(variants_.setting(key, value, {}));
    return Evaluator(variants_, task_, simulate).evaluate(settings, effort);
  }

  static IntegerNetwork* network_;
  PlatformVariants variants_{load_platform("zu3eg", {}, paths)};
  Evaluator::Task task_;
};
IntegerNetwork* Designs::network_ = nullptr;

// As a program that compile() makes for as many images.
TEST_F(Designs, OfSeveralImagesInFlightHaveTheFiguresOfOneInference) {
  const std::size_t cycles = figure("cycles"), interval = figure("interval"), rate = figure("throughput"),
                    gops = figure("gops"), bytes = figure("dram_bytes"), energy = figure("dynamic_energy");
  const Outcome alone = outcome({});
  task_.images = 4;
  const Outcome four = outcome({});
  ASSERT_TRUE(alone.complete() && four.complete());
  CompileOptions options;
  options.evaluate = simulate;
  options.images = 4;
  const Platform platform = load_platform("zu3eg", {}, paths);
  const Program program = compile(*network_, platform, options).program;
  EXPECT_EQ(four.figures[cycles], static_cast<double>(simulate(program, platform.machine).cycles));
  EXPECT_EQ(four.figures[interval], four.figures[cycles] / 4);
  EXPECT_EQ(alone.figures[interval], alone.figures[cycles]);
  EXPECT_LT(four.figures[interval], alone.figures[interval]);
  EXPECT_NEAR(four.figures[rate], static_cast<double>(platform.machine.clock_hz) / four.figures[interval], 1e-6);
  EXPECT_NEAR(four.figures[gops] * four.figures[interval], alone.figures[gops] * alone.figures[interval], 1e-6);
  EXPECT_EQ(four.figures[bytes], alone.figures[bytes]);
  EXPECT_NEAR(four.figures[energy], alone.figures[energy], 0.02 * alone.figures[energy]);
}

TEST_F(Designs, HaveTheFiguresOfACompilationARunAndTheEstimates) {
  const std::size_t cycles = figure("cycles"), latency = figure("latency"), lut = figure("lut"),
                    energy = figure("energy"), gops = figure("gops"), bytes = figure("dram_bytes");
  task_.must_fit = false;
  for (const std::string rows : {"16", "32"}) {
    for (const std::string words : {"3", "6"}) {
      const Outcome out =
          outcome({{"xnor_array.rows", rows}, {"xnor_array.words", words}, {"buffers.weights_binary.depth", "256"}});
      ASSERT_EQ(out.stage, DesignStage::complete) << out.code << " " << out.subject;
      const Platform platform = load_platform(
          "zu3eg", {"xnor_array.rows=" + rows, "xnor_array.words=" + words, "buffers.weights_binary.depth=256"}, paths);
      CompileOptions options;
      options.evaluate = simulate;
      const Program program = compile(*network_, platform, options).program;
      const blendsim::Run run = simulate(program, platform.machine);
      const ResourceEstimate resources = estimate_resources(platform);
      const Technology technology = load_technology(platform.technology, paths);
      const ActivityModel activity = load_activity(paths);
      const PowerEstimate power = estimate_power(run, 1, PowerModel(platform, resources, technology, activity));
      std::int64_t macs = 0;
      for (const ProgramLayer& layer : program.layers) macs += layer.macs;
      const double seconds = static_cast<double>(run.cycles) / static_cast<double>(platform.machine.clock_hz);
      EXPECT_EQ(out.figures[cycles], run.cycles);
      EXPECT_EQ(out.figures[latency], seconds);
      EXPECT_EQ(out.figures[lut], estimate_resources(platform).total.lut);
      EXPECT_NEAR(out.figures[energy], power.all_in_j, 1e-6 * power.all_in_j);
      EXPECT_DOUBLE_EQ(out.figures[gops], 2e-9 * static_cast<double>(macs) / seconds);
      EXPECT_EQ(out.figures[bytes], run.memory.read_bytes + run.memory.write_bytes);
    }
  }
}

TEST_F(Designs, OfTheFirstOrderTakeNoFewerCyclesThanOfAllOrders) {
  const std::size_t cycles = figure("cycles");
  for (const std::string depth : {"256", "512", "1024"}) {
    const double first = outcome({{"buffers.act_fixed.depth", depth}}, Effort::first_order).figures[cycles];
    EXPECT_GE(first, outcome({{"buffers.act_fixed.depth", depth}}).figures[cycles]) << depth;
  }
}

TEST_F(Designs, ThatContradictThemselvesComeNoFurtherThanThePlatform) {
  figure("lut");
  const Outcome out = outcome({{"xnor_array.rows", "16"}, {"mac_array.rows", "16"}, {"post_unit.lanes", "64"}});
  EXPECT_EQ(out.stage, DesignStage::platform);
  EXPECT_EQ(out.code, "contradiction");
  EXPECT_THAT(out.subject, testing::HasSubstr("."));
  EXPECT_GE(out.violation, 1);
  EXPECT_TRUE(std::isnan(out.figures[0]));
}

TEST_F(Designs, BeyondTheirDeviceOrALimitSayHowFar) {
  const std::size_t lut = figure("lut");
  const Outcome large = outcome({{"xnor_array.rows", "128"}});
  EXPECT_EQ(large.stage, DesignStage::resources);
  EXPECT_EQ(large.code, "device-too-small");
  EXPECT_GT(large.violation, 0);
  task_.must_fit = false;
  EXPECT_EQ(outcome({{"xnor_array.rows", "128"}}).stage, DesignStage::complete);
  task_.must_fit = true;
  const double own = outcome({}).figures[lut];
  task_.limits = {{lut, true, own / 2}};
  const Outcome limited = outcome({});
  EXPECT_EQ(limited.stage, DesignStage::resources);
  EXPECT_EQ(limited.code, "limit");
  EXPECT_EQ(limited.subject, "lut");
  EXPECT_DOUBLE_EQ(limited.violation, 1);
}

TEST_F(Designs, BeyondALimitOfTheRunWereSimulated) {
  const std::size_t latency = figure("latency");
  const double own = outcome({}).figures[latency];
  task_.limits = {{latency, true, own / 2}};
  const Outcome out = outcome({});
  EXPECT_EQ(out.stage, DesignStage::machine);
  EXPECT_EQ(out.figures[latency], own);
  EXPECT_DOUBLE_EQ(out.violation, 1);
  task_.limits = {{latency, true, own}};
  EXPECT_TRUE(outcome({}).complete());
  task_.limits = {{latency, false, 2 * own}};
  EXPECT_DOUBLE_EQ(outcome({}).violation, 0.5);
}

TEST_F(Designs, WithoutRoomNameTheBuffer) {
  figure("cycles");
  const Outcome out = outcome({{"buffers.act_fixed.depth", "16"}, {"buffers.act_fixed.regions", "1"}});
  EXPECT_EQ(out.stage, DesignStage::program);
  EXPECT_EQ(out.code, "does-not-fit");
  EXPECT_GT(out.violation, 0);
}

TEST_F(Designs, OfSeveralNetworksTakeTheirSumOrTheLargest) {
  const IntegerNetwork other = named_network("mlp_w2a2");
  task_.networks = {network_, &other};
  const std::size_t a = figure("cycles");
  task_.figures.push_back({find_metric("cycles"), 1, FigureOf::Over::one});
  const std::size_t b = a + 1, sum = figure("cycles", FigureOf::Over::sum),
                    largest = figure("cycles", FigureOf::Over::largest);
  const Outcome out = outcome({});
  ASSERT_TRUE(out.complete()) << out.code << out.subject;
  EXPECT_NE(out.figures[a], out.figures[b]);
  EXPECT_EQ(out.figures[sum], out.figures[a] + out.figures[b]);
  EXPECT_EQ(out.figures[largest], std::max(out.figures[a], out.figures[b]));
}

}  // namespace
}  // namespace blendsim

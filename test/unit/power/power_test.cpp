// SPDX-License-Identifier: Apache-2.0
#include "power/power.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "power/terms.h"
#include "power/thermal.h"
#include "units/units.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};
using testing::HasSubstr;

// Primitive p takes p + 1 pJ, from nothing to three times that, in a group of its own.
Technology counting_technology() {
  static const std::array<std::string, primitive_count> groups = [] {
    std::array<std::string, primitive_count> out;
    for (std::size_t p = 0; p < primitive_count; ++p) out[p] = std::string(primitives[p].name);
    return out;
  }();
  Technology t;
  for (std::size_t p = 0; p < primitive_count; ++p) {
    const auto e = 1000 * static_cast<std::int64_t>(p + 1);
    t.primitives[p] = {e, 0, 3 * e, 0, "test", groups[p], "test"};
  }
  t.processor = {2'000'000, 1'000'000, 3'000'000, 0, "test", "processor", "test"};
  t.leakage_doubling = {28, 28, 28, 0, "test", "static", "test"};
  return t;
}

// Every term of every module toggles one LUT; a cycle toggles nothing.
ActivityModel one_lut_a_term() {
  ActivityModel model;
  for (const std::string& file : activity_files()) {
    ModuleActivity& module = model.modules[file];
    module.terms[std::string(cycle_term)] = {};
    for (const Term& term : activity_terms()) module.terms[std::string(term.name)][Primitive::lut_toggle] = 1;
  }
  for (double& density : model.profile.of) density = 0.25;
  return model;
}

struct Machine {
  Platform platform = load_platform("zu3eg", {}, paths);
  Technology technology = counting_technology();
  ActivityModel activity = one_lut_a_term();
  ResourceEstimate resources = estimate_resources(platform);

  [[nodiscard]] PowerEstimate power(const Run& run, std::int64_t images = 1, const PowerConditions& conditions = {}) {
    resources = estimate_resources(platform);
    return estimate_power(run, images, PowerModel(platform, resources, technology, activity), conditions);
  }
};

Run one_action(Action action, std::size_t unit, std::int64_t count) {
  Run run;
  run.cycles = 250;
  run.actions[unit][action] = count;
  run.layer_actions.resize(2);
  run.layer_actions[1][action] = count;
  return run;
}

TEST(Power, EveryTermOfAnActionCountsAsOftenAsItSays) {
  Machine m;
  const auto lut = static_cast<double>(m.technology[Primitive::lut_toggle].value);
  for (std::size_t a = 0; a < action_names.size(); ++a) {
    const auto action = static_cast<Action>(a);
    double expected = 0;
    for (const Term& term : activity_terms()) {
      if (term.action == action) expected += lut * term.count(m.platform.machine, m.activity.profile);
    }
    const PowerEstimate p = m.power(one_action(action, 2, 1000));
    const std::string_view name = action_names[a];
    const bool memory = name.ends_with("_read") || name.ends_with("_write");
    if (memory) expected += static_cast<double>(m.technology[Primitive::bram18_access].value) / 36;
    if (name.starts_with("dram_")) {
      EXPECT_EQ(p.dynamic_fj, 0) << name;
      EXPECT_GT(p.dram_fj, 0) << name;
      continue;
    }
    EXPECT_EQ(p.dynamic_fj, 1000 * std::llround(expected)) << name;
    EXPECT_EQ(p.parts[2].action_fj, p.dynamic_fj);
    EXPECT_EQ(p.layers[0].fj, 0);
    EXPECT_EQ(p.layers[1].fj, p.dynamic_fj);
  }
}

// A layer whose data were sampled has its own densities; another, and what was not sampled, those of the profile.
TEST(Power, ALayerTogglesAsItsOwnDataDo) {
  Machine m;
  blendsim::Run run = one_action(Action::xnor_word, 2, 1000);
  run.layer_actions[0][Action::xnor_word] = 1000;
  run.actions[2][Action::xnor_word] = 2000;
  const std::int64_t profile = m.power(run).layers[1].fj;
  run.switching.emplace();
  run.switching->layers.resize(2);
  SampledDistance& operand = run.switching->layers[1].distances[static_cast<std::size_t>(Distance::xnor_operand)];
  operand.add({.bits = 0, .words = 10, .compared = 480});
  Densities own = m.activity.profile;
  own[Distance::xnor_operand] = 0;
  const auto lut = static_cast<double>(m.technology[Primitive::lut_toggle].value);
  double expected = 0;
  for (const Term& term : activity_terms()) {
    if (term.action == Action::xnor_word) expected += lut * term.count(m.platform.machine, own);
  }
  const PowerEstimate p = m.power(run);
  EXPECT_EQ(p.layers[0].fj, profile);
  EXPECT_EQ(p.layers[1].fj, 1000 * std::llround(expected));
  EXPECT_LT(p.layers[1].fj, profile);
  EXPECT_EQ(p.parts[2].action_fj, p.layers[0].fj + p.layers[1].fj);
  EXPECT_TRUE(p.sampled);
}

// A clock tree does not stop while a unit waits: what never started takes clocks and leakage, and nothing else.
TEST(Power, OfAMachineThatDoesNothingIsClocksAndLeakage) {
  Machine m;
  const PowerEstimate p = m.power(one_action(Action::mac, 3, 0));
  double per_cycle = 0;
  for (const ResourceEstimate::Part& part : m.resources.parts) {
    per_cycle += static_cast<double>(part.used.ff * m.technology[Primitive::ff_clock].value +
                                     part.used.bram36_halves * m.technology[Primitive::bram18_clock].value +
                                     part.used.uram * m.technology[Primitive::uram_clock].value);
  }
  per_cycle += static_cast<double>(m.platform.reserved.ff * m.technology[Primitive::ff_clock].value);
  const double clock = 1e-15 * per_cycle * static_cast<double>(m.platform.machine.clock_hz);
  EXPECT_EQ(p.watts.dynamic, 0);
  EXPECT_EQ(p.watts.dram, 0);
  EXPECT_NEAR(p.watts.clock, clock, 1e-12);
  EXPECT_NEAR(p.watts.core(), clock + p.watts.core_static, 1e-12);
  EXPECT_GT(p.watts.core_static, 0);
}

// The same run at half the clock takes twice the time and the same energy.
TEST(Power, AtHalfTheClockHalfTheDynamicWatts) {
  Machine m;
  const blendsim::Run run = one_action(Action::mac, 3, 100'000);
  const PowerEstimate fast = m.power(run);
  m.platform.machine.clock_hz /= 2;
  const PowerEstimate slow = m.power(run);
  EXPECT_EQ(slow.dynamic_fj, fast.dynamic_fj);
  EXPECT_DOUBLE_EQ(slow.watts.dynamic, fast.watts.dynamic / 2);
  EXPECT_DOUBLE_EQ(slow.watts.clock, fast.watts.clock / 2);
}

// P(r) = static + clocks + processor + r x marginal energy.
TEST(Power, AtARateIsClocksAndLeakageAndTheMarginalEnergyOfEachInference) {
  Machine m;
  const blendsim::Run run = one_action(Action::mac, 3, 100'000'000);
  const PowerConditions hot{{}, 60, {}};
  const PowerEstimate full = m.power(run, 4, hot);
  EXPECT_DOUBLE_EQ(full.rate, 4 * 1e6);
  for (const double rate : {1.0, 1000.0, 3e6}) {
    const PowerEstimate p = m.power(run, 4, {{}, 60, rate});
    const double idle = full.watts.core_static + full.watts.clock + full.watts.other_static + 2.0;
    EXPECT_NEAR(p.watts.total(), idle + rate * full.marginal_j, 1e-9 * p.watts.total());
    EXPECT_NEAR(p.all_in_j, p.watts.total() / rate, 1e-12 * p.all_in_j);
    EXPECT_EQ(p.marginal_j, full.marginal_j);
  }
  EXPECT_THROW(static_cast<void>(m.power(run, 4, {{}, 60, 4.1e6})), DiagnosticError);
  for (const double rate : {0.0, -1.0, std::nan("")})
    EXPECT_THROW(static_cast<void>(m.power(run, 4, {{}, 60, rate})), DiagnosticError) << rate;
}

// VCCAUX of a ZCU102 is 0.329 W, idle and loaded; VCCINT doubles each 28 K.
TEST(Power, OnlyTheCoreLeaksMoreWhenItIsHotter) {
  Machine m;
  const blendsim::Run run = one_action(Action::mac, 3, 1000);
  const Rails cool = m.power(run, 1, {{}, 30, {}}).watts, hot = m.power(run, 1, {{}, 58, {}}).watts;
  EXPECT_GT(cool.other_static, 0);
  EXPECT_EQ(hot.other_static, cool.other_static);
  EXPECT_NEAR(hot.core_static, 2 * cool.core_static, 1e-12);
  EXPECT_EQ(hot.clock, cool.clock);
  EXPECT_EQ(hot.dynamic, cool.dynamic);
}

TEST(Power, KnowsTheProcessorApartAndOnlyWhereThereIsOne) {
  Machine m;
  const PowerEstimate zynq = m.power(one_action(Action::mac, 3, 1));
  EXPECT_DOUBLE_EQ(zynq.watts.processor, 2.0);
  EXPECT_DOUBLE_EQ(zynq.watts.accelerator(), zynq.watts.total() - 2.0);
  m.platform.device.processor = 0;
  EXPECT_EQ(m.power(one_action(Action::mac, 3, 1)).watts.processor, 0);
}

TEST(Power, FollowsTheKindOfABuffer) {
  Machine m;
  const auto energy = [&](const char* kind) {
    m.platform = load_platform("zu7ev", {std::string("buffers.weights_binary.kind=") + kind}, paths);
    return m.power(one_action(Action::weights_binary_read, 2, 72'000)).dynamic_fj;
  };
  EXPECT_NE(energy("bram"), energy("uram"));
}

TEST(Power, AnEnergyBeyond63BitsIsAnErrorAndNeverWraps) {
  Machine m;
  EXPECT_THROW(static_cast<void>(m.power(one_action(Action::mac, 2, INT64_MAX / 2))), DiagnosticError);
}

// With one constant to a group the band of a run is the root of the squares; with one group, their sum.
TEST(Power, ErrorsOfOneGroupAddUpAndGroupsAreIndependent) {
  const std::vector<Spread> apart = {{"a", "x", 3, 6}, {"b", "y", 4, 8}},
                            together = {{"a", "x", 3, 6}, {"b", "x", 4, 8}};
  EXPECT_DOUBLE_EQ(band(10, apart).low, 5);
  EXPECT_DOUBLE_EQ(band(10, apart).high, 20);
  EXPECT_DOUBLE_EQ(band(10, together).low, 3);
  EXPECT_DOUBLE_EQ(band(10, together).high, 24);
  EXPECT_EQ(band(1, together).low, 0) << "never below nothing";
  const std::vector<Spread> most = largest({{"a", "x", 1, 1}, {"b", "x", 5, 0}, {"c", "x", 0, 0}, {"d", "y", 0, 9}}, 3);
  ASSERT_EQ(most.size(), 3U);
  EXPECT_EQ(most[0].constant, "d");
  EXPECT_EQ(most[1].constant, "b");
}

TEST(Power, HasABandThatItsConstantsMake) {
  Machine m;
  const PowerEstimate p = m.power(one_action(Action::mac, 3, 1'000'000), 1, {{}, 25, {}});
  // Every constant may be nothing or three times itself, each in a group of its own; of the unit LUTs and clocks work.
  const PartEnergy& mac = p.parts[3];
  const double working = 1e-15 * static_cast<double>(mac.action_fj) / p.seconds;
  const double clocks = 1e-15 * static_cast<double>(mac.clock_fj) / p.seconds;
  EXPECT_GT(clocks, 0);
  EXPECT_NEAR(mac.watts.high, working + clocks + 2 * std::hypot(working, clocks), 1e-9);
  EXPECT_NEAR(mac.watts.low, working + clocks - std::hypot(working, clocks), 1e-9);
  EXPECT_LT(p.total.low, p.watts.total());
  EXPECT_GT(p.total.high, p.watts.total());
  EXPECT_EQ(p.from.size(), 3U);
}

// The balance, found by bisection instead of steps.
TEST(Thermal, TheJunctionIsWhereHeatAndTemperatureAgree) {
  Device device;
  device.static_microwatt = 200'000;
  device.static_celsius = 25;
  for (const std::int64_t theta : {0, 1000, 5000, 11'500}) {
    device.theta_ja_millikelvin = theta;
    for (const double watt : {0.1, 1.0, 3.0}) {
      const auto excess = [&](double t) {
        return 25 + 1e-3 * static_cast<double>(theta) * (watt + 0.2 * std::exp2((t - 25) / 28)) - t;
      };
      double low = 25, high = 25;
      while (high < 125 && excess(high) > 0) high += 0.25;
      if (high >= 125) continue;
      low = std::max(25.0, high - 0.25);
      for (int i = 0; i < 60; ++i) (excess((low + high) / 2) > 0 ? low : high) = (low + high) / 2;
      const Junction found = find_junction(device, 25, watt, 28);
      EXPECT_NEAR(found.celsius, low, 1e-3) << theta << ' ' << watt;
      EXPECT_FALSE(found.too_hot);
    }
  }
}

TEST(Thermal, WhatRunsAwayIsTooHot) {
  Device device;
  device.static_microwatt = 5'000'000;
  device.theta_ja_millikelvin = 11'500;
  EXPECT_TRUE(find_junction(device, 25, 1, 28).too_hot);
  EXPECT_TRUE(find_junction(device, 25, 100, 28).too_hot);
}

// Vivado's reports of a Z7020 and a ZU7EV, read at their temperatures.
TEST(Thermal, StaticPowerIsWhatTheVendorsToolPrints) {
  struct Point {
    const char* platform;
    double celsius, watt;
  };
  for (const Point& point : {Point{"z7020", 28.1, 0.113}, Point{"z7020", 43.7, 0.140}, Point{"z7020", 45.3, 0.144},
                             Point{"z7020", 47.7, 0.153}, Point{"zu7ev", 29.6, 0.723}}) {
    const Device device = load_platform(point.platform, {}, paths).device;
    const double watt = core_static_w(device, point.celsius, 28) + 1e-6 * static_cast<double>(device.rails_microwatt);
    EXPECT_NEAR(watt, point.watt, 0.04 * point.watt) << point.platform << " at " << point.celsius;
  }
}

// BISMO on an Ultra96: 15.4 binary TOPS below 8 W, so at most 0.52 pJ an operation at board level; ours counts the chip
// alone.
TEST(Activity, AnXnorOperationCostsLessThanThePublishedBoardLevelBound) {
  const Platform platform = load_platform("zu3eg", {}, paths);
  const Technology technology = load_technology("ultrascale-plus-16nm", paths);
  const ActivityModel activity = load_activity(paths);
  const ResourceEstimate resources = estimate_resources(platform);
  const ActionEnergies e = PowerModel(platform, resources, technology, activity).energies(activity.profile);
  EXPECT_LE(e.fj(Action::xnor_word) + 48 * e.fj(Action::weights_binary_read), 48 * 2 * 520)
      << "48 XNORs and additions are 96 operations";
}

}  // namespace
}  // namespace blendsim

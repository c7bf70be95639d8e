// SPDX-License-Identifier: Apache-2.0
// Rule 9 and the critical path, with expected figures from the laws.
#include <gtest/gtest.h>

#include <numeric>

#include "isa/fields.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

const UnitCycles& of(const Run& run, UnitId unit) { return run.units[static_cast<std::size_t>(index(unit))]; }

TEST(Account, NamesAWaitByTheProducerOfTheTokenAwaited) {
  const MachineParameters m = simple_machine();
  const auto run =
      run_steps(m, {load(0, 16).post(UnitId::xnor_array), xnor(10).wait(UnitId::load).post(UnitId::post_unit),
                    post_step(5).wait(UnitId::xnor_array).post_space(UnitId::xnor_array),
                    xnor(10).wait_space(UnitId::post_unit)});
  const auto& r = run.records;
  const UnitCycles& x = of(run, UnitId::xnor_array);
  EXPECT_EQ(x.busy, 20);
  EXPECT_EQ(x.idle, r[1].visible + run.cycles - r[3].front_free);
  EXPECT_EQ(x.stall_memory, r[1].start - r[1].visible);
  EXPECT_EQ(x.stall_downstream, r[3].start - r[1].front_free);
  EXPECT_EQ(x.stall_dispatch, 0);
  const UnitCycles& p = of(run, UnitId::post_unit);
  EXPECT_EQ(p.stall_dependency, r[2].start - r[2].visible);
  EXPECT_EQ(x.total(), run.cycles);
  EXPECT_EQ(p.total(), run.cycles);
}

TEST(Account, GivesAnEmptyQueueToDispatchBetweenTheFirstAndTheLastStart) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {mac(1), xnor(1), xnor(1), xnor(1), mac(1)});
  const auto& r = run.records;
  EXPECT_EQ(of(run, UnitId::mac_array).stall_dispatch, r[4].visible - r[0].front_free);
  EXPECT_EQ(of(run, UnitId::mac_array).idle, r[0].visible + run.cycles - r[4].front_free);
}

TEST(Account, GivesTheRestToTheFence) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {mac(40), mac(1).fence()});
  EXPECT_EQ(of(run, UnitId::mac_array).stall_fence, 9);  // depth: from the free front to the cycle after the end
}

TEST(Account, TakesTheLowestNumberedMissingLinkWhileSeveralAreMissing) {
  const MachineParameters m = simple_machine();
  // mac_array's token (link 3) comes before load's (link 0): all of the wait is load's.
  const auto run = run_steps(m, {load(0, 16).post(UnitId::post_unit), mac(1).post(UnitId::post_unit),
                                 post_step(1).wait(UnitId::load).wait(UnitId::mac_array)});
  EXPECT_EQ(of(run, UnitId::post_unit).stall_memory, run.records[2].start - run.records[2].visible);
  EXPECT_EQ(of(run, UnitId::post_unit).stall_dependency, 0);
  // And the other way round: load's until it comes, then mac's.
  const auto late = run_steps(m, {load(0, 16).post(UnitId::post_unit), mac(200).post(UnitId::post_unit),
                                  post_step(1).wait(UnitId::load).wait(UnitId::mac_array)});
  EXPECT_EQ(of(late, UnitId::post_unit).stall_memory, late.records[0].end + 1 - late.records[2].visible);
  EXPECT_EQ(of(late, UnitId::post_unit).stall_dependency, late.records[1].end - late.records[0].end);
}

TEST(Account, CountsLoadAsBusyWhileABurstIsInFlight) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {load(0, 16), load(64, 16)});
  EXPECT_EQ(of(run, UnitId::load).busy, run.records[1].end + 1 - run.records[0].start);
  EXPECT_EQ(of(run, UnitId::load).stall_dispatch, 0);
}

TEST(ComputeCycles, MergeWhatOverlaps) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(m, {xnor(100), mac(20), pool(200)});
  EXPECT_EQ(run.compute_cycles, run.records[2].front_free - run.records[0].start);
}

TEST(CriticalPath, FollowsTokensBackToTheDoorbell) {
  const MachineParameters m = simple_machine();
  const auto run = run_steps(
      m, {load(0, 512).layer(0).post(UnitId::xnor_array), xnor(100).layer(1).wait(UnitId::load).post(UnitId::post_unit),
          mac(5).layer(3), post_step(30).layer(2).wait(UnitId::xnor_array)});
  const auto& r = run.records;
  EXPECT_EQ(run.layer_critical_cycles[2], run.cycles - r[3].start);
  EXPECT_EQ(run.layer_critical_cycles[1], r[3].start - r[1].start);
  EXPECT_EQ(run.layer_critical_by[0][0], r[1].start - r[0].start);
  EXPECT_EQ(run.layer_critical_by[0][unit_count], r[0].start);
  EXPECT_EQ(run.layer_critical_cycles[3], 0);
}

// Programs of random instructions and tokens, each post before its wait: the accounts and the critical path add up in
// all.
std::vector<Step> random_program(std::uint32_t seed) {
  std::uint64_t state = seed * 2654435761U + 1;
  const auto random = [&](std::uint32_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33) % n);
  };
  std::vector<Step> steps;
  std::array<std::array<int, unit_count>, unit_count> posted{};
  for (int n = 0; n < 60; ++n) {
    const auto unit = static_cast<UnitId>(random(unit_count));
    Step step;
    switch (unit) {
      case UnitId::load: step = load(random(200) * 16, 16 * (1 + random(60)), 1 + random(3), 4096); break;
      case UnitId::store: step = store(random(200) * 16, 16 * (1 + random(60))); break;
      case UnitId::xnor_array: step = xnor(1 + random(80)); break;
      case UnitId::mac_array: step = mac(1 + random(80)); break;
      case UnitId::post_unit: step = post_step(1 + random(80)); break;
      case UnitId::pool_unit: step = pool(1 + random(80)); break;
      case UnitId::transpose_unit: step = turn(1 + random(5)); break;
    }
    step.layer(random(4));
    if (random(4) == 0) step.fence();
    for (const UnitId producer : all_units) {
      int& tokens = posted[static_cast<std::size_t>(producer)][static_cast<std::size_t>(unit)];
      if (tokens > 0 && random(2) == 0) {
        --tokens;
        step.wait(producer);
      }
    }
    const auto consumer = static_cast<UnitId>(random(unit_count));
    if ((links(unit) >> index(consumer) & 1) != 0) {
      ++posted[static_cast<std::size_t>(unit)][static_cast<std::size_t>(consumer)];
      step.post(consumer);
    }
    steps.push_back(step);
  }
  // Take what is left.
  for (const UnitId consumer : all_units) {
    for (bool left = true; left;) {
      left = false;
      Step step = consumer == UnitId::load         ? load(0, 16)
                  : consumer == UnitId::store      ? store(0, 16)
                  : consumer == UnitId::xnor_array ? xnor(1)
                  : consumer == UnitId::mac_array  ? mac(1)
                  : consumer == UnitId::post_unit  ? post_step(1)
                  : consumer == UnitId::pool_unit  ? pool(1)
                                                   : turn(1);
      for (const UnitId producer : all_units) {
        int& tokens = posted[static_cast<std::size_t>(producer)][static_cast<std::size_t>(consumer)];
        if (tokens == 0) continue;
        --tokens;
        step.wait(producer);
        left = true;
      }
      if (left) steps.push_back(step);
    }
  }
  return steps;
}

TEST(RandomPrograms, AccountsAndCriticalPathsAddUp) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    MachineParameters m = simple_machine();
    m.dispatcher.queue_depth = 1 + seed % 5;
    m.dispatcher.token_latency = 1 + seed % 3;
    m.memory.timing.clock_hz = m.clock_hz * (1 + seed % 7) / (1 + seed % 3);
    m.memory.channels = 1 + seed % 3;
    m.load.outstanding = 1 + seed % 4;
    m.memory.timing.refi = 400 + seed;
    RunOptions options;
    options.stall_seed = seed % 2 == 0 ? seed : 0;
    const auto run = run_steps(m, random_program(seed), options, 1 + seed % 2);
    for (const UnitCycles& unit : run.units) ASSERT_EQ(unit.total(), run.cycles) << seed;
    const auto& critical = run.layer_critical_cycles;
    ASSERT_EQ(std::accumulate(critical.begin(), critical.end(), Cycles{0}), run.cycles) << seed;
    for (std::size_t l = 0; l < critical.size(); ++l) {
      const auto& by = run.layer_critical_by[l];
      ASSERT_EQ(std::accumulate(by.begin(), by.end(), Cycles{0}), critical[l]) << seed;
    }
  }
}

TEST(RandomPrograms, AreTheSameWheneverTheyRun) {
  std::vector<blendsim::Run> first;
  const MachineParameters m = simple_machine();
  for (std::uint32_t seed = 1; seed <= 20; ++seed) first.push_back(run_steps(m, random_program(seed)));
  for (std::uint32_t seed = 20; seed >= 1; --seed) {
    const auto again = run_steps(m, random_program(seed));
    const blendsim::Run& before = first[seed - 1];
    EXPECT_EQ(again.cycles, before.cycles);
    EXPECT_EQ(again.records, before.records);
    EXPECT_EQ(again.units, before.units);
    EXPECT_EQ(again.memory, before.memory);
    EXPECT_EQ(again.actions, before.actions);
    EXPECT_EQ(again.layer_critical_by, before.layer_critical_by);
  }
}

}  // namespace
}  // namespace blendsim::test

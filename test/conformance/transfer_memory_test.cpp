// SPDX-License-Identifier: Apache-2.0
// load and store of rtl/ before memories that no shipped platform has: beats that come at once, late, or behind
// others'.
#include <gtest/gtest.h>

#include "platform/platform.h"
#include "unit_bench.h"

namespace blendsim::conformance {
namespace {

struct Memory {
  const char* name;
  std::vector<std::string> sets;
  bool quick = false;  // every DRAM time is one cycle of a fast clock
};

const std::array memories = {
    Memory{"at_once", {"memory.read_latency=1 cycles", "memory.write_latency=1 cycles", "memory.sync=1 cycles"}, true},
    Memory{"late", {"memory.read_latency=300 cycles", "memory.write_latency=200 cycles", "memory.sync=8 cycles"}},
    Memory{"contended", {"memory.taken_by_cpu=80 %", "memory.read_latency=20 cycles"}},
};

struct Case {
  std::size_t stream;
  const char* platform;
  std::size_t memory;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (std::size_t s = 0; s < unit_streams().size(); ++s) {
    if (unit_streams()[s].unit != UnitId::load && unit_streams()[s].unit != UnitId::store) continue;
    for (const char* platform : {"zu3eg", "tiny", "wide", "odd"}) {
      for (std::size_t memory = 0; memory < memories.size(); ++memory) out.push_back({s, platform, memory});
    }
  }
  return out;
}

std::string name_of(const Case& c) {
  return std::string(name(unit_streams()[c.stream].unit)) + "_" + c.platform + "_" + memories[c.memory].name;
}
void PrintTo(const Case& c, std::ostream* out) { *out << name_of(c); }

[[maybe_unused]] MachineParameters machine_of(const Case& c) {
  const std::string name = c.platform;
  const std::string path = name == "zu3eg" ? name : BLENDSIM_SOURCE "/test/conformance/platforms/" + name + ".yaml";
  MachineParameters machine = load_platform(path, memories[c.memory].sets, {BLENDSIM_CONFIGS}).machine;
  if (memories[c.memory].quick) {
    DramTiming& t = machine.memory.timing;
    t = {4'000'000'000, t.burst_length, t.banks, t.row_bytes, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100'000, 1};
  }
  return machine;
}

class RtlTransferMemory : public testing::TestWithParam<Case> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RtlTransferMemory);

TEST_P(RtlTransferMemory, LoadAndStoreAreTheModelsWheneverBeatsCome) {
#ifndef BLENDSIM_VERILATOR
  GTEST_SKIP() << "verilator is not installed";
#else
  const Case& c = GetParam();
  for (const std::size_t profile : {0UL, 4UL}) {
    Compared compared;
    const std::string difference = run_unit_case(unit_streams()[c.stream], c.platform, machine_of(c), profiles[profile],
                                                 100 + c.memory, 500, compared);
    EXPECT_TRUE(difference.empty()) << difference;
  }
#endif
}

INSTANTIATE_TEST_SUITE_P(Memories, RtlTransferMemory, testing::ValuesIn(cases()),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace blendsim::conformance

// SPDX-License-Identifier: Apache-2.0
// Priorities of the list scheduling, on plans small enough to be scheduled by hand.
#include "compiler/rank.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace blendsim::compiler {
namespace {

struct Op {
  UnitId unit;
  int node;
  Cycles occupancy, depth;
};

// `edges`: an operation and one that follows it.
Plan plan_of(const MachineParameters& machine, const std::vector<Op>& ops,
             const std::vector<std::pair<int, int>>& edges) {
  Plan plan;
  plan.machine = &machine;
  for (const Op& op : ops) {
    TileOp tile;
    tile.unit = op.unit;
    tile.node = NodeId(op.node);
    tile.occupancy = op.occupancy;
    tile.depth = op.depth;
    plan.ops.add(tile);
  }
  Dependencies& d = plan.dependencies;
  for (const OpId o : plan.ops.keys()) {
    d.before_begin.add(d.before.size());
    d.after_begin.add(d.after.size());
    for (const auto& [first, second] : edges) {
      if (second == o.value()) d.before.push_back(OpId(first));
      if (first == o.value()) d.after.push_back(OpId(second));
    }
  }
  d.before_begin.add(d.before.size());
  d.after_begin.add(d.after.size());
  return plan;
}

// Operations by rank, the first to go in front.
std::vector<int> order(const Plan& plan, std::string_view priority) {
  const Ranks ranks = rank(plan, priority);
  std::set<std::pair<std::int64_t, int>> sorted;
  for (const OpId o : plan.ops.keys()) sorted.emplace(ranks[o], o.value());
  std::vector<int> out;
  for (const auto& [value, op] : sorted) out.push_back(op);
  return out;
}

std::vector<Cycles> latest_starts(const Plan& plan) {
  const Ranks ranks = rank(plan, "latest-start");
  const auto count = static_cast<std::int64_t>(plan.ops.size());
  std::vector<Cycles> starts;
  for (const OpId o : plan.ops.keys()) starts.push_back((ranks[o] - o.value()) / count);
  return starts;
}

class Rank : public testing::Test {
 protected:
  Rank() { machine_.dispatcher.token_latency = 2; }
  MachineParameters machine_;
};

// The last one ends in cycle 0 - 1: it starts occupancy + depth before 0, and each before it ends a token's way
// earlier.
TEST_F(Rank, LatestStartsLeaveEachOperationItsTimeItsDepthAndATokensWay) {
  const Plan plan = plan_of(machine_, {{UnitId::xnor_array, 0, 40, 7}, {UnitId::post_unit, 0, 30, 11}}, {{0, 1}});
  EXPECT_EQ(latest_starts(plan), (std::vector<Cycles>{-41 - 2 - 7 - 40, -11 - 30}));
}

// One unit for both: what has less behind it goes last, whatever the list says.
TEST_F(Rank, LatestStartsShareAUnit) {
  const Plan plan =
      plan_of(machine_, {{UnitId::mac_array, 1, 10, 5}, {UnitId::mac_array, 0, 10, 5}, {UnitId::post_unit, 1, 50, 5}},
              {{0, 2}});
  EXPECT_EQ(latest_starts(plan), (std::vector<Cycles>{-55 - 2 - 5 - 10, -5 - 10, -5 - 50}));
  EXPECT_EQ(order(plan, "latest-start"), (std::vector<int>{0, 2, 1}));
}

// Going backwards the earlier node is placed first, so that later layers go in front as soon as they can.
TEST_F(Rank, LatestStartsPutTheLaterNodeInFrontWhereBothCouldEndTogether) {
  const Plan plan = plan_of(machine_, {{UnitId::mac_array, 0, 10, 5}, {UnitId::mac_array, 1, 10, 5}}, {});
  EXPECT_EQ(order(plan, "latest-start"), (std::vector<int>{1, 0}));
  EXPECT_EQ(order(plan, "depth-first"), (std::vector<int>{1, 0}));
  EXPECT_EQ(order(plan, "layer-order"), (std::vector<int>{0, 1}));
}

TEST_F(Rank, TheCriticalPathIsTheLongestWayToTheEnd) {
  const Plan plan = plan_of(machine_,
                            {{UnitId::xnor_array, 0, 10, 5},
                             {UnitId::xnor_array, 0, 30, 5},
                             {UnitId::post_unit, 0, 25, 5},
                             {UnitId::mac_array, 1, 1, 5}},
                            {{0, 2}});
  EXPECT_EQ(order(plan, "critical-path"), (std::vector<int>{0, 1, 2, 3}));  // 10 + 5 + 25, 30, 25, 1
}

}  // namespace
}  // namespace blendsim::compiler

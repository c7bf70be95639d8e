// SPDX-License-Identifier: Apache-2.0
#include "compiler/rank.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

namespace blendsim::compiler {
namespace {

// Operations in a schedule that is made from its end backwards, without accumulators: each as late as what follows it
// and its unit's later operations allow. Among those that could end together the earlier node goes in, which is the
// later one of depth-first seen from the other end.
class Backwards {
 public:
  explicit Backwards(const Plan& plan) : plan_(plan), end_(plan.ops.size()), left_(plan.ops.size()) {
    for (const OpId o : plan.ops.keys()) {
      left_[o] = static_cast<int>(plan.dependencies.after_of(o).size());
      if (left_[o] == 0) open_.push_back(o);
    }
  }

  // Cycles before 0, the last one's end.
  Table<OpId, Cycles> starts() {
    Table<OpId, Cycles> start(plan_.ops.size());
    while (!open_.empty()) {
      const auto last =
          std::max_element(open_.begin(), open_.end(), [&](OpId a, OpId b) { return place_of(a) < place_of(b); });
      const OpId o = *last;
      *last = open_.back();
      open_.pop_back();
      const TileOp& op = plan_.ops[o];
      start[o] = front_end(o) - op.occupancy;
      free_[op.unit] = start[o];
      for (const OpId b : plan_.dependencies.before_of(o)) {
        end_[b] = std::min(end_[b], start[o] - plan_.machine->dispatcher.token_latency);
        if (--left_[b] == 0) open_.push_back(b);
      }
    }
    return start;
  }

 private:
  // Until when an operation can hold its unit.
  [[nodiscard]] Cycles front_end(OpId o) const {
    const TileOp& op = plan_.ops[o];
    return std::min(free_[op.unit], end_[o] - op.depth);
  }
  [[nodiscard]] std::tuple<Cycles, int, OpId> place_of(OpId o) const {
    return {front_end(o), -plan_.ops[o].node.value(), o};
  }

  const Plan& plan_;
  Table<OpId, Cycles> end_;                // by when it must have ended
  Table<OpId, int> left_;                  // operations that follow it and are not placed
  Each<UnitId, Cycles, unit_count> free_;  // from when on each unit is taken
  std::vector<OpId> open_;
};

// Cycles to the end of the longest way from each operation on.
Table<OpId, Cycles> ways_to_the_end(const Plan& plan) {
  Table<OpId, Cycles> tail(plan.ops.size());
  for (OpId o = plan.ops.next(); o-- > OpId(0);) {
    tail[o] += plan.ops[o].occupancy;
    for (const OpId p : plan.dependencies.before_of(o)) tail[p] = std::max(tail[p], tail[o] + plan.ops[o].depth);
  }
  return tail;
}

// An image's operations before the next one's, so that its own are in time and the next one's fill what is left.
void put_images_in_order(const Plan& plan, Ranks& ranks) {
  std::vector<OpId> order;
  for (const OpId o : plan.ops.keys()) order.push_back(o);
  const auto place = [&](OpId o) { return std::pair(plan.nodes[plan.ops[o].node].image, ranks[o]); };
  std::ranges::sort(order, std::less<>(), place);
  for (std::size_t i = 0; i < order.size(); ++i) ranks[order[i]] = static_cast<std::int64_t>(i);
}

}  // namespace

Ranks rank(const Plan& plan, std::string_view priority) {
  const auto count = static_cast<std::int64_t>(plan.ops.size());
  Ranks ranks(plan.ops.size());
  const auto set = [&](auto&& major) {
    for (const OpId o : plan.ops.keys()) ranks[o] = major(o) * count + o.value();
  };
  if (priority == "critical-path") set([tail = ways_to_the_end(plan)](OpId o) { return -tail[o]; });
  else if (priority == "latest-start") set([start = Backwards(plan).starts()](OpId o) { return start[o]; });
  else if (priority == "depth-first") set([&](OpId o) { return -std::int64_t{plan.ops[o].node.value()}; });
  else set([](OpId) { return std::int64_t{0}; });
  if (plan.in_flight > 1) put_images_in_order(plan, ranks);
  return ranks;
}

}  // namespace blendsim::compiler

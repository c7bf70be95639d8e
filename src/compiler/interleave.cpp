// SPDX-License-Identifier: Apache-2.0
#include "compiler/interleave.h"

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

namespace blendsim::compiler {
namespace {

using StepId = Index<struct Step>;

// Operations that follow each other in every order: a tile of a stage; another operation and its rows written again.
struct Step {
  OpId begin, end;
  StepId before;  // of the same node
};

class Interleaver {
 public:
  explicit Interleaver(Plan& plan) : plan_(plan), step_of_(plan.ops.size()) {}

  void run() {
    find_steps();
    taken_.assign(steps_.size(), false);
    for (const StepId s : ends_of_bands()) take(s);
    for (const StepId s : steps_.keys()) take(s);
    renumber();
  }

 private:
  void find_steps() {
    StepId before;  // none at the start of a node
    for (OpId o(0); o < plan_.ops.next();) {
      const TileOp& first = plan_.ops[o];
      OpId end = o + 1;
      const auto belongs = [&](const TileOp& op) {
        return op.node == first.node && (first.tile.exists() ? op.tile == first.tile : op.again);
      };
      while (end < plan_.ops.next() && belongs(plan_.ops[end])) ++end;
      const bool same_node = before.exists() && plan_.ops[steps_[before].begin].node == first.node;
      before = steps_.add({o, end, same_node ? before : StepId()});
      for (; o < end; ++o) step_of_[o] = before;
    }
  }

  [[nodiscard]] bool in_bands(const Touch& t) const { return plan_.maps[t.map].bands > 1; }

  // Steps that read bands and write none, top to bottom through the maps, however many nodes they are of.
  [[nodiscard]] std::vector<StepId> ends_of_bands() const {
    std::vector<std::pair<double, StepId>> ends;  // by the part of its node's rows that comes before
    for (const StepId s : steps_.keys()) {
      bool reads = false, writes = false;
      for (OpId o = steps_[s].begin; o < steps_[s].end; ++o) {
        reads = reads || std::ranges::any_of(plan_.touched[o].reads, [&](const Touch& t) { return in_bands(t); });
        writes = writes || std::ranges::any_of(plan_.touched[o].writes, [&](const Touch& t) { return in_bands(t); });
      }
      const TileOp& op = plan_.ops[steps_[s].begin];
      if (reads && !writes) ends.emplace_back(static_cast<double>(op.row) / plan_.nodes[op.node].height, s);
    }
    std::ranges::sort(ends);
    std::vector<StepId> out;
    for (const auto& [part, s] : ends) out.push_back(s);
    return out;
  }

  // What a step must follow comes first. Without recursion: a way through the network may be long.
  void take(StepId last) {
    std::vector<StepId> wanted{last};
    while (!wanted.empty()) {
      const StepId s = wanted.back();
      const std::size_t known = wanted.size();
      if (!taken_[s]) {
        for (OpId o = steps_[s].begin; o < steps_[s].end; ++o) {
          for (const OpId b : plan_.dependencies.before_of(o)) want(step_of_[b], s, wanted);
        }
        if (steps_[s].before.exists()) want(steps_[s].before, s, wanted);
      }
      if (wanted.size() > known) continue;
      wanted.pop_back();
      if (!std::exchange(taken_[s], true)) order_.push_back(s);
    }
  }

  void want(StepId before, StepId of, std::vector<StepId>& wanted) const {
    if (before != of && !taken_[before]) wanted.push_back(before);
  }

  void renumber() {
    Table<OpId, TileOp> ops;
    ops.reserve(plan_.ops.size());
    TileId tiles(0);
    for (const StepId s : order_) {
      for (OpId o = steps_[s].begin; o < steps_[s].end; ++o) {
        ops.add(plan_.ops[o]);
        if (ops.back().tile.exists()) ops.back().tile = tiles;
      }
      if (ops.back().tile.exists()) ++tiles;
    }
    plan_.ops = std::move(ops);
  }

  Plan& plan_;
  Table<StepId, Step> steps_;
  Table<OpId, StepId> step_of_;
  Table<StepId, std::uint8_t> taken_;
  std::vector<StepId> order_;
};

}  // namespace

void interleave(Plan& plan) { Interleaver(plan).run(); }

}  // namespace blendsim::compiler

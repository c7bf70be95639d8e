// SPDX-License-Identifier: Apache-2.0
#include "compiler/interleave.h"

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

namespace blendsim::compiler {
namespace {

using StepId = Index<struct Step>;

// Operations that follow each other in every order: a tile of a stage; a pooling and its rows written again. A load
// stands alone: what it loads again it can load at any time.
struct Step {
  OpId begin, end;
  StepId before;  // of the same node; none of a load's
};

class Interleaver {
 public:
  explicit Interleaver(Plan& plan) : plan_(plan), step_of_(plan.ops.size()) {}

  void run() {
    find_steps();
    taken_.assign(steps_.size(), false);
    const std::vector<End> ends = ends_of_bands();
    auto end = ends.begin();
    StepId next(0);
    for (int phase = 0; next < steps_.next(); ++phase) {
      for (; end != ends.end() && end->phase == phase; ++end) take(end->step);
      for (; next < steps_.next() && phase_of(next) == phase; ++next) take(next);
    }
    renumber();
  }

 private:
  void find_steps() {
    StepId before;  // none at the start of a node
    for (OpId o(0); o < plan_.ops.next();) {
      if (is_needless(o)) {
        ++o;
        continue;
      }
      const TileOp& first = plan_.ops[o];
      OpId end = o + 1;
      const auto belongs = [&](const TileOp& op) {
        return op.node == first.node &&
               (first.tile.exists() ? op.tile == first.tile : op.again > 0 && op.kind != TileOp::Kind::load);
      };
      while (end < plan_.ops.next() && belongs(plan_.ops[end])) ++end;
      const bool same_node =
          before.exists() && plan_.ops[steps_[before].begin].node == first.node && first.kind != TileOp::Kind::load;
      before = steps_.add({o, end, same_node ? before : StepId()});
      for (; o < end; ++o) step_of_[o] = before;
    }
  }

  // Rows that are loaded, or written again, for nobody.
  [[nodiscard]] bool is_needless(OpId o) const {
    const TileOp& op = plan_.ops[o];
    return (op.kind == TileOp::Kind::load || op.again > 0) && plan_.dependencies.after_of(o).empty();
  }

  [[nodiscard]] bool in_bands(const Touch& t) const { return plan_.maps[t.map].bands > 1; }

  [[nodiscard]] const TileOp& first_of(StepId s) const { return plan_.ops[steps_[s].begin]; }
  [[nodiscard]] int phase_of(StepId s) const { return plan_.nodes[first_of(s).node].phase; }

  struct End {
    int phase = 0;
    double part = 0;  // of its node's rows that comes before
    StepId step;
    auto operator<=>(const End&) const = default;
  };

  // Steps that read bands and write none, phase by phase, top to bottom through the maps, however many nodes they
  // are of.
  [[nodiscard]] std::vector<End> ends_of_bands() const {
    std::vector<End> ends;
    for (const StepId s : steps_.keys()) {
      bool reads = false, writes = false;
      for (OpId o = steps_[s].begin; o < steps_[s].end; ++o) {
        reads = reads || std::ranges::any_of(plan_.touched[o].reads, [&](const Touch& t) { return in_bands(t); });
        writes = writes || std::ranges::any_of(plan_.touched[o].writes, [&](const Touch& t) { return in_bands(t); });
      }
      const TileOp& op = first_of(s);
      const Node& node = plan_.nodes[op.node];
      if (reads && !writes) ends.push_back({node.phase, static_cast<double>(op.row) / node.height, s});
    }
    std::ranges::sort(ends, std::less<>());
    return ends;
  }

  // What a step must follow comes first. Without recursion: a way through the network may be long.
  void take(StepId last) {
    std::vector<StepId> wanted{last};
    while (!wanted.empty()) {
      const StepId s = wanted.back();
      const std::size_t known = wanted.size();
      if (!taken_[s]) {
        if (steps_[s].before.exists()) want(steps_[s].before, s, wanted);
        for (OpId o = steps_[s].begin; o < steps_[s].end; ++o) {
          for (const OpId b : plan_.dependencies.before_of(o)) want(step_of_[b], s, wanted);
        }
        std::reverse(wanted.begin() + static_cast<std::ptrdiff_t>(known), wanted.end());  // the first on top
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
        if (is_needless(o)) continue;
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

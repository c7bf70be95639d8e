// SPDX-License-Identifier: Apache-2.0
#include "compiler/bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "units/transfer/law.h"

namespace blendsim::compiler {
namespace {

class Bounder {
 public:
  explicit Bounder(const Plan& plan)
      : plan_(plan), machine_(*plan.machine), begin_(plan.ops.size()), to_end_(plan.ops.size()) {}

  LowerBound run() {
    find_ways();
    LowerBound bound = longest_way();
    const auto compare = [&](LowerBound other) {
      if (other.cycles > bound.cycles) bound = std::move(other);
    };
    for (const UnitId unit : all_units) compare(work_of(unit));
    compare(traffic());
    return bound;
  }

 private:
  // From an operation's start until one that follows it can start. Of what DRAM adds only its latency.
  [[nodiscard]] Cycles length(OpId o, OpId next) const {
    const TileOp& op = plan_.ops[o];
    const Cycles token = plan_.ops[next].unit == op.unit ? 0 : machine_.dispatcher.token_latency;
    return duration(o) + token;
  }
  [[nodiscard]] Cycles duration(OpId o) const {
    const TileOp& op = plan_.ops[o];
    const Cycles depth = op.kind == TileOp::Kind::load    ? machine_.memory.read_latency
                         : op.kind == TileOp::Kind::store ? 0
                                                          : op.depth;
    return op.occupancy + depth;
  }

  void find_ways() {
    for (const OpId o : plan_.ops.keys()) {
      for (const OpId b : plan_.dependencies.before_of(o)) begin_[o] = std::max(begin_[o], begin_[b] + length(b, o));
    }
    for (OpId o = plan_.ops.next(); o-- > OpId(0);) {
      to_end_[o] = std::max(to_end_[o], duration(o));
      for (const OpId b : plan_.dependencies.before_of(o)) to_end_[b] = std::max(to_end_[b], length(b, o) + to_end_[o]);
    }
  }

  [[nodiscard]] LowerBound longest_way() const {
    OpId first;
    Cycles longest = 0;
    for (const OpId o : plan_.ops.keys()) {
      if (to_end_[o] > longest) longest = to_end_[o], first = o;
    }
    if (!first.exists()) return {};
    return {longest, fmt::format("the longest way through what follows one another, from '{}' on",
                                 plan_.row_name(plan_.nodes[plan_.ops[first].node].row))};
  }

  [[nodiscard]] LowerBound work_of(UnitId unit) const {
    Cycles work = 0, before = std::numeric_limits<Cycles>::max(), after = before;
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      if (op.unit != unit) continue;
      work += op.occupancy;
      before = std::min(before, begin_[o]);
      after = std::min(after, to_end_[o] - op.occupancy);
    }
    if (unit == UnitId::load) work += ceil_divide(streamed_bytes(), machine_.memory.bus_bytes());
    if (work == 0) return {};
    return {before + work + after, fmt::format("{} works for {} of them", name(unit), work)};
  }

  // Of constants that are loaded inside the program: a bus word a cycle at most.
  [[nodiscard]] std::int64_t streamed_bytes() const {
    std::int64_t bytes = 0;
    for (const SpaceUse& use : plan_.spaces) {
      for (const std::vector<BlockId>& blocks : use.streamed) {
        for (const BlockId b : blocks)
          bytes += plan_.blocks[b].words * dram_word_bytes(machine_, buffer_id(plan_.blocks[b].space));
      }
    }
    return bytes;
  }

  [[nodiscard]] LowerBound traffic() const {
    std::int64_t bytes = 0;
    for (const TileOp& op : plan_.ops) {
      if (op.kind != TileOp::Kind::load && op.kind != TileOp::Kind::store) continue;
      const Node& node = plan_.nodes[op.node];
      const auto* load = std::get_if<LoadPart>(&node.work);
      bytes += op.rows *
               (load != nullptr ? row_bytes(plan_, *load) : row_bytes(plan_, node, std::get<StorePart>(node.work)));
    }
    bytes += streamed_bytes();
    // Data pass at both edges of the memory's clock.
    const double a_cycle = 2.0 * static_cast<double>(machine_.memory.timing.clock_hz) *
                           static_cast<double>(machine_.memory.width * machine_.memory.channels) / 8 /
                           static_cast<double>(machine_.clock_hz);
    return {static_cast<Cycles>(std::floor(static_cast<double>(bytes) / a_cycle)),
            fmt::format("{} bytes pass DRAM at its peak", bytes)};
  }

  const Plan& plan_;
  const MachineParameters& machine_;
  Table<OpId, Cycles> begin_;   // the earliest
  Table<OpId, Cycles> to_end_;  // from its start, at the least
};

}  // namespace

LowerBound lower_bound(const Plan& plan) { return Bounder(plan).run(); }

}  // namespace blendsim::compiler

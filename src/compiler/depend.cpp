// SPDX-License-Identifier: Apache-2.0
// What each operation must follow: the writers of what it reads, and the convolutions whose accumulators it reads. The
// same for every order that schedule tries.
#include <numeric>

#include "base/diagnostic.h"
#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

class Finder {
 public:
  explicit Finder(Plan& plan) : plan_(plan), found_(plan.dependencies), seen_(plan.ops.size()) {}

  void run() {
    plan_.touched.reserve(plan_.ops.size());
    for (const OpId o : plan_.ops.keys()) {
      TileOp& op = plan_.ops[o];
      op.number = o;
      plan_.touched.add({reads(plan_, op), writes(plan_, op)});
    }
    list_writers();
    find_tiles();
    for (const OpId o : plan_.ops.keys()) {
      found_.before_begin.add(found_.before.size());
      find_before(o);
    }
    found_.before_begin.add(found_.before.size());
    turn_round();
  }

 private:
  struct Writer {
    OpId op;
    int slice0, slice1;
  };
  using MapRow = Index<Writer>;  // rows of all maps, one after the other

  // The writers of a row lie together, in order of operations.
  void list_writers() {
    MapRow rows(0);
    for (const Map& map : plan_.maps) {
      row_of_map_.add(rows);
      rows = rows + map.height;
    }
    writers_begin_.assign(position_of(rows + 1), 0);
    for (const Touched& touched : plan_.touched) {
      for (const Touch& t : touched.writes) {
        for (int row = t.row0; row < t.row1; ++row) ++writers_begin_[row_of(t, row) + 1];
      }
    }
    std::partial_sum(writers_begin_.begin(), writers_begin_.end(), writers_begin_.begin());
    writers_.resize(writers_begin_.back());
    Table<MapRow, std::size_t> next = writers_begin_;
    for (const OpId o : plan_.ops.keys()) {
      for (const Touch& t : plan_.touched[o].writes) {
        for (int row = t.row0; row < t.row1; ++row) writers_[next[row_of(t, row)]++] = {o, t.slice0, t.slice1};
      }
    }
  }

  [[nodiscard]] MapRow row_of(const Touch& t, int row) const { return row_of_map_[t.map] + row; }

  // A tile's convolutions lie side by side, in order of the stage's parts.
  void find_tiles() {
    plan_.slot_begin.assign(position_of(plan_.tiles), SlotId(0));
    first_conv_.assign(position_of(plan_.tiles), {});
    SlotId convs(0);
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      if (op.kind != TileOp::Kind::conv) continue;
      if (!first_conv_[op.tile].exists()) {
        first_conv_[op.tile] = o;
        plan_.slot_begin[op.tile] = convs;
      }
      ++convs;
    }
    plan_.slots.assign(position_of(convs), 0);
  }

  void find_before(OpId o) {
    const TileOp& op = plan_.ops[o];
    for (const Touch& t : plan_.touched[o].reads) {
      for (int row = t.row0; row < t.row1; ++row) {
        for (std::size_t w = writers_begin_[row_of(t, row)]; w < writers_begin_[row_of(t, row) + 1]; ++w) {
          if (writers_[w].slice0 < t.slice1 && t.slice0 < writers_[w].slice1) add(o, writers_[w].op);
        }
      }
    }
    if (op.kind != TileOp::Kind::post) return;
    const PostPart& part = plan_.post(op);
    for (const ConvId conv : {part.a.conv, part.b.conv}) {
      if (conv.exists()) add(o, first_conv_[op.tile] + conv.value());
    }
  }

  void add(OpId op, OpId before) {
    if (seen_[before] == op) return;
    seen_[before] = op;
    if (before >= op) throw InvariantError("compiler", "a tile reads what a later one writes");
    found_.before.push_back(before);
  }

  void turn_round() {
    found_.after_begin.assign(plan_.ops.size() + 1, 0);
    for (const OpId b : found_.before) ++found_.after_begin[b + 1];
    std::partial_sum(found_.after_begin.begin(), found_.after_begin.end(), found_.after_begin.begin());
    found_.after.resize(found_.before.size());
    Table<OpId, std::size_t> next = found_.after_begin;
    for (const OpId o : plan_.ops.keys()) {
      for (const OpId b : found_.before_of(o)) found_.after[next[b]++] = o;
    }
  }

  Plan& plan_;
  Dependencies& found_;
  Table<OpId, OpId> seen_;  // the last one whose list holds it
  Table<MapId, MapRow> row_of_map_;
  Table<MapRow, std::size_t> writers_begin_;
  std::vector<Writer> writers_;
  Table<TileId, OpId> first_conv_;
};

}  // namespace

void depend(Plan& plan) { Finder(plan).run(); }

}  // namespace blendsim::compiler

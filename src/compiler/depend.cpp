// SPDX-License-Identifier: Apache-2.0
// What each operation must follow: the writers of what it reads, on chip or in DRAM, the convolutions whose
// accumulators it reads, and what reads the rows whose places in a ring it takes. The same for every order that
// schedule tries.
#include <algorithm>
#include <numeric>

#include "base/diagnostic.h"
#include "compiler/interleave.h"
#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

class Finder {
 public:
  explicit Finder(Plan& plan) : plan_(plan), found_(plan.dependencies) {}

  void run() {
    find();
    const bool in_bands = std::ranges::any_of(plan_.maps, [](const Map& map) { return map.bands > 1; });
    if (!in_bands) return;
    interleave(plan_);
    plan_.touched.clear();
    in_order_ = true;
    find();
  }

 private:
  void find() {
    found_ = {};
    seen_.assign(plan_.ops.size(), {});
    plan_.touched.reserve(plan_.ops.size());
    for (const OpId o : plan_.ops.keys()) {
      TileOp& op = plan_.ops[o];
      op.number = o;
      plan_.touched.add({reads(plan_, op), writes(plan_, op)});
    }
    list_writers();
    list_stores();
    list_last_stores();
    find_tiles();
    if (plan_.banding.least_height > 0) list_users();
    for (const OpId o : plan_.ops.keys()) {
      found_.before_begin.add(found_.before.size());
      find_before(o);
    }
    found_.before_begin.add(found_.before.size());
    turn_round();
  }

  struct Writer {
    OpId op;
    int slice0, slice1;
  };
  using BandRow = Index<Writer>;  // rows of all bands, one after the other

  // The writers of a row lie together, in order of operations.
  void list_writers() {
    BandRow rows(0);
    first_row_.clear();
    for (const Band& band : plan_.bands) {
      first_row_.add(rows - band.first_row);
      rows = rows + band.rows;
    }
    writers_begin_.assign(position_of(rows) + 1, 0);
    for (const Touched& touched : plan_.touched) {
      for (const Touch& t : touched.writes) {
        for (int row = t.row0; row < t.row1; ++row) ++writers_begin_[row_of(t, row) + 1];
      }
    }
    std::partial_sum(writers_begin_.begin(), writers_begin_.end(), writers_begin_.begin());
    writers_.resize(writers_begin_.back());
    Table<BandRow, std::size_t> next = writers_begin_;
    for (const OpId o : plan_.ops.keys()) {
      for (const Touch& t : plan_.touched[o].writes) {
        for (int row = t.row0; row < t.row1; ++row) writers_[next[row_of(t, row)]++] = {o, t.slice0, t.slice1};
      }
    }
  }

  // What brings each row of a spilled map to DRAM.
  void list_stores() {
    stores_.clear();
    for (const Spill& s : plan_.spills) stores_.add(Table<int, std::vector<OpId>>(static_cast<std::size_t>(s.rows)));
    if (stores_.empty()) return;
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      if (op.kind != TileOp::Kind::store) continue;
      const SpillId s = std::get<StorePart>(plan_.nodes[op.node].work).spill;
      const int first = plan_.nodes[op.node].corner.row + op.row;
      for (int row = first; s.exists() && row < first + op.rows; ++row) stores_[s][row].push_back(o);
    }
  }

  // The last operation that stores each output of each image.
  void list_last_stores() {
    last_stores_.assign(static_cast<std::size_t>(plan_.images), {});
    if (plan_.in_flight == 1) return;
    OpId last;
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      if (op.kind != TileOp::Kind::store) continue;
      std::vector<OpId>& of_image = last_stores_[plan_.nodes[op.node].image];
      if (last.exists() && plan_.ops[last].node == op.node) of_image.back() = o;
      else of_image.push_back(o);
      last = o;
    }
  }

  // What reads or writes each row of a ring.
  void list_users() {
    users_.assign(writers_begin_.size(), {});
    for (const OpId o : plan_.ops.keys()) {
      for (const Touches* touches : {&plan_.touched[o].reads, &plan_.touched[o].writes}) {
        for (const Touch& t : *touches) {
          if (plan_.maps[t.map].bands == 1) continue;
          for (int row = t.row0; row < t.row1; ++row) users_[row_of(t, row)].push_back(o);
        }
      }
    }
  }

  [[nodiscard]] BandRow row_of(const Touch& t, int row) const { return first_row_[t.band] + row; }

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
    for (const Touch& t : plan_.touched[o].writes) {
      if (t.band != plan_.maps[t.map].first_band && in_order_) follow_users(o, t);
    }
    if (op.kind == TileOp::Kind::load) follow_stores(o, op), follow_image(o, op);
    if (op.kind != TileOp::Kind::post) return;
    const PostPart& part = plan_.post(op);
    for (const ConvId conv : {part.a.conv, part.b.conv}) {
      if (conv.exists()) add(o, first_conv_[op.tile] + conv.value());
    }
  }

  void follow_stores(OpId o, const TileOp& op) {
    const SpillId s = std::get<LoadPart>(plan_.nodes[op.node].work).spill;
    const int first = plan_.nodes[op.node].corner.row + op.row;
    for (int row = first; s.exists() && row < first + op.rows; ++row) {
      for (const OpId store : stores_[s][row]) add(o, store);
    }
  }

  // An image begins when the one so many before it has ended.
  void follow_image(OpId o, const TileOp& op) {
    const int before = plan_.nodes[op.node].image - plan_.in_flight;
    if (plan_.in_flight == 1 || before < 0) return;
    for (const OpId last : last_stores_[before]) add(o, last);
  }

  // Of the rows whose places those of `t` take: the same places, in the last band before in which anything is there.
  void follow_users(OpId o, const Touch& t) {
    const BandId first = plan_.maps[t.map].first_band;
    for (int row = t.row0; row < t.row1; ++row) {
      const int place = row - plan_.bands[t.band].first_row;
      for (BandId taken = t.band - 1; taken >= first; taken = taken - 1) {
        if (place >= plan_.bands[taken].rows) break;
        const std::vector<OpId>& users = users_[first_row_[taken] + plan_.bands[taken].first_row + place];
        for (const OpId user : users) {
          if (user < o) add(o, user);
          else ask_for_rows(t.map);
        }
        if (!users.empty()) break;
      }
    }
  }

  // Of a larger ring: with this one the row would be written before another in its place is read.
  void ask_for_rows(MapId map) {
    Banding& banding = plan_.banding;
    banding.too_few = true;
    banding.least_rows.resize(plan_.maps.size());
    banding.least_rows[map] = plan_.maps[map].band_rows + 1;
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
  Table<OpId, OpId> seen_;            // the last one whose list holds it
  Table<BandId, BandRow> first_row_;  // where the map's first row would stand
  Table<BandRow, std::size_t> writers_begin_;
  std::vector<Writer> writers_;
  Table<BandRow, std::vector<OpId>> users_;
  Table<SpillId, Table<int, std::vector<OpId>>> stores_;  // by row of the map
  Table<int, std::vector<OpId>> last_stores_;             // by image
  bool in_order_ = false;  // operations are numbered in an order in which rings may be used
  Table<TileId, OpId> first_conv_;
};

}  // namespace

void depend(Plan& plan) { Finder(plan).run(); }

}  // namespace blendsim::compiler

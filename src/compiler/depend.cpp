// SPDX-License-Identifier: Apache-2.0
// What each operation must follow: the writers of what it reads, and the convolutions whose accumulators it reads. The
// same for every order that schedule tries.
#include <algorithm>

#include "base/diagnostic.h"
#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

class Finder {
 public:
  explicit Finder(Plan& plan) : plan_(plan), found_(plan.dependencies), seen_(plan.ops.size(), -1) {}

  void run() {
    list_writers();
    find_tiles();
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      found_.before_begin.push_back(found_.before.size());
      find_before(static_cast<int>(o));
    }
    found_.before_begin.push_back(found_.before.size());
    turn_round();
  }

 private:
  struct Writer {
    int op, slice0, slice1;
  };

  // Rows of all maps, one after the other; the writers of a row lie together, in order of operations.
  void list_writers() {
    row_of_map_.resize(plan_.maps.size());
    std::size_t rows = 0;
    for (std::size_t m = 0; m < plan_.maps.size(); ++m) {
      row_of_map_[m] = rows;
      rows += static_cast<std::size_t>(plan_.maps[m].height);
    }
    writers_begin_.assign(rows + 1, 0);
    for (const TileOp& op : plan_.ops) {
      for (const Touch& t : writes(plan_, op)) {
        for (int row = t.row0; row < t.row1; ++row) ++writers_begin_[row_of(t, row) + 1];
      }
    }
    for (std::size_t r = 0; r < rows; ++r) writers_begin_[r + 1] += writers_begin_[r];
    writers_.resize(writers_begin_.back());
    std::vector<std::size_t> next(writers_begin_.begin(), writers_begin_.end() - 1);
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      for (const Touch& t : writes(plan_, plan_.ops[o])) {
        for (int row = t.row0; row < t.row1; ++row)
          writers_[next[row_of(t, row)]++] = {static_cast<int>(o), t.slice0, t.slice1};
      }
    }
  }

  [[nodiscard]] std::size_t row_of(const Touch& t, int row) const {
    return row_of_map_[static_cast<std::size_t>(t.map)] + static_cast<std::size_t>(row);
  }

  // A tile's convolutions lie side by side, in order of the stage's parts.
  void find_tiles() {
    plan_.slot_begin.assign(static_cast<std::size_t>(plan_.tiles), 0);
    first_conv_.assign(static_cast<std::size_t>(plan_.tiles), -1);
    std::size_t convs = 0;
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      const TileOp& op = plan_.ops[o];
      if (op.kind != TileOp::Kind::conv) continue;
      const auto tile = static_cast<std::size_t>(op.tile);
      if (first_conv_[tile] < 0) {
        first_conv_[tile] = static_cast<int>(o);
        plan_.slot_begin[tile] = convs;
      }
      ++convs;
    }
    plan_.slots.assign(convs, 0);
  }

  void find_before(int o) {
    const TileOp& op = plan_.ops[static_cast<std::size_t>(o)];
    for (const Touch& t : reads(plan_, op)) {
      for (int row = t.row0; row < t.row1; ++row) {
        for (std::size_t w = writers_begin_[row_of(t, row)]; w < writers_begin_[row_of(t, row) + 1]; ++w) {
          if (writers_[w].slice0 < t.slice1 && t.slice0 < writers_[w].slice1) add(o, writers_[w].op);
        }
      }
    }
    if (op.kind != TileOp::Kind::post) return;
    const PostPart& part =
        std::get<Stage>(plan_.nodes[static_cast<std::size_t>(op.node)].work).posts[static_cast<std::size_t>(op.part)];
    for (const int conv : {part.a.conv, part.b.conv}) {
      if (conv >= 0) add(o, first_conv_[static_cast<std::size_t>(op.tile)] + conv);
    }
  }

  void add(int op, int before) {
    if (seen_[static_cast<std::size_t>(before)] == op) return;
    seen_[static_cast<std::size_t>(before)] = op;
    if (before >= op) throw InvariantError("compiler", "a tile reads what a later one writes");
    found_.before.push_back(before);
  }

  void turn_round() {
    const std::size_t count = plan_.ops.size();
    found_.after_begin.assign(count + 1, 0);
    for (const int b : found_.before) ++found_.after_begin[static_cast<std::size_t>(b) + 1];
    for (std::size_t o = 0; o < count; ++o) found_.after_begin[o + 1] += found_.after_begin[o];
    found_.after.resize(found_.before.size());
    std::vector<std::size_t> next(found_.after_begin.begin(), found_.after_begin.end() - 1);
    for (std::size_t o = 0; o < count; ++o) {
      for (const int b : found_.before_of(o)) found_.after[next[static_cast<std::size_t>(b)]++] = static_cast<int>(o);
    }
  }

  Plan& plan_;
  Dependencies& found_;
  std::vector<int> seen_;  // by operation: the last one whose list holds it
  std::vector<std::size_t> row_of_map_, writers_begin_;
  std::vector<Writer> writers_;
  std::vector<int> first_conv_;
};

}  // namespace

void depend(Plan& plan) { Finder(plan).run(); }

}  // namespace blendsim::compiler

// SPDX-License-Identifier: Apache-2.0
// Pass schedule: one program order of all tiles, by list scheduling with the laws' durations. A tile may run once the
// rows it reads are written; main and skip path, and the next layer's first rows, overlap as far as accumulators allow.
#include <algorithm>

#include "base/diagnostic.h"
#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

// Operations that each operation must follow: writers of what it reads, and the convolutions whose accumulators it
// reads.
std::vector<std::vector<int>> predecessors(const Plan& plan) {
  struct Writer {
    int op, slice0, slice1;
  };
  std::vector<std::vector<std::vector<Writer>>> writers(plan.maps.size());
  for (std::size_t m = 0; m < plan.maps.size(); ++m) writers[m].resize(static_cast<std::size_t>(plan.maps[m].height));
  std::vector<std::vector<int>> convs_of(static_cast<std::size_t>(plan.tiles));
  for (std::size_t o = 0; o < plan.ops.size(); ++o) {
    const TileOp& op = plan.ops[o];
    for (const Touch& t : writes(plan, op)) {
      for (int row = t.row0; row < t.row1; ++row) {
        writers[static_cast<std::size_t>(t.map)][static_cast<std::size_t>(row)].push_back(
            {static_cast<int>(o), t.slice0, t.slice1});
      }
    }
    if (op.kind == TileOp::Kind::conv) convs_of[static_cast<std::size_t>(op.tile)].push_back(static_cast<int>(o));
  }
  std::vector<std::vector<int>> result(plan.ops.size());
  for (std::size_t o = 0; o < plan.ops.size(); ++o) {
    const TileOp& op = plan.ops[o];
    std::vector<int>& list = result[o];
    for (const Touch& t : reads(plan, op)) {
      for (int row = t.row0; row < t.row1; ++row) {
        for (const Writer& w : writers[static_cast<std::size_t>(t.map)][static_cast<std::size_t>(row)]) {
          if (w.slice0 < t.slice1 && t.slice0 < w.slice1) list.push_back(w.op);
        }
      }
    }
    if (op.kind == TileOp::Kind::post) {
      const PostPart& part =
          std::get<Stage>(plan.nodes[static_cast<std::size_t>(op.node)].work).posts[static_cast<std::size_t>(op.part)];
      for (const int conv : {part.a.conv, part.b.conv}) {
        if (conv >= 0) list.push_back(convs_of[static_cast<std::size_t>(op.tile)][static_cast<std::size_t>(conv)]);
      }
    }
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    if (!list.empty() && list.back() >= static_cast<int>(o))
      throw InvariantError("compiler", "a tile reads what a later one writes");
  }
  return result;
}

// Accumulator slots of one region: when each is free again; `taken` ones wait for their readers to be scheduled.
struct Slots {
  std::vector<Cycles> free_at;
  std::vector<bool> taken;

  [[nodiscard]] int available() const { return static_cast<int>(std::count(taken.begin(), taken.end(), false)); }
  [[nodiscard]] int earliest() const {
    int best = -1;
    for (std::size_t s = 0; s < taken.size(); ++s) {
      if (!taken[s] && (best < 0 || free_at[s] < free_at[static_cast<std::size_t>(best)])) best = static_cast<int>(s);
    }
    return best;
  }
};

class Scheduler {
 public:
  Scheduler(Plan& plan, const Priority& priority)
      : plan_(plan),
        machine_(*plan.machine),
        strict_(priority.strict),
        preds_(predecessors(plan)),
        end_(plan.ops.size(), -1),
        tiles_(static_cast<std::size_t>(plan.tiles)) {
    rank(priority.name);
    make_streams();
    make_slots();
    count_blocks();
  }

  void run() {
    plan_.slots.assign(tiles_.size(), {});
    while (order_.size() < plan_.ops.size()) {
      const int op = strict_ ? static_cast<int>(order_.size()) : choose();
      if (op < 0) throw InvariantError("compiler", "no tile can be scheduled next");
      commit(op);
    }
    std::vector<TileOp> ordered;
    for (const int o : order_) ordered.push_back(plan_.ops[static_cast<std::size_t>(o)]);
    plan_.ops = std::move(ordered);
    plan_.estimate = *std::max_element(end_.begin(), end_.end()) + 1;
  }

 private:
  struct Tile {
    std::vector<int> convs, posts;  // operations
    std::vector<int> slot;          // by convolution; -1: none yet
    std::vector<int> readers;       // posts still to come, by convolution
    std::vector<Cycles> last_read;
  };

  // Lower goes first among those that can start now.
  void rank(const std::string& name) {
    rank_.resize(plan_.ops.size());
    std::vector<Cycles> tail(plan_.ops.size(), 0);
    for (std::size_t o = plan_.ops.size(); o-- > 0;) {
      tail[o] += plan_.ops[o].occupancy;
      for (const int p : preds_[o])
        tail[static_cast<std::size_t>(p)] = std::max(tail[static_cast<std::size_t>(p)], tail[o] + plan_.ops[o].depth);
    }
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      const auto generation = static_cast<std::int64_t>(o);
      if (name == "critical-path") rank_[o] = -tail[o] * static_cast<std::int64_t>(plan_.ops.size()) + generation;
      else if (name == "depth-first")
        rank_[o] = -std::int64_t{plan_.ops[o].node} * static_cast<std::int64_t>(plan_.ops.size()) + generation;
      else rank_[o] = generation;
    }
  }

  // The operations of a node's part keep their order: only heads compete.
  void make_streams() {
    std::map<std::tuple<int, int, int>, std::size_t> index;
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      const TileOp& op = plan_.ops[o];
      const auto [entry, is_new] = index.try_emplace({op.node, static_cast<int>(op.kind), op.part}, streams_.size());
      if (is_new) streams_.emplace_back();
      streams_[entry->second].push_back(static_cast<int>(o));
      stream_of_.push_back(entry->second);
      if (op.tile < 0) continue;
      Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
      if (op.kind == TileOp::Kind::conv) {
        tile.convs.push_back(static_cast<int>(o));
        tile.slot.push_back(-1);
        tile.readers.push_back(0);
        tile.last_read.push_back(0);
      } else {
        tile.posts.push_back(static_cast<int>(o));
        for (const int conv : operands(op)) ++tile.readers[static_cast<std::size_t>(conv)];
      }
    }
    head_.assign(streams_.size(), 0);
  }

  [[nodiscard]] std::vector<int> operands(const TileOp& op) const {
    std::vector<int> out;
    const PostPart& part =
        std::get<Stage>(plan_.nodes[static_cast<std::size_t>(op.node)].work).posts[static_cast<std::size_t>(op.part)];
    if (part.a.conv >= 0) out.push_back(part.a.conv);
    if (part.b.conv >= 0 && part.b.conv != part.a.conv) out.push_back(part.b.conv);
    return out;
  }

  static std::size_t region_of(const TileOp& op) { return op.unit == UnitId::xnor_array ? 0 : 1; }

  void make_slots() {
    const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth;
    for (std::size_t r = 0; r < 2; ++r) {
      const std::int64_t words = plan_.accumulator_slot[r];
      const auto count = static_cast<std::size_t>(words == 0 ? 0 : depth / words);
      slots_[r].free_at.assign(count, 0);
      slots_[r].taken.assign(count, false);
    }
    for (const Tile& tile : tiles_) {
      std::array<int, 2> count{};
      for (const int o : tile.convs) ++count[region_of(plan_.ops[static_cast<std::size_t>(o)])];
      for (std::size_t r = 0; r < 2; ++r) largest_[r] = std::max(largest_[r], count[r]);
    }
  }

  void count_blocks() {
    for (std::size_t s = 0; s < space_count; ++s) {
      if (!plan_.spaces[s].streamed) continue;
      left_[s].assign(plan_.spaces[s].blocks.size(), 0);
      for (const TileOp& op : plan_.ops) {
        const int position = block_position(s, op);
        if (position >= 0) ++left_[s][static_cast<std::size_t>(position)];
      }
    }
  }

  // Position in its space's order of use of the streamed block that an operation reads; -1: none.
  [[nodiscard]] int block_position(std::size_t s, const TileOp& op) const {
    const auto space = static_cast<Space>(s);
    const bool mine = op.kind == TileOp::Kind::post   ? space == Space::records
                      : op.kind != TileOp::Kind::conv ? false
                      : op.unit == UnitId::xnor_array ? space == Space::weights_binary || space == Space::xnor_starts
                                                      : space == Space::weights_fixed || space == Space::mac_starts;
    if (!mine) return -1;
    const std::vector<int>& blocks = plan_.spaces[s].blocks;
    const auto found = std::lower_bound(blocks.begin(), blocks.end(), op, [&](int b, const TileOp& o) {
      const Block& block = plan_.blocks[static_cast<std::size_t>(b)];
      return std::pair(block.node, block.chunk) < std::pair(o.node, o.chunk);
    });
    if (found == blocks.end()) return -1;
    const Block& block = plan_.blocks[static_cast<std::size_t>(*found)];
    return block.node == op.node && block.chunk == op.chunk ? static_cast<int>(found - blocks.begin()) : -1;
  }

  // Streamed constants are used in one order: a block's users all precede the next block's.
  [[nodiscard]] bool constants_allow(const TileOp& op) const {
    for (std::size_t s = 0; s < space_count; ++s) {
      if (!plan_.spaces[s].streamed) continue;
      const int position = block_position(s, op);
      for (int b = 0; b < position; ++b) {
        if (left_[s][static_cast<std::size_t>(b)] > 0) return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool inputs_written(int o) const {
    return std::all_of(preds_[static_cast<std::size_t>(o)].begin(), preds_[static_cast<std::size_t>(o)].end(),
                       [&](int p) { return end_[static_cast<std::size_t>(p)] >= 0; });
  }

  // What the readers of a tile's accumulators need from outside the tile is there.
  [[nodiscard]] bool readers_can_run(const Tile& tile) const {
    const auto own = [&](int p) {
      return plan_.ops[static_cast<std::size_t>(p)].tile ==
             plan_.ops[static_cast<std::size_t>(tile.convs.front())].tile;
    };
    return std::all_of(tile.posts.begin(), tile.posts.end(), [&](int o) {
      const std::vector<int>& preds = preds_[static_cast<std::size_t>(o)];
      return constants_allow(plan_.ops[static_cast<std::size_t>(o)]) &&
             std::all_of(preds.begin(), preds.end(),
                         [&](int p) { return own(p) || end_[static_cast<std::size_t>(p)] >= 0; });
    });
  }

  // Nothing but slots is missing for a tile to be finished: its convolutions and readers can run, and the node's tiles
  // before it, which go first in every stream, have their slots.
  [[nodiscard]] bool can_finish(const TileOp& op) const {
    const Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
    for (std::size_t c = 0; c < tile.convs.size(); ++c) {
      if (tile.slot[c] >= 0) continue;
      if (!inputs_written(tile.convs[c]) || !constants_allow(plan_.ops[static_cast<std::size_t>(tile.convs[c])]))
        return false;
    }
    if (!readers_can_run(tile)) return false;
    for (int before = op.tile - 1; before >= 0; --before) {
      const Tile& earlier = tiles_[static_cast<std::size_t>(before)];
      if (plan_.ops[static_cast<std::size_t>(earlier.posts.back())].node != op.node) break;
      if (end_[static_cast<std::size_t>(earlier.posts.back())] >= 0) break;
      if (std::find(earlier.slot.begin(), earlier.slot.end(), -1) != earlier.slot.end() || !readers_can_run(earlier))
        return false;
    }
    return true;
  }

  // A tile that can be finished takes its slots at once. One that still waits for an input may only run ahead
  // while every region keeps room for a whole tile: so there is always one that can be finished.
  [[nodiscard]] bool accumulators_allow(int o) const {
    const TileOp& op = plan_.ops[static_cast<std::size_t>(o)];
    const Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
    if (tile.slot[static_cast<std::size_t>(op.part)] >= 0) return true;
    std::array<int, 2> needed{};
    for (std::size_t c = 0; c < tile.convs.size(); ++c) {
      if (tile.slot[c] < 0) ++needed[region_of(plan_.ops[static_cast<std::size_t>(tile.convs[c])])];
    }
    if (can_finish(op)) return needed[0] <= slots_[0].available() && needed[1] <= slots_[1].available();
    const std::size_t r = region_of(op);
    return slots_[r].available() > largest_[r];
  }

  [[nodiscard]] Cycles start_of(int o) const {
    const TileOp& op = plan_.ops[static_cast<std::size_t>(o)];
    Cycles start = free_[static_cast<std::size_t>(index(op.unit))];
    for (const int p : preds_[static_cast<std::size_t>(o)])
      start = std::max(start, end_[static_cast<std::size_t>(p)] + 1 + machine_.dispatcher.token_latency);
    if (op.kind != TileOp::Kind::conv) return start;
    const Slots& slots = slots_[region_of(op)];
    const int own = tiles_[static_cast<std::size_t>(op.tile)].slot[static_cast<std::size_t>(op.part)];
    const int slot = own >= 0 ? own : slots.earliest();
    return std::max(start, slots.free_at[static_cast<std::size_t>(slot)]);
  }

  [[nodiscard]] int choose() const {
    int best = -1;
    Cycles best_start = 0;
    for (std::size_t s = 0; s < streams_.size(); ++s) {
      if (head_[s] == streams_[s].size()) continue;
      const int o = streams_[s][head_[s]];
      const TileOp& op = plan_.ops[static_cast<std::size_t>(o)];
      if (!inputs_written(o) || !constants_allow(op) || (op.kind == TileOp::Kind::conv && !accumulators_allow(o)))
        continue;
      const Cycles start = start_of(o);
      if (best >= 0 && std::tuple(start, rank_[static_cast<std::size_t>(o)]) >=
                           std::tuple(best_start, rank_[static_cast<std::size_t>(best)]))
        continue;
      best = o;
      best_start = start;
    }
    return best;
  }

  void take_slots(const TileOp& op) {
    Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
    const auto take = [&](std::size_t c) {
      Slots& slots = slots_[region_of(plan_.ops[static_cast<std::size_t>(tile.convs[c])])];
      tile.slot[c] = slots.earliest();
      if (tile.slot[c] < 0) throw InvariantError("compiler", "no accumulator slot is free");
      slots.taken[static_cast<std::size_t>(tile.slot[c])] = true;
    };
    const bool complete = can_finish(op);
    for (std::size_t c = 0; c < tile.convs.size(); ++c) {
      if (tile.slot[c] < 0 && (complete || c == static_cast<std::size_t>(op.part))) take(c);
    }
  }

  void commit(int o) {
    TileOp& op = plan_.ops[static_cast<std::size_t>(o)];
    if (op.kind == TileOp::Kind::conv &&
        tiles_[static_cast<std::size_t>(op.tile)].slot[static_cast<std::size_t>(op.part)] < 0)
      take_slots(op);
    const Cycles start = start_of(o);
    free_[static_cast<std::size_t>(index(op.unit))] = start + op.occupancy;
    end_[static_cast<std::size_t>(o)] = start + op.occupancy - 1 + op.depth;
    ++head_[stream_of_[static_cast<std::size_t>(o)]];
    order_.push_back(o);
    for (std::size_t s = 0; s < space_count; ++s) {
      if (!plan_.spaces[s].streamed) continue;
      const int position = block_position(s, op);
      if (position >= 0) --left_[s][static_cast<std::size_t>(position)];
    }
    if (op.kind == TileOp::Kind::conv) record_slot(op);
    if (op.kind == TileOp::Kind::post) release_slots(op, end_[static_cast<std::size_t>(o)]);
  }

  void record_slot(TileOp& op) {
    const Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
    const std::size_t r = region_of(op);
    const std::int64_t base = r == 0 ? 0 : machine_.buffer(BufferId::accumulators).depth;
    op.accumulators =
        static_cast<std::uint32_t>(base + tile.slot[static_cast<std::size_t>(op.part)] * plan_.accumulator_slot[r]);
    auto& addresses = plan_.slots[static_cast<std::size_t>(op.tile)];
    addresses.resize(tile.convs.size());
    addresses[static_cast<std::size_t>(op.part)] = op.accumulators;
  }

  void release_slots(const TileOp& op, Cycles end) {
    Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
    for (const int conv : operands(op)) {
      const auto c = static_cast<std::size_t>(conv);
      tile.last_read[c] = std::max(tile.last_read[c], end);
      if (--tile.readers[c] > 0) continue;
      Slots& slots = slots_[region_of(plan_.ops[static_cast<std::size_t>(tile.convs[c])])];
      slots.taken[static_cast<std::size_t>(tile.slot[c])] = false;
      slots.free_at[static_cast<std::size_t>(tile.slot[c])] = tile.last_read[c] + 1 + machine_.dispatcher.token_latency;
    }
  }

  Plan& plan_;
  const MachineParameters& machine_;
  bool strict_;
  std::vector<std::vector<int>> preds_;
  std::vector<Cycles> end_;  // -1: not scheduled
  std::vector<std::int64_t> rank_;
  std::vector<std::vector<int>> streams_;
  std::vector<std::size_t> stream_of_, head_;
  std::vector<Tile> tiles_;
  std::array<Slots, 2> slots_;
  std::array<int, 2> largest_{};
  std::array<std::vector<int>, space_count> left_;
  std::array<Cycles, unit_count> free_{};
  std::vector<int> order_;
};

}  // namespace

const std::vector<Priority>& priorities() {
  static const std::vector<Priority> all = {
      {"critical-path", false}, {"depth-first", false}, {"layer-order", false}, {"one by one", true}};
  return all;
}

void schedule(Plan& plan, const Priority& priority) {
  plan.priority = priority.name;
  Scheduler(plan, priority).run();
}

}  // namespace blendsim::compiler

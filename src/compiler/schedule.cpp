// SPDX-License-Identifier: Apache-2.0
// Pass schedule: one program order of all tiles, by list scheduling with the laws' durations. A tile may run once the
// rows it reads are written; main and skip path, and the next layer's first rows, overlap as far as accumulators allow.
#include <algorithm>
#include <limits>

#include "base/diagnostic.h"
#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

// Accumulator slots of one region: when each is free again; `taken` ones wait for their readers to be scheduled.
class Slots {
 public:
  void reset(std::size_t count) {
    free_at_.assign(count, 0);
    offered_at_.assign(count, 0);
    available_ = static_cast<int>(count);
    earliest_ = count > 0 ? 0 : -1;
  }
  [[nodiscard]] int available() const { return available_; }
  [[nodiscard]] int earliest() const { return earliest_; }  // the lowest of those that are free first; -1: none is
  [[nodiscard]] Cycles free_at(int slot) const { return free_at_[static_cast<std::size_t>(slot)]; }
  int take() {
    const int slot = earliest_;
    if (slot < 0) throw InvariantError("compiler", "no accumulator slot is free");
    offered_at_[static_cast<std::size_t>(slot)] = taken;
    --available_;
    const auto first = std::min_element(offered_at_.begin(), offered_at_.end());
    earliest_ = *first == taken ? -1 : static_cast<int>(first - offered_at_.begin());
    return slot;
  }
  void release(int slot, Cycles at) {
    free_at_[static_cast<std::size_t>(slot)] = offered_at_[static_cast<std::size_t>(slot)] = at;
    ++available_;
    if (earliest_ < 0 || at < free_at(earliest_) || (at == free_at(earliest_) && slot < earliest_)) earliest_ = slot;
  }

 private:
  static constexpr Cycles taken = std::numeric_limits<Cycles>::max();

  std::vector<Cycles> free_at_, offered_at_;  // the latter without those taken
  int available_ = 0, earliest_ = -1;
};

class Scheduler {
 public:
  Scheduler(Plan& plan, const Priority& priority)
      : plan_(plan), machine_(*plan.machine), strict_(priority.strict), state_(plan.ops.size()) {
    rank(priority.name);
    make_streams();
    make_tiles();
    make_slots();
    count_blocks();
  }

  void run() {
    order_.reserve(plan_.ops.size());
    while (order_.size() < plan_.ops.size()) {
      const int op = strict_ ? static_cast<int>(order_.size()) : choose();
      if (op < 0) throw InvariantError("compiler", "no tile can be scheduled next");
      commit(op);
    }
    std::vector<TileOp> ordered;
    ordered.reserve(order_.size());
    for (const int o : order_) ordered.push_back(op_of(o));
    plan_.ops = std::move(ordered);
    for (const State& state : state_) plan_.estimate = std::max(plan_.estimate, state.end + 1);
  }

 private:
  struct State {
    Cycles end = -1;        // -1: not scheduled
    Cycles ready = 0;       // everything it must follow has ended and is known to have
    std::int64_t rank = 0;  // lower goes first among those that can start together
    int waiting = 0;        // operations that it must follow and that are not scheduled
    int outside = 0;        // ... of other tiles
    int next = -1;          // of its stream
    bool head = false;      // of its stream
    int slot = -1;          // convolutions: accumulators; -1: none yet
    int readers = 0;        // ... post-processing still to come
    Cycles last_read = 0;
  };
  struct Tile {
    int first = 0, convs = 0, posts = 0;  // operations [first, first + convs) and the `posts` after them
    [[nodiscard]] int end() const { return first + convs + posts; }
    [[nodiscard]] int last() const { return end() - 1; }
  };

  State& state(int o) { return state_[static_cast<std::size_t>(o)]; }
  [[nodiscard]] const State& state(int o) const { return state_[static_cast<std::size_t>(o)]; }
  TileOp& op_of(int o) { return plan_.ops[static_cast<std::size_t>(o)]; }
  [[nodiscard]] const TileOp& op_of(int o) const { return plan_.ops[static_cast<std::size_t>(o)]; }
  [[nodiscard]] const Tile& tile_of(const TileOp& op) const { return tiles_[static_cast<std::size_t>(op.tile)]; }

  void rank(const std::string& name) {
    const auto count = static_cast<std::int64_t>(plan_.ops.size());
    std::vector<Cycles> tail(plan_.ops.size(), 0);
    for (std::size_t o = plan_.ops.size(); o-- > 0;) {
      tail[o] += plan_.ops[o].occupancy;
      for (const int p : plan_.dependencies.before_of(o))
        tail[static_cast<std::size_t>(p)] = std::max(tail[static_cast<std::size_t>(p)], tail[o] + plan_.ops[o].depth);
    }
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      const auto generation = static_cast<std::int64_t>(o);
      if (name == "critical-path") state_[o].rank = -tail[o] * count + generation;
      else if (name == "depth-first") state_[o].rank = -std::int64_t{plan_.ops[o].node} * count + generation;
      else state_[o].rank = generation;
    }
  }

  // The operations of a node's part keep their order: only heads compete.
  void make_streams() {
    std::vector<std::size_t> stream_of_node{0};
    for (const Node& node : plan_.nodes) {
      const auto* stage = std::get_if<Stage>(&node.work);
      stream_of_node.push_back(stream_of_node.back() +
                               (stage != nullptr ? stage->convs.size() + stage->posts.size() : 1));
    }
    std::vector<int> last(stream_of_node.back(), -1);
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      const TileOp& op = plan_.ops[o];
      const auto node = static_cast<std::size_t>(op.node);
      std::size_t stream = stream_of_node[node] + static_cast<std::size_t>(op.part);
      if (op.kind == TileOp::Kind::post) stream += std::get<Stage>(plan_.nodes[node].work).convs.size();
      State& s = state_[o];
      for (const int p : plan_.dependencies.before_of(o)) {
        ++s.waiting;
        if (op.tile < 0 || op_of(p).tile != op.tile) ++s.outside;
      }
      s.head = last[stream] < 0;
      if (!s.head) state(last[stream]).next = static_cast<int>(o);
      last[stream] = static_cast<int>(o);
      if (s.head && s.waiting == 0) open_.push_back(static_cast<int>(o));
    }
  }

  void make_tiles() {
    tiles_.resize(static_cast<std::size_t>(plan_.tiles));
    for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
      const TileOp& op = plan_.ops[o];
      if (op.tile < 0) continue;
      Tile& tile = tiles_[static_cast<std::size_t>(op.tile)];
      if (tile.convs + tile.posts == 0) tile.first = static_cast<int>(o);
      if (op.kind == TileOp::Kind::conv) {
        ++tile.convs;
        continue;
      }
      ++tile.posts;
      for_operands(op, [&](int conv) { ++state(conv).readers; });
    }
  }

  // Convolutions of its tile whose accumulators a post-processing reads.
  template <class Each>
  void for_operands(const TileOp& op, Each&& each) const {
    const PostPart& part =
        std::get<Stage>(plan_.nodes[static_cast<std::size_t>(op.node)].work).posts[static_cast<std::size_t>(op.part)];
    const int first = tile_of(op).first;
    if (part.a.conv >= 0) each(first + part.a.conv);
    if (part.b.conv >= 0 && part.b.conv != part.a.conv) each(first + part.b.conv);
  }

  static std::size_t region_of(const TileOp& op) { return op.unit == UnitId::xnor_array ? 0 : 1; }

  void make_slots() {
    const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth;
    for (std::size_t r = 0; r < 2; ++r) {
      const std::int64_t words = plan_.accumulator_slot[r];
      slots_[r].reset(static_cast<std::size_t>(words == 0 ? 0 : depth / words));
    }
    for (const Tile& tile : tiles_) {
      std::array<int, 2> count{};
      for (int c = tile.first; c < tile.first + tile.convs; ++c) ++count[region_of(op_of(c))];
      for (std::size_t r = 0; r < 2; ++r) largest_[r] = std::max(largest_[r], count[r]);
    }
  }

  // --- streamed constants are used in one order: a block's users all precede the next block's ---------------------
  void count_blocks() {
    for (std::size_t s = 0; s < space_count; ++s) {
      if (!plan_.spaces[s].streamed) continue;
      streamed_.push_back(s);
      left_[s].assign(plan_.spaces[s].blocks.size(), 0);
      position_[s].resize(plan_.ops.size());
      for (std::size_t o = 0; o < plan_.ops.size(); ++o) {
        const int position = block_position(s, plan_.ops[o]);
        position_[s][o] = position;
        if (position >= 0) ++left_[s][static_cast<std::size_t>(position)];
      }
      pass_finished_blocks(s);
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

  void pass_finished_blocks(std::size_t s) {
    const std::vector<int>& left = left_[s];
    int& block = in_use_[s];
    while (block < static_cast<int>(left.size()) && left[static_cast<std::size_t>(block)] == 0) ++block;
  }

  [[nodiscard]] bool constants_allow(int o) const {
    for (const std::size_t s : streamed_) {
      if (position_[s][static_cast<std::size_t>(o)] > in_use_[s]) return false;
    }
    return true;
  }

  // --- accumulators -----------------------------------------------------------------------------------------------
  // What the readers of a tile's accumulators need from outside the tile is there.
  [[nodiscard]] bool readers_can_run(const Tile& tile) const {
    for (int o = tile.first + tile.convs; o < tile.end(); ++o) {
      if (state(o).outside > 0 || !constants_allow(o)) return false;
    }
    return true;
  }

  // Nothing but slots is missing for a tile to be finished: its convolutions and readers can run, and the node's tiles
  // before it, which go first in every stream, have their slots.
  [[nodiscard]] bool can_finish(const TileOp& op) const {
    const Tile& tile = tile_of(op);
    for (int c = tile.first; c < tile.first + tile.convs; ++c) {
      if (state(c).slot < 0 && (state(c).waiting > 0 || !constants_allow(c))) return false;
    }
    if (!readers_can_run(tile)) return false;
    for (int before = op.tile - 1; before >= 0; --before) {
      const Tile& earlier = tiles_[static_cast<std::size_t>(before)];
      if (op_of(earlier.last()).node != op.node || state(earlier.last()).end >= 0) break;
      for (int c = earlier.first; c < earlier.first + earlier.convs; ++c) {
        if (state(c).slot < 0) return false;
      }
      if (!readers_can_run(earlier)) return false;
    }
    return true;
  }

  // A tile that can be finished takes its slots at once. One that still waits for an input may only run ahead
  // while every region keeps room for a whole tile: so there is always one that can be finished.
  [[nodiscard]] bool accumulators_allow(int o) const {
    if (state(o).slot >= 0) return true;
    const TileOp& op = op_of(o);
    const std::size_t r = region_of(op);
    if (slots_[r].available() > largest_[r]) {
      if (slots_[1 - r].available() >= largest_[1 - r]) return true;  // whether it can be finished or not
    }
    if (!can_finish(op)) return slots_[r].available() > largest_[r];
    const Tile& tile = tile_of(op);
    std::array<int, 2> needed{};
    for (int c = tile.first; c < tile.first + tile.convs; ++c) {
      if (state(c).slot < 0) ++needed[region_of(op_of(c))];
    }
    return needed[0] <= slots_[0].available() && needed[1] <= slots_[1].available();
  }

  void take_slots(int o) {
    const TileOp& op = op_of(o);
    const Tile& tile = tile_of(op);
    const bool complete = can_finish(op);
    for (int c = tile.first; c < tile.first + tile.convs; ++c) {
      if (state(c).slot >= 0 || !(complete || c == o)) continue;
      state(c).slot = slots_[region_of(op_of(c))].take();
    }
  }

  void record_slot(int o) {
    TileOp& op = op_of(o);
    const std::size_t r = region_of(op);
    const std::int64_t base = r == 0 ? 0 : machine_.buffer(BufferId::accumulators).depth;
    op.accumulators = static_cast<std::uint32_t>(base + state(o).slot * plan_.accumulator_slot[r]);
    plan_.slots[plan_.slot_begin[static_cast<std::size_t>(op.tile)] + static_cast<std::size_t>(op.part)] =
        op.accumulators;
  }

  void release_slots(int o) {
    for_operands(op_of(o), [&](int conv) {
      State& s = state(conv);
      s.last_read = std::max(s.last_read, state(o).end);
      if (--s.readers > 0) return;
      slots_[region_of(op_of(conv))].release(s.slot, s.last_read + 1 + machine_.dispatcher.token_latency);
    });
  }

  // --- list scheduling --------------------------------------------------------------------------------------------
  // -1: no accumulator slot is free.
  [[nodiscard]] Cycles start_of(int o) const {
    const TileOp& op = op_of(o);
    const Cycles start = std::max(free_[static_cast<std::size_t>(index(op.unit))], state(o).ready);
    if (op.kind != TileOp::Kind::conv) return start;
    const Slots& slots = slots_[region_of(op)];
    const int slot = state(o).slot >= 0 ? state(o).slot : slots.earliest();
    return slot < 0 ? -1 : std::max(start, slots.free_at(slot));
  }

  // Of the open operations that constants and accumulators allow, the one that starts first, then by rank.
  [[nodiscard]] int choose() const {
    int best = -1;
    Cycles best_start = 0;
    for (const int o : open_) {
      const Cycles start = start_of(o);
      if (start < 0 || (best >= 0 && (start > best_start || (start == best_start && state(o).rank > state(best).rank))))
        continue;
      if (!constants_allow(o) || (op_of(o).kind == TileOp::Kind::conv && !accumulators_allow(o))) continue;
      best = o;
      best_start = start;
    }
    return best;
  }

  void commit(int o) {
    const TileOp& op = op_of(o);
    State& s = state(o);
    if (op.kind == TileOp::Kind::conv && s.slot < 0) take_slots(o);
    const Cycles start = start_of(o);
    free_[static_cast<std::size_t>(index(op.unit))] = start + op.occupancy;
    s.end = start + op.occupancy - 1 + op.depth;
    order_.push_back(o);
    open_next(o);
    for (const std::size_t space : streamed_) {
      const int position = position_[space][static_cast<std::size_t>(o)];
      if (position < 0) continue;
      --left_[space][static_cast<std::size_t>(position)];
      pass_finished_blocks(space);
    }
    if (op.kind == TileOp::Kind::conv) record_slot(o);
    if (op.kind == TileOp::Kind::post) release_slots(o);
  }

  // Heads of streams whose inputs are written compete: those that `o`, now scheduled, was waited for by.
  void open_next(int o) {
    *std::find(open_.begin(), open_.end(), o) = open_.back();
    open_.pop_back();
    const State& s = state(o);
    const Cycles known = s.end + 1 + machine_.dispatcher.token_latency;
    for (const int a : plan_.dependencies.after_of(static_cast<std::size_t>(o))) {
      State& after = state(a);
      after.ready = std::max(after.ready, known);
      if (op_of(a).tile < 0 || op_of(a).tile != op_of(o).tile) --after.outside;
      if (--after.waiting == 0 && after.head) open_.push_back(a);
    }
    if (s.next < 0) return;
    state(s.next).head = true;
    if (state(s.next).waiting == 0) open_.push_back(s.next);
  }

  Plan& plan_;
  const MachineParameters& machine_;
  bool strict_;
  std::vector<State> state_;  // by operation
  std::vector<Tile> tiles_;
  std::array<Slots, 2> slots_;
  std::array<int, 2> largest_{};
  std::vector<std::size_t> streamed_;                          // spaces
  std::array<std::vector<int>, space_count> left_, position_;  // streamed: uses to come, by block; block, by operation
  std::array<int, space_count> in_use_{};                      // first block with uses to come
  std::array<Cycles, unit_count> free_{};
  std::vector<int> open_;  // heads that wait for nothing they must follow
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
  plan.estimate = 0;
  Scheduler(plan, priority).run();
}

}  // namespace blendsim::compiler

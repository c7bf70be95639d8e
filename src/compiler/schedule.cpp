// SPDX-License-Identifier: Apache-2.0
// Pass schedule: one program order of all tiles, by list scheduling with the laws' durations. A tile may run once the
// rows it reads are written; main and skip path, and the next layer's first rows, overlap as far as accumulators allow.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/diagnostic.h"
#include "compiler/levers.h"
#include "compiler/plan.h"
#include "compiler/rank.h"

namespace blendsim::compiler {
namespace {

// Addresses of the maps that are alive, in either activation buffer: from the first operation that touches a map to
// the last. An order that takes more than there are is given up at once, where nothing but its failure is asked for.
class LiveMaps {
 public:
  explicit LiveMaps(const Plan& plan) : plan_(plan), left_(plan.wants_levers ? 0 : plan.maps.size()) {
    if (plan.wants_levers) return;
    for (const Touched& touched : plan.touched) {
      for_maps(touched, [&](MapId m) { ++left_[m]; });
    }
    begun_.resize(plan.maps.size());
    for (const bool binary : {false, true}) {
      const BufferParameters& b = plan.machine->buffer(binary ? BufferId::act_binary : BufferId::act_fixed);
      capacity_[binary ? 1 : 0] = b.regions * b.depth;
    }
  }

  void pass(OpId o) {
    if (plan_.wants_levers) return;
    const Touched& touched = plan_.touched[o];
    for_maps(touched, [&](MapId m) { begin(m, o); });
    for_maps(touched, [&](MapId m) {
      if (--left_[m] == 0) live_[plan_.maps[m].binary ? 1 : 0] -= plan_.maps[m].size();
    });
  }

 private:
  template <class Visit>
  static void for_maps(const Touched& touched, Visit&& visit) {
    for (const Touch& t : touched.reads) visit(t.map);
    for (const Touch& t : touched.writes) visit(t.map);
  }

  void begin(MapId m, OpId o) {
    if (begun_[m]) return;
    begun_[m] = true;
    const Map& map = plan_.maps[m];
    const std::size_t buffer = map.binary ? 1 : 0;
    live_[buffer] += map.size();
    if (live_[buffer] <= capacity_[buffer]) return;
    const std::string_view full = name(map.binary ? BufferId::act_binary : BufferId::act_fixed);
    throw NoRoomForMaps(
        refusal("does-not-fit", map.name, fmt::format("{}: this order needs {} addresses", full, live_[buffer]), {}),
        plan_.nodes[plan_.ops[o].node].segment);
  }

  const Plan& plan_;
  Table<MapId, int> left_;  // operations to come that touch it
  Table<MapId, std::uint8_t> begun_;
  std::array<std::int64_t, 2> live_{}, capacity_{};  // of fixed and of binary maps
};

// Accumulator slots of one region: when each is free again; `taken` ones wait for their readers to be scheduled.
class Slots {
 public:
  void reset(std::size_t count) {
    free_at_.assign(count, 0);
    offered_at_.assign(count, 0);
    available_ = free_at_.next();
    earliest_ = count > 0 ? 0 : -1;
  }
  [[nodiscard]] int available() const { return available_; }
  [[nodiscard]] int earliest() const { return earliest_; }  // the lowest of those that are free first; -1: none is
  [[nodiscard]] Cycles free_at(int slot) const { return free_at_[slot]; }
  int take() {
    const int slot = earliest_;
    if (slot < 0) throw InvariantError("compiler", "no accumulator slot is free");
    offered_at_[slot] = taken;
    --available_;
    const auto first = std::min_element(offered_at_.begin(), offered_at_.end());
    earliest_ = *first == taken ? -1 : static_cast<int>(first - offered_at_.begin());
    return slot;
  }
  void release(int slot, Cycles at) {
    free_at_[slot] = offered_at_[slot] = at;
    ++available_;
    if (earliest_ < 0 || at < free_at(earliest_) || (at == free_at(earliest_) && slot < earliest_)) earliest_ = slot;
  }

 private:
  static constexpr Cycles taken = std::numeric_limits<Cycles>::max();

  Table<int, Cycles> free_at_, offered_at_;  // the latter without those taken
  int available_ = 0, earliest_ = -1;
};

class Scheduler {
 public:
  Scheduler(Plan& plan, const Priority& priority)
      : plan_(plan),
        machine_(*plan.machine),
        strict_(priority.strict),
        ranks_(rank(plan, priority.name)),
        state_(plan.ops.size()),
        live_(plan) {
    make_streams();
    make_tiles();
    make_slots();
    count_blocks();
    count_phases();
  }

  void run() {
    order_.reserve(plan_.ops.size());
    while (order_.size() < plan_.ops.size()) {
      const auto next = strict_ ? std::find(open_.begin(), open_.end(), OpId(order_.size())) : choose();
      if (next == open_.end()) throw InvariantError("compiler", "no tile can be scheduled next");
      const OpId op = *next;
      *next = open_.back();
      open_.pop_back();
      commit(op);
    }
    Table<OpId, TileOp> ordered;
    ordered.reserve(order_.size());
    for (const OpId o : order_) ordered.add(plan_.ops[o]);
    plan_.ops = std::move(ordered);
    for (const State& state : state_) plan_.estimate = std::max(plan_.estimate, state.end + 1);
  }

 private:
  struct State {
    Cycles end = -1;    // -1: not scheduled
    Cycles ready = 0;   // everything it must follow has ended and is known to have
    int waiting = 0;    // operations that it must follow and that are not scheduled
    int outside = 0;    // ... of other tiles
    OpId next;          // of its stream
    bool head = false;  // of its stream
    int slot = -1;      // convolutions: accumulators; -1: none yet
    int readers = 0;    // ... post-processing still to come
    Cycles last_read = 0;
  };
  struct Tile {
    OpId first;  // of `convs` convolutions and the `posts` after them
    int convs = 0, posts = 0;
    TileId before;  // of the same node
    [[nodiscard]] KeyRange<OpId> convolutions() const { return {first, first + convs}; }
    [[nodiscard]] KeyRange<OpId> readers() const { return {first + convs, first + convs + posts}; }
    [[nodiscard]] OpId last() const { return first + convs + posts - 1; }
  };

  // The operations of a node's part keep their order: only heads compete.
  void make_streams() {
    using Stream = Index<struct NodePart>;  // of all nodes: convolutions, then post-processing
    Table<NodeId, Stream> first_stream;
    Stream streams(0);
    for (const Node& node : plan_.nodes) {
      const auto* stage = std::get_if<Stage>(&node.work);
      first_stream.add(streams);
      streams = streams + (stage != nullptr ? stage->convs.next().value() + stage->posts.next().value() : 1);
    }
    Table<Stream, OpId> last(position_of(streams));
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      Stream stream = first_stream[op.node];
      if (op.kind == TileOp::Kind::conv) stream = stream + op.conv.value();
      if (op.kind == TileOp::Kind::post) stream = stream + plan_.stage(op).convs.next().value() + op.post.value();
      State& s = state_[o];
      for (const OpId p : plan_.dependencies.before_of(o)) {
        ++s.waiting;
        if (outside(op, plan_.ops[p])) ++s.outside;
      }
      s.head = !last[stream].exists();
      if (!s.head) state_[last[stream]].next = o;
      last[stream] = o;
      if (s.head && s.waiting == 0) open_.push_back(o);
    }
  }

  static bool outside(const TileOp& op, const TileOp& other) { return !op.tile.exists() || other.tile != op.tile; }

  void make_tiles() {
    tiles_.assign(position_of(plan_.tiles), {});
    Table<NodeId, TileId> last(plan_.nodes.size());
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      if (!op.tile.exists()) continue;
      Tile& tile = tiles_[op.tile];
      if (!tile.first.exists()) {
        tile.first = o;
        tile.before = std::exchange(last[op.node], op.tile);
      }
      if (op.kind == TileOp::Kind::conv) {
        ++tile.convs;
        continue;
      }
      ++tile.posts;
      for_operands(op, [&](OpId conv) { ++state_[conv].readers; });
    }
  }

  // Convolutions of its tile whose accumulators a post-processing reads.
  template <class Visit>
  void for_operands(const TileOp& op, Visit&& visit) const {
    const PostPart& part = plan_.post(op);
    const OpId first = tiles_[op.tile].first;
    if (part.a.conv.exists()) visit(first + part.a.conv.value());
    if (part.b.conv.exists() && part.b.conv != part.a.conv) visit(first + part.b.conv.value());
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
      for (const OpId c : tile.convolutions()) ++count[region_of(plan_.ops[c])];
      for (std::size_t r = 0; r < 2; ++r) largest_[r] = std::max(largest_[r], count[r]);
    }
  }

  // --- phases ------------------------------------------------------------------------------------------------------
  [[nodiscard]] int phase_of(OpId o) const { return plan_.nodes[plan_.ops[o].node].phase; }

  void count_phases() {
    in_phase_.assign(static_cast<std::size_t>(plan_.nodes.back().phase) + 1, 0);
    for (const OpId o : plan_.ops.keys()) ++in_phase_[phase_of(o)];
    skip_finished_phases();
  }

  // Operations of the present phase alone are chosen: all of those before have been.
  void skip_finished_phases() {
    while (phase_ + 1 < in_phase_.next() && in_phase_[phase_] == 0) ++phase_;
  }

  // --- streamed constants are used in one order: a block's users all precede the next block's ---------------------
  void count_blocks() {
    for (const Space s : all_spaces) {
      if (plan_.spaces[s].streamed.empty()) continue;
      streamed_.push_back(s);
      left_[s].assign(plan_.spaces[s].streamed.size(), 0);
      use_[s].resize(plan_.ops.size());
      for (const OpId o : plan_.ops.keys()) {
        const UseId use = use_of(s, plan_.ops[o]);
        use_[s][o] = use;
        if (use.exists()) ++left_[s][use];
      }
      in_use_[s] = UseId(0);
      pass_finished_blocks(s);
    }
  }

  // Of the streamed block that an operation reads, and those that pass with it; none where it reads none.
  [[nodiscard]] UseId use_of(Space space, const TileOp& op) const {
    const bool mine = op.kind == TileOp::Kind::post   ? space == Space::records
                      : op.kind != TileOp::Kind::conv ? false
                      : op.unit == UnitId::xnor_array ? space == Space::weights_binary || space == Space::xnor_starts
                                                      : space == Space::weights_fixed || space == Space::mac_starts;
    const BlockId block = mine ? plan_.block_of(space, op.node, op.chunk) : BlockId();
    return block.exists() ? plan_.blocks[block].use : UseId();
  }

  void pass_finished_blocks(Space s) {
    while (in_use_[s] < left_[s].next() && left_[s][in_use_[s]] == 0) ++in_use_[s];
  }

  [[nodiscard]] bool constants_allow(OpId o) const {
    for (const Space s : streamed_) {
      if (use_[s][o] > in_use_[s]) return false;
    }
    return true;
  }

  // --- accumulators -----------------------------------------------------------------------------------------------
  // What the readers of a tile's accumulators need from outside the tile is there.
  [[nodiscard]] bool readers_can_run(const Tile& tile) const {
    for (const OpId o : tile.readers()) {
      if (state_[o].outside > 0 || !constants_allow(o)) return false;
    }
    return true;
  }

  // Nothing but slots is missing for a tile to be finished: its convolutions and readers can run, and the node's tiles
  // before it, which go first in every stream, have their slots.
  [[nodiscard]] bool can_finish(const TileOp& op) const {
    const Tile& tile = tiles_[op.tile];
    for (const OpId c : tile.convolutions()) {
      if (state_[c].slot < 0 && (state_[c].waiting > 0 || !constants_allow(c))) return false;
    }
    if (!readers_can_run(tile)) return false;
    for (TileId before = tile.before; before.exists(); before = tiles_[before].before) {
      const Tile& earlier = tiles_[before];
      if (state_[earlier.last()].end >= 0) break;
      for (const OpId c : earlier.convolutions()) {
        if (state_[c].slot < 0) return false;
      }
      if (!readers_can_run(earlier)) return false;
    }
    return true;
  }

  // A tile that can be finished takes its slots at once. One that still waits for an input may only run ahead
  // while every region keeps room for a whole tile: so there is always one that can be finished.
  [[nodiscard]] bool accumulators_allow(OpId o) const {
    if (state_[o].slot >= 0) return true;
    const TileOp& op = plan_.ops[o];
    const std::size_t r = region_of(op);
    if (slots_[r].available() > largest_[r]) {
      if (slots_[1 - r].available() >= largest_[1 - r]) return true;  // whether it can be finished or not
    }
    if (!can_finish(op)) return slots_[r].available() > largest_[r];
    const Tile& tile = tiles_[op.tile];
    std::array<int, 2> needed{};
    for (const OpId c : tile.convolutions()) {
      if (state_[c].slot < 0) ++needed[region_of(plan_.ops[c])];
    }
    return needed[0] <= slots_[0].available() && needed[1] <= slots_[1].available();
  }

  void take_slots(OpId o) {
    const TileOp& op = plan_.ops[o];
    const Tile& tile = tiles_[op.tile];
    const bool complete = can_finish(op);
    for (const OpId c : tile.convolutions()) {
      if (state_[c].slot >= 0 || !(complete || c == o)) continue;
      state_[c].slot = slots_[region_of(plan_.ops[c])].take();
    }
  }

  void record_slot(OpId o) {
    TileOp& op = plan_.ops[o];
    const std::size_t r = region_of(op);
    const std::int64_t base = r == 0 ? 0 : machine_.buffer(BufferId::accumulators).depth;
    op.accumulators = u32(base + state_[o].slot * plan_.accumulator_slot[r]);
    plan_.slots[plan_.slot(op.tile, op.conv)] = op.accumulators;
  }

  void release_slots(OpId o) {
    for_operands(plan_.ops[o], [&](OpId conv) {
      State& s = state_[conv];
      s.last_read = std::max(s.last_read, state_[o].end);
      if (--s.readers > 0) return;
      slots_[region_of(plan_.ops[conv])].release(s.slot, s.last_read + 1 + machine_.dispatcher.token_latency);
    });
  }

  // --- list scheduling --------------------------------------------------------------------------------------------
  // -1: no accumulator slot is free.
  [[nodiscard]] Cycles start_of(OpId o) const {
    const TileOp& op = plan_.ops[o];
    const Cycles start = std::max(free_[op.unit], state_[o].ready);
    if (op.kind != TileOp::Kind::conv) return start;
    const Slots& slots = slots_[region_of(op)];
    const int slot = state_[o].slot >= 0 ? state_[o].slot : slots.earliest();
    return slot < 0 ? -1 : std::max(start, slots.free_at(slot));
  }

  // Of the open operations that constants and accumulators allow, the one that starts first, then by rank.
  [[nodiscard]] std::vector<OpId>::iterator choose() {
    auto best = open_.end();
    Cycles best_start = 0;
    for (auto next = open_.begin(); next != open_.end(); ++next) {
      const OpId o = *next;
      const Cycles start = start_of(o);
      if (start < 0) continue;
      if (best != open_.end() && (start > best_start || (start == best_start && ranks_[o] > ranks_[*best]))) continue;
      if (phase_of(o) != phase_ || !constants_allow(o)) continue;
      if (plan_.ops[o].kind == TileOp::Kind::conv && !accumulators_allow(o)) continue;
      best = next;
      best_start = start;
    }
    return best;
  }

  void commit(OpId o) {
    const TileOp& op = plan_.ops[o];
    State& s = state_[o];
    if (op.kind == TileOp::Kind::conv && s.slot < 0) take_slots(o);
    const Cycles start = start_of(o);
    free_[op.unit] = start + op.occupancy;
    s.end = start + op.occupancy - 1 + op.depth;
    order_.push_back(o);
    --in_phase_[phase_];
    skip_finished_phases();
    live_.pass(o);
    open_next(o);
    for (const Space space : streamed_) {
      const UseId use = use_[space][o];
      if (!use.exists()) continue;
      --left_[space][use];
      pass_finished_blocks(space);
    }
    if (op.kind == TileOp::Kind::conv) record_slot(o);
    if (op.kind == TileOp::Kind::post) release_slots(o);
  }

  // Heads of streams whose inputs are written compete: those that `o`, now scheduled, was waited for by.
  void open_next(OpId o) {
    const State& s = state_[o];
    const Cycles known = s.end + 1 + machine_.dispatcher.token_latency;
    for (const OpId a : plan_.dependencies.after_of(o)) {
      State& after = state_[a];
      after.ready = std::max(after.ready, known);
      if (outside(plan_.ops[a], plan_.ops[o])) --after.outside;
      if (--after.waiting == 0 && after.head) open_.push_back(a);
    }
    if (!s.next.exists()) return;
    state_[s.next].head = true;
    if (state_[s.next].waiting == 0) open_.push_back(s.next);
  }

  Plan& plan_;
  const MachineParameters& machine_;
  bool strict_;
  Ranks ranks_;
  Table<OpId, State> state_;
  LiveMaps live_;
  Table<TileId, Tile> tiles_;
  std::array<Slots, 2> slots_;
  std::array<int, 2> largest_{};
  std::vector<Space> streamed_;
  BySpace<Table<UseId, int>> left_;   // streamed: operations to come that read a block
  BySpace<Table<OpId, UseId>> use_;   // ... the block that an operation reads
  BySpace<UseId> in_use_;             // ... the first block with operations to come
  Table<int, std::size_t> in_phase_;  // operations to come
  int phase_ = 0;                     // ... of which the present one's are chosen
  Each<UnitId, Cycles, unit_count> free_;
  std::vector<OpId> open_;  // heads that wait for nothing they must follow
  std::vector<OpId> order_;
};

}  // namespace

const std::vector<Priority>& priorities() {
  static const std::vector<Priority> all = {{"critical-path", false},
                                            {"depth-first", false},
                                            {"layer-order", false},
                                            {"latest-start", false},
                                            {"one by one", true}};
  return all;
}

void schedule(Plan& plan, const Priority& priority) {
  plan.priority = priority.name;
  plan.estimate = 0;
  Scheduler(plan, priority).run();
}

}  // namespace blendsim::compiler

// SPDX-License-Identifier: Apache-2.0
#include "compiler/spaces.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/trace.h"
#include "units/field_limits.h"
#include "units/post_unit/law.h"

namespace blendsim::compiler {

std::string_view space_name(Space space) {
  constexpr BySpace<std::string_view> names = {"weights_binary", "weights_fixed", "parameters (post_unit records)",
                                               "parameters (xnor_array start words)",
                                               "parameters (mac_array start words)"};
  return names[space];
}

std::int64_t row_groups(const MachineParameters& machine, bool xnor, int slices) {
  return ceil_divide(std::int64_t{slices} * slice_channels, array_rows(machine, xnor));
}

std::int64_t words_in(const Plan& plan, Space space, NodeId n, int slices, std::vector<std::int64_t>* offsets) {
  const auto* stage = std::get_if<Stage>(&plan.nodes[n].work);
  if (stage == nullptr) return 0;
  std::int64_t words = 0;
  const auto add = [&](std::int64_t count) {
    if (offsets != nullptr) offsets->push_back(words);
    words += count;
  };
  if (space == Space::records) {
    for (const PostId p : stage->posts.keys()) {
      TileOp op;
      op.kind = TileOp::Kind::post;
      op.node = n;
      op.post = p;
      op.slices = slices;
      op.rows = 1;
      add(parameter_words(std::get<PostInstruction>(build(plan, op)),
                          plan.machine->buffer(BufferId::parameters).width));
    }
    return words;
  }
  for (const ConvPart& part : stage->convs) {
    const bool weights = space == Space::weights_binary || space == Space::weights_fixed;
    const bool mine = part.choice.xnor == (space == Space::weights_binary || space == Space::xnor_starts);
    add(mine ? row_groups(*plan.machine, part.choice.xnor, slices) * (weights ? part.words_per_group : part.classes())
             : 0);
  }
  return words;
}

std::int64_t words_of_tables(const Plan& plan, NodeId n) {
  const auto* stage = std::get_if<Stage>(&plan.nodes[n].work);
  if (stage == nullptr) return 0;
  const auto tables = std::ranges::count_if(stage->posts, [](const PostPart& part) { return part.table != nullptr; });
  PostInstruction with_table;
  with_table.use_table = 1;
  return tables * table_words(with_table, plan.machine->buffer(BufferId::parameters).width);
}

namespace {

int stage_slices(const Plan& plan, NodeId n) {
  const auto* stage = std::get_if<Stage>(&plan.nodes[n].work);
  return stage == nullptr ? 0 : stage->slices();
}

std::int64_t capacity(const MachineParameters& machine, Space space) {
  const BufferParameters& b = buffer_of(machine, space);
  const std::int64_t addressed = addressed_words(buffer_id(space));
  if (buffer_id(space) != BufferId::parameters) return std::min(b.depth * b.regions, addressed);
  const int region = space == Space::records ? 0 : space == Space::xnor_starts ? 1 : 2;
  return std::clamp<std::int64_t>(addressed - region * b.depth, 0, b.depth);
}

// Where the next block of `words` words lies that crosses no region. Parameters have a region a space.
std::int64_t in_region(const Plan& plan, Space space, std::int64_t at, std::int64_t words) {
  if (buffer_id(space) == BufferId::parameters || words == 0) return at;
  const std::int64_t depth = buffer_of(*plan.machine, space).depth;
  return at / depth == (at + words - 1) / depth ? at : (at / depth + 1) * depth;
}

class SpaceMeasure {
 public:
  SpaceMeasure(Plan& plan, Space space) : plan_(plan), space_(space), use_(plan.spaces[space]) {}

  void run() {
    use_ = {};
    use_.capacity = capacity(*plan_.machine, space_);
    use_.residence.assign(plan_.nodes.size(), Residence::stays);
    for (const NodeId n : plan_.nodes.keys()) {
      // Other images' constants are the first one's, and other patches' the first one's.
      shared_.add(constants_of(plan_, n, space_));
      words_.add(repeats(n) ? 0 : words_in(plan_, space_, n, stage_slices(plan_, n), nullptr) + copies_of_tables(n));
      use_.demand += words_[n];
    }
    if (end_of_kept() <= use_.capacity) return;
    if (!keep_rings() && !pass_rings_with_phases()) refuse();
    for (const NodeId n : in_order_of_keeping()) keep_if_room(n);
    for (const NodeId n : plan_.nodes.keys()) {
      if (repeats(n)) use_.residence[n] = use_.residence[shared_[n]];
    }
  }

 private:
  // Words of tables beyond the first, where the records are cut into chunks.
  [[nodiscard]] std::int64_t copies_of_tables(NodeId n) const {
    if (space_ != Space::records || plan_.table_copies.empty()) return 0;
    return (plan_.table_copies[n] - 1) * words_of_tables(plan_, n);
  }

  [[nodiscard]] bool repeats(NodeId n) const { return shared_[n].exists(); }

  [[nodiscard]] bool touches_ring(NodeId n) const {
    const auto is_ring = [&](const View& view) { return view.exists() && plan_.map(view).bands > 1; };
    const Node& node = plan_.nodes[n];
    bool found = false;
    for_views_read(node, [&](const View& view) { found = found || is_ring(view); });
    for_views_written(node, [&](const View& view) { found = found || is_ring(view); });
    return found;
  }

  // Nodes, those first whose constants stay if any do.
  [[nodiscard]] std::vector<NodeId> in_order_of_keeping() const {
    std::vector<NodeId> nodes;
    for (const NodeId n : plan_.nodes.keys()) {
      if (words_[n] > 0) nodes.push_back(n);
    }
    if (plan_.keep == Keep::last) std::ranges::reverse(nodes);
    return nodes;
  }

  // What is used row by row, again and again, stays.
  bool keep_rings() {
    for (const NodeId n : plan_.nodes.keys())
      use_.residence[n] = words_[n] == 0 || touches_ring(n) ? Residence::stays : Residence::passes_by_chunk;
    least_ = two_blocks();
    return leave_room();
  }

  // ... or is there for as long as its phase is gone through. The operations of a phase's nodes alternate, from the
  // first that touches a ring to the last: what they need has to be there together.
  bool pass_rings_with_phases() {
    if (plan_.nodes.back().phase == 0) return false;
    for (NodeId first(0); first < plan_.nodes.next();) {
      NodeId end = first, begin_of_rings, end_of_rings;
      for (; end < plan_.nodes.next() && plan_.nodes[end].stay == plan_.nodes[first].stay; ++end) {
        if (!touches_ring(end)) continue;
        if (!begin_of_rings.exists()) begin_of_rings = end;
        end_of_rings = end + 1;
      }
      for (NodeId n = begin_of_rings; n < end_of_rings; ++n) {
        if (words_[n] > 0) use_.residence[n] = Residence::passes_with_phase;
      }
      first = end;
    }
    least_ = std::max(two_blocks(), largest_phase().first);
    return leave_room();
  }

  // Whether what does not stay can pass, beside what does.
  bool leave_room() {
    const std::int64_t must = end_of_kept(), with_phases = largest_phase().first;
    const std::int64_t needed = std::max(two_blocks() / 2, with_phases);
    needed_ = must + needed;
    use_.stream_words = use_.capacity - must;
    return needed_ <= use_.capacity || (must == 0 && with_phases == 0);
  }

  // Behind the last block that stays, in order of nodes.
  [[nodiscard]] std::int64_t end_of_kept() const {
    std::int64_t end = 0;
    for (const NodeId n : plan_.nodes.keys()) {
      if (use_.residence[n] != Residence::stays) continue;
      end = in_region(plan_, space_, end, words_[n]) + words_[n];
      // A node's words lie together: beyond a region they are streamed.
      if (words_[n] > buffer_of(*plan_.machine, space_).depth) return use_.capacity + 1;
    }
    return end;
  }

  // Words of two row groups of whichever node whose chunks pass has the largest.
  [[nodiscard]] std::int64_t two_blocks() const {
    std::int64_t most = 0;
    for (const NodeId n : plan_.nodes.keys()) {
      if (use_.residence[n] == Residence::passes_by_chunk)
        most = std::max(most,
                        words_in(plan_, space_, n, slice_unit(plan_, std::get<Stage>(plan_.nodes[n].work)), nullptr));
    }
    return 2 * most;
  }

  // Words of whichever phase has the most that pass with it, wherever they begin to lie; and its segment.
  [[nodiscard]] std::pair<std::int64_t, int> largest_phase() const {
    std::pair<std::int64_t, int> most{0, 0};
    std::int64_t sum = 0;
    int stay = 0;
    for (const NodeId n : plan_.nodes.keys()) {
      if (std::exchange(stay, plan_.nodes[n].stay) != plan_.nodes[n].stay) sum = 0;
      if (use_.residence[n] == Residence::passes_with_phase) sum += words_[n];
      if (sum > most.first) most = {sum, plan_.nodes[n].segment};
    }
    // At each border of two regions the end of one may be left free.
    const bool regions = buffer_id(space_) != BufferId::parameters && buffer_of(*plan_.machine, space_).regions > 1;
    if (regions && most.first > 0) most.first += *std::ranges::max_element(words_);
    return most;
  }

  void keep_if_room(NodeId n) {
    if (repeats(n) || use_.residence[n] == Residence::stays) return;
    const Residence before = std::exchange(use_.residence[n], Residence::stays);
    const std::int64_t end = end_of_kept();
    if (use_.capacity - end < least_) use_.residence[n] = before;
    else use_.stream_words = use_.capacity - end;
  }

  [[noreturn]] void refuse() const {
    throw NoRoomForMaps(
        refusal("does-not-fit", plan_.network->name,
                fmt::format("{}: constants of layers whose maps are rings have to stay, and one block of the others "
                            "beside them: {} words, there are {}: {} too few",
                            space_name(space_), needed_, use_.capacity, needed_ - use_.capacity),
                constant_levers(*plan_.machine, space_, needed_)),
        largest_phase().second, true);
  }

  Plan& plan_;
  Space space_;
  SpaceUse& use_;
  Table<NodeId, NodeId> shared_;  // whose constants a node's are, if not its own
  Table<NodeId, std::int64_t> words_;
  std::int64_t least_ = 0;   // words that are left for what passes
  std::int64_t needed_ = 0;  // ... and what stays
};

// A space's blocks that pass, in order of nodes: those of one phase together, others each for itself.
class Uses {
 public:
  Uses(const Plan& plan, SpaceUse& use) : plan_(plan), use_(use) {}
  [[nodiscard]] UseId add(NodeId n, BlockId block) {
    const bool together = use_.residence[n] == Residence::passes_with_phase;
    const bool goes_on = together && stay_ == plan_.nodes[n].stay;
    stay_ = together ? plan_.nodes[n].stay : -1;
    if (!goes_on) use_.streamed.add({});
    use_.streamed.back().push_back(block);
    return use_.streamed.next() - 1;
  }

 private:
  const Plan& plan_;
  SpaceUse& use_;
  int stay_ = -1;  // of the last use, if it is a phase's
};

}  // namespace

int slice_unit(const Plan& plan, const Stage& stage) {
  int unit = 1;
  for (const ConvPart& part : stage.convs)
    unit = std::lcm(unit, array_rows(*plan.machine, part.choice.xnor) / slice_channels);
  return unit;
}

void measure_spaces(Plan& plan) {
  for (const Space s : all_spaces) {
    SpaceMeasure(plan, s).run();
    const SpaceUse& use = plan.spaces[s];
    if (plan.trace == nullptr || use.demand == 0) continue;
    plan.trace->say(fmt::format(
        "{}: {} of {} words, {}", space_name(s), use.demand, use.capacity,
        use.stream_words == 0 ? "resident"
                              : fmt::format("streamed through {} but for {}", use.stream_words, use.kept_words())));
  }
}

void make_blocks(Plan& plan) {
  Table<ChunkId, BySpace<BlockId>> table;
  std::vector<Uses> uses;
  for (const Space s : all_spaces) uses.emplace_back(plan, plan.spaces[s]);
  for (const NodeId n : plan.nodes.keys()) {
    const Node& node = plan.nodes[n];
    plan.first_chunk.add(table.next());
    if (!std::holds_alternative<Stage>(node.work)) continue;
    for (int c = 0; c < node.chunks; ++c) {
      const ChunkId chunk = table.add({});
      const int slices = std::min(node.chunk, stage_slices(plan, n) - c * node.chunk);
      for (const Space s : all_spaces) {
        SpaceUse& use = plan.spaces[s];
        const bool stays = use.residence[n] == Residence::stays;
        const NodeId shared = constants_of(plan, n, s);
        const BlockId original = shared.exists() ? table[plan.first_chunk[shared] + c][s] : BlockId();
        const bool is_there = use.residence[n] == Residence::passes_with_phase && !node.original.exists();
        if (original.exists() && (stays || is_there || plan.together())) {
          table[chunk][s] = original;
          continue;
        }
        Block block;
        block.original = original;
        block.space = s;
        block.node = n;
        block.chunk = c;
        block.words = words_in(plan, s, n, slices, &block.part_offset);
        if (block.words == 0) continue;
        const BlockId id = table[chunk][s] = plan.blocks.add(std::move(block));
        use.blocks.push_back(id);
        if (!stays) plan.blocks[id].use = uses[static_cast<std::size_t>(s)].add(n, id);
      }
    }
  }
  plan.block_table = std::move(table);
}

std::vector<Lever> constant_levers(const MachineParameters& machine, Space space, std::int64_t words) {
  std::vector<Lever> levers{{fmt::format("buffers.{}.depth={}", blendsim::name(buffer_id(space)), words)}};
  const auto widen = [&](std::string_view key, std::int64_t from, std::int64_t most, std::string_view unit) {
    for (std::int64_t value = 2 * from; value <= most; value *= 2)
      levers.push_back({fmt::format("{}={}{}", key, value, unit)});
  };
  if (space == Space::weights_binary) widen("xnor_array.words", machine.xnor_array.words, 24, "");
  if (space == Space::weights_fixed) widen("mac_array.columns", machine.mac_array.columns, 16, "");
  if (space == Space::records)
    widen("buffers.parameters.width", machine.buffer(BufferId::parameters).width, 8192, " bit");
  return levers;
}

}  // namespace blendsim::compiler

// SPDX-License-Identifier: Apache-2.0
#include "compiler/spaces.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

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
      const auto i = std::get<PostInstruction>(build(plan, op));
      add(record_bits(i) == 0 ? 0 : slices * record_words(i, plan.machine->buffer(BufferId::parameters).width));
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

namespace {

int stage_slices(const Plan& plan, NodeId n) {
  const auto* stage = std::get_if<Stage>(&plan.nodes[n].work);
  return stage == nullptr ? 0 : stage->lanes.slices;
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
    use_.capacity = capacity(*plan_.machine, space_);
    use_.kept.assign(plan_.nodes.size(), true);
    for (const NodeId n : plan_.nodes.keys()) {
      words_.add(words_in(plan_, space_, n, stage_slices(plan_, n), nullptr));
      use_.demand += words_[n];
    }
    if (end_of_kept() <= use_.capacity) return;
    for (const NodeId n : plan_.nodes.keys()) use_.kept[n] = words_[n] == 0 || touches_ring(n);
    const std::int64_t must = end_of_kept(), least = two_blocks();
    if (must > 0 && must + least / 2 > use_.capacity) refuse(must + least / 2);
    use_.stream_words = use_.capacity - must;
    for (const NodeId n : plan_.nodes.keys()) keep_if_room(n, least);
  }

 private:
  [[nodiscard]] bool touches_ring(NodeId n) const {
    const auto is_ring = [&](const View& view) { return view.exists() && plan_.map(view).bands > 1; };
    const auto* stage = std::get_if<Stage>(&plan_.nodes[n].work);
    if (stage == nullptr) return false;
    return std::ranges::any_of(stage->convs, [&](const ConvPart& part) { return is_ring(part.source); }) ||
           std::ranges::any_of(stage->posts, [&](const PostPart& part) {
             return is_ring(part.a.map) || is_ring(part.b.map) || is_ring(part.fixed) || is_ring(part.bits);
           });
  }

  // Behind the last block that is kept, in order of nodes.
  [[nodiscard]] std::int64_t end_of_kept() const {
    std::int64_t end = 0;
    for (const NodeId n : plan_.nodes.keys()) {
      if (use_.kept[n]) end = in_region(plan_, space_, end, words_[n]) + words_[n];
      // A node's words lie together: beyond a region they are streamed.
      if (use_.kept[n] && words_[n] > buffer_of(*plan_.machine, space_).depth) return use_.capacity + 1;
    }
    return end;
  }

  // Words of two row groups of whichever node that is not kept has the largest.
  [[nodiscard]] std::int64_t two_blocks() const {
    std::int64_t most = 0;
    for (const NodeId n : plan_.nodes.keys()) {
      if (!use_.kept[n]) most = std::max(most, words_in(plan_, space_, n, slice_unit(plan_, n), nullptr));
    }
    return 2 * most;
  }

  void keep_if_room(NodeId n, std::int64_t least) {
    if (use_.kept[n]) return;
    use_.kept[n] = true;
    const std::int64_t end = end_of_kept();
    if (use_.capacity - end < least) use_.kept[n] = false;
    else use_.stream_words = use_.capacity - end;
  }

  [[noreturn]] void refuse(std::int64_t needed) const {
    throw refusal(
        "does-not-fit", plan_.network->name,
        fmt::format("{}: constants of layers whose maps are rings have to stay, and one block of the others beside "
                    "them: {} words, there are {}: {} too few",
                    space_name(space_), needed, use_.capacity, needed - use_.capacity),
        constant_levers(*plan_.machine, space_, needed));
  }

  Plan& plan_;
  Space space_;
  SpaceUse& use_;
  Table<NodeId, std::int64_t> words_;
};

}  // namespace

int slice_unit(const Plan& plan, NodeId n) {
  int unit = 1;
  for (const ConvPart& part : std::get<Stage>(plan.nodes[n].work).convs)
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
  for (const NodeId n : plan.nodes.keys()) {
    const Node& node = plan.nodes[n];
    plan.first_chunk.add(table.next());
    if (!std::holds_alternative<Stage>(node.work)) continue;
    for (int c = 0; c < node.chunks; ++c) {
      const ChunkId chunk = table.add({});
      const int slices = std::min(node.chunk, stage_slices(plan, n) - c * node.chunk);
      for (const Space s : all_spaces) {
        SpaceUse& use = plan.spaces[s];
        Block block{s, n, c, 0, {}, use.kept[n] != 0, 0, 0};
        block.words = words_in(plan, s, n, slices, &block.part_offset);
        if (block.words == 0) continue;
        table[chunk][s] = plan.blocks.add(block);
        use.blocks.push_back(table[chunk][s]);
        if (!block.resident) use.streamed.add(table[chunk][s]);
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

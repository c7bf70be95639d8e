// SPDX-License-Identifier: Apache-2.0
#include "compiler/spaces.h"

#include <fmt/format.h>

#include <algorithm>

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

bool fits_regions(const Plan& plan, Space space) {
  if (buffer_id(space) == BufferId::parameters) return true;
  const BufferParameters& b = buffer_of(*plan.machine, space);
  std::int64_t used = 0;
  for (const NodeId n : plan.nodes.keys()) {
    const std::int64_t words = words_in(plan, space, n, stage_slices(plan, n), nullptr);
    if (words > b.depth) return false;
    if (used / b.depth != (used + words - 1) / b.depth && words > 0) used = ceil_divide(used, b.depth) * b.depth;
    used += words;
  }
  return used <= plan.spaces[space].capacity;
}

}  // namespace

void measure_spaces(Plan& plan) {
  for (const Space s : all_spaces) {
    SpaceUse& use = plan.spaces[s];
    use.capacity = capacity(*plan.machine, s);
    for (const NodeId n : plan.nodes.keys()) use.demand += words_in(plan, s, n, stage_slices(plan, n), nullptr);
    // With several regions some words are lost at a region's end: a block never crosses one.
    use.streamed = use.demand > use.capacity || !fits_regions(plan, s);
    if (plan.trace != nullptr && use.demand > 0) {
      plan.trace->say(fmt::format("{}: {} of {} words, {}", space_name(s), use.demand, use.capacity,
                                  use.streamed ? "streamed" : "resident"));
    }
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
        Block block{s, n, c, 0, {}, 0, 0};
        block.words = words_in(plan, s, n, slices, &block.part_offset);
        if (block.words == 0) continue;
        table[chunk][s] = plan.blocks.add(block);
        plan.spaces[s].blocks.add(table[chunk][s]);
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

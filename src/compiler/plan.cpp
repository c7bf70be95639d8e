// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace blendsim::compiler {

Lanes Lanes::dense(int channels) {
  Lanes lanes;
  for (int c = 0; c < channels; ++c) lanes.position.add(c);
  lanes.slices = static_cast<int>(slices_of(channels));
  return lanes;
}

bool Lanes::is_dense() const { return *this == dense(channel_count()); }

Table<int, int> Lanes::channels() const {
  Table<int, int> of(static_cast<std::size_t>(slices * slice_channels), -1);
  for (const int c : position.keys()) of[position[c]] = c;
  return of;
}

std::int64_t Map::addresses(int rows) const {
  const auto h = u32(rows), w = u32(width), s = u32(slices);
  if (binary) return BinaryMap{0, h, w, s * u32(planes)}.size();
  return FixedMap{0, h, w, s, u32(bytes)}.size();
}

const Convolution& Plan::convolution(const ConvPart& part) const {
  return std::get<Convolution>(layer(part.layer).work);
}

std::string Plan::row_name(RowId row) const {
  const int image = row.value() / rows_an_image();
  const RowId own(row.value() % rows_an_image());
  return image_name(own == input_row     ? "input"
                    : own < output_row() ? layer(LayerId(own - row_of(LayerId(0)))).name
                                         : "output",
                    image);
}

BandId Plan::band_of(MapId map, int row) const {
  const Map& m = maps[map];
  return m.bands == 1 ? m.first_band : m.first_band + std::min(row / m.band_rows, m.bands - 1);
}

std::uint32_t Plan::origin(BandId band) const {
  const Band& b = bands[band];
  const Map& m = maps[b.map];
  const std::uint32_t before = b.first_row < 0 ? 0 - u32(m.addresses(-b.first_row)) : u32(m.addresses(b.first_row));
  return (m.base - before) % (m.binary ? binary_map_addresses : fixed_map_addresses);
}

void Plan::begin_order(const Table<OpId, TileOp>& of_tile) {
  ops = of_tile;
  std::fill(slots.begin(), slots.end(), 0);
  priority.clear();
  estimate = 0;
  peak = {};
  instructions.clear();
  for (Map& map : maps) map.region = map.base = 0;
  for (Block& block : blocks) {
    block.address = 0;
    block.dram = 0;
  }
}

BlockId Plan::block_of(Space space, NodeId node, int chunk) const {
  if (block_table.empty()) return {};  // tile asks what they will hold
  return block_table[first_chunk[node] + chunk][space];
}

BufferId buffer_id(Space space) {
  switch (space) {
    case Space::weights_binary: return BufferId::weights_binary;
    case Space::weights_fixed: return BufferId::weights_fixed;
    default: return BufferId::parameters;
  }
}

const BufferParameters& buffer_of(const MachineParameters& machine, Space space) {
  return machine.buffer(buffer_id(space));
}

RowRange window_rows(const Window& w, int height, int row, int rows) {
  return {
      std::clamp(row * w.stride_h - w.pad_top, 0, height),
      std::clamp((row + rows - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h + 1, 0, height),
  };
}

SliceRange slices_turned(const Node& node, int row, int rows) {
  const int first = row * node.width / slice_channels;
  return {first, static_cast<int>(slices_of(std::int64_t{row + rows} * node.width)) - first};
}

Corner meeting(const Plan& plan, const Node& node, const View& view) {
  const Corner& of = plan.map(view).corner;
  return {node.corner.row - of.row, node.corner.column - of.column};
}

bool goes_row_by_row(const Plan& plan, const Node& node) {
  const auto alike = [&](const View& view) { return !view.exists() || plan.map(view).width == node.width; };
  if (const auto* store = std::get_if<StorePart>(&node.work)) return !alike(store->view);
  const auto* stage = std::get_if<Stage>(&node.work);
  return stage != nullptr && std::ranges::any_of(stage->posts, [&](const PostPart& part) {
           return !(part.a.one_pixel || alike(part.a.map)) || !(part.b.one_pixel || alike(part.b.map));
         });
}

namespace {

bool has_borders_of(const Stage& a, const Stage& b) {
  return std::ranges::equal(a.convs, b.convs, [](const ConvPart& x, const ConvPart& y) {
    const auto same = [](const BorderClasses& p, const BorderClasses& q) {
      return p.leading == q.leading && p.trailing == q.trailing;
    };
    return same(x.down, y.down) && same(x.across, y.across) && x.window == y.window;
  });
}

}  // namespace

NodeId constants_of(const Plan& plan, NodeId node, Space space) {
  const Node& n = plan.nodes[node];
  if (n.original.exists()) return n.original;
  if (!n.first_patch.exists() || !std::holds_alternative<Stage>(n.work)) return {};
  if (space != Space::xnor_starts && space != Space::mac_starts) return n.first_patch;
  for (NodeId other = n.first_patch; other < node; ++other) {
    const Node& o = plan.nodes[other];
    if (other != n.first_patch && o.first_patch != n.first_patch) continue;
    if (has_borders_of(std::get<Stage>(o.work), std::get<Stage>(n.work))) return other;
  }
  return {};
}

namespace {

// Rows that an operation reads lie in the band of the last of them.
Touch read_of(const Plan& plan, const View& view, RowRange rows, int slice, int slices) {
  return {view.map,
          rows.row0,
          rows.row1,
          view.first + slice,
          view.first + slice + slices,
          plan.band_of(view.map, std::max(rows.row1 - 1, 0))};
}
Touch read_of(const Plan& plan, const View& view, RowRange rows) {
  return read_of(plan, view, rows, 0, view.lanes.slices);
}

Touch write_of(const Plan& plan, const TileOp& op, const View& view, int slice, int slices) {
  const BandId own = plan.band_of(view.map, op.row);
  return {view.map, op.row, op.row + op.rows, view.first + slice, view.first + slice + slices, own + op.again};
}

}  // namespace

namespace {

RowRange from(RowRange rows, int first) { return {rows.row0 + first, rows.row1 + first}; }

}  // namespace

Touches reads(const Plan& plan, const TileOp& op) {
  Touches out;
  const Node& node = plan.nodes[op.node];
  if (op.kind == TileOp::Kind::conv) {
    const ConvPart& part = plan.conv(op);
    out.push_back(
        read_of(plan, part.source, from(window_rows(part.window, part.in_height, op.row, op.rows), part.skipped.row)));
  } else if (op.kind == TileOp::Kind::post) {
    const PostPart& part = plan.post(op);
    for (const Operand* operand : {&part.a, &part.b}) {
      if (!operand->map.exists()) continue;
      const RowRange rows =
          operand->one_pixel ? RowRange{0, 1} : from({op.row, op.row + op.rows}, meeting(plan, node, operand->map).row);
      out.push_back(read_of(plan, operand->map, rows, op.slice, op.slices));
    }
  } else if (op.kind == TileOp::Kind::pool) {
    const PoolPart& part = std::get<PoolPart>(node.work);
    const int height = plan.map(part.in).height - part.skipped.row;
    out.push_back(read_of(plan, part.in, from(window_rows(part.window, height, op.row, op.rows), part.skipped.row)));
  } else if (op.kind == TileOp::Kind::transpose) {
    const TransposePart& part = std::get<TransposePart>(node.work);
    const SliceRange slices = slices_turned(node, op.row, op.rows);
    out.push_back(read_of(plan, part.in, {0, plan.map(part.in).height}, slices.first, slices.count));
  } else if (op.kind == TileOp::Kind::store) {
    const StorePart& part = std::get<StorePart>(node.work);
    out.push_back(read_of(plan, part.view, from({op.row, op.row + op.rows}, meeting(plan, node, part.view).row)));
  }
  return out;
}

Touches writes(const Plan& plan, const TileOp& op) {
  Touches out;
  const Node& node = plan.nodes[op.node];
  if (op.kind == TileOp::Kind::load) {
    const View& view = std::get<LoadPart>(node.work).view;
    out.push_back(write_of(plan, op, view, 0, view.lanes.slices));
  } else if (op.kind == TileOp::Kind::post) {
    const PostPart& part = plan.post(op);
    for (const View* view : {&part.fixed, &part.bits}) {
      if (!view->exists()) continue;
      out.push_back(write_of(plan, op, *view, op.slice, op.slices));
    }
  } else if (op.kind == TileOp::Kind::pool) {
    const View& view = std::get<PoolPart>(node.work).out;
    out.push_back(write_of(plan, op, view, 0, view.lanes.slices));
  } else if (op.kind == TileOp::Kind::transpose) {
    const View& view = std::get<TransposePart>(node.work).out;
    out.push_back(write_of(plan, op, view, 0, view.lanes.slices));
  }
  return out;
}

}  // namespace blendsim::compiler

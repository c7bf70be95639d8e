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

std::int64_t Map::size() const {
  const auto h = u32(height), w = u32(width), s = u32(slices);
  if (binary) return BinaryMap{0, h, w, s * u32(planes)}.size();
  return FixedMap{0, h, w, s, u32(bytes)}.size();
}

const Convolution& Plan::convolution(const ConvPart& part) const {
  return std::get<Convolution>(layer(part.layer).work);
}

std::string Plan::row_name(RowId row) const {
  if (row == input_row) return "input";
  return row < output_row() ? layer(LayerId(row - row_of(LayerId(0)))).name : "output";
}

void Plan::begin_order(const Table<OpId, TileOp>& tiles) {
  ops = tiles;
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

namespace {

// Input rows that output rows [row, row + rows) of a window read.
void window_rows(const Window& w, int height, const TileOp& op, Touch& touch) {
  touch.row0 = std::clamp(op.row * w.stride_h - w.pad_top, 0, height);
  touch.row1 =
      std::clamp((op.row + op.rows - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h + 1, 0, height);
}

Touch whole_view(const View& view, int row0, int row1) {
  return {view.map, row0, row1, view.first, view.first + view.lanes.slices};
}

}  // namespace

Touches reads(const Plan& plan, const TileOp& op) {
  Touches out;
  const Node& node = plan.nodes[op.node];
  if (op.kind == TileOp::Kind::conv) {
    const ConvPart& part = plan.conv(op);
    Touch touch = whole_view(part.source, 0, 0);
    window_rows(part.window, part.in_height, op, touch);
    out.push_back(touch);
  } else if (op.kind == TileOp::Kind::post) {
    const PostPart& part = plan.post(op);
    for (const Operand* operand : {&part.a, &part.b}) {
      if (!operand->map.exists()) continue;
      out.push_back({operand->map.map, op.row, op.row + op.rows, operand->map.first + op.slice,
                     operand->map.first + op.slice + op.slices});
    }
  } else if (op.kind == TileOp::Kind::pool) {
    const PoolPart& part = std::get<PoolPart>(node.work);
    Touch touch = whole_view(part.in, 0, 0);
    window_rows(part.window, plan.map(part.in).height, op, touch);
    out.push_back(touch);
  } else if (op.kind == TileOp::Kind::store) {
    const OutputPart& part = std::get<OutputPart>(node.work);
    out.push_back(whole_view(part.view, op.row, op.row + op.rows));
  }
  return out;
}

Touches writes(const Plan& plan, const TileOp& op) {
  Touches out;
  const Node& node = plan.nodes[op.node];
  if (op.kind == TileOp::Kind::load) {
    const View& view = std::get<InputPart>(node.work).view;
    out.push_back(whole_view(view, op.row, op.row + op.rows));
  } else if (op.kind == TileOp::Kind::post) {
    const PostPart& part = plan.post(op);
    for (const View* view : {&part.fixed, &part.bits}) {
      if (!view->exists()) continue;
      out.push_back({view->map, op.row, op.row + op.rows, view->first + op.slice, view->first + op.slice + op.slices});
    }
  } else if (op.kind == TileOp::Kind::pool) {
    const View& view = std::get<PoolPart>(node.work).out;
    out.push_back(whole_view(view, op.row, op.row + op.rows));
  }
  return out;
}

}  // namespace blendsim::compiler

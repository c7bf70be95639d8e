// SPDX-License-Identifier: Apache-2.0
#include "compiler/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "units/buffer/layout.h"

namespace blendsim::compiler {

Lanes Lanes::dense(int channels) {
  Lanes lanes;
  lanes.position.resize(static_cast<std::size_t>(channels));
  for (int c = 0; c < channels; ++c) lanes.position[static_cast<std::size_t>(c)] = c;
  lanes.slices = static_cast<int>(slices_of(channels));
  return lanes;
}

bool Lanes::is_dense() const { return *this == dense(static_cast<int>(position.size())); }

std::vector<int> Lanes::channels() const {
  std::vector<int> of(static_cast<std::size_t>(slices * slice_channels), -1);
  for (std::size_t c = 0; c < position.size(); ++c) of[static_cast<std::size_t>(position[c])] = static_cast<int>(c);
  return of;
}

std::int64_t Map::size() const {
  const auto h = static_cast<std::uint32_t>(height), w = static_cast<std::uint32_t>(width),
             s = static_cast<std::uint32_t>(slices);
  if (binary) return BinaryMap{0, h, w, s * static_cast<std::uint32_t>(planes)}.size();
  return FixedMap{0, h, w, s, static_cast<std::uint32_t>(bytes)}.size();
}

int Plan::block_of(Space space, int node, int chunk) const {
  if (block_table.empty()) return -1;  // tile asks what they will hold
  const int row = first_chunk[static_cast<std::size_t>(node)] + chunk;
  return block_table[static_cast<std::size_t>(row)][static_cast<std::size_t>(space)];
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
  const Node& node = plan.nodes[static_cast<std::size_t>(op.node)];
  if (op.kind == TileOp::Kind::conv) {
    const ConvPart& part = std::get<Stage>(node.work).convs[static_cast<std::size_t>(op.part)];
    Touch touch = whole_view(part.source, 0, 0);
    window_rows(part.window, part.in_height, op, touch);
    out.add(touch);
  } else if (op.kind == TileOp::Kind::post) {
    const PostPart& part = std::get<Stage>(node.work).posts[static_cast<std::size_t>(op.part)];
    for (const Operand* operand : {&part.a, &part.b}) {
      if (!operand->map.exists()) continue;
      out.add({operand->map.map, op.row, op.row + op.rows, operand->map.first + op.slice,
               operand->map.first + op.slice + op.slices});
    }
  } else if (op.kind == TileOp::Kind::pool) {
    const PoolPart& part = std::get<PoolPart>(node.work);
    Touch touch = whole_view(part.in, 0, 0);
    window_rows(part.window, plan.map(part.in).height, op, touch);
    out.add(touch);
  } else if (op.kind == TileOp::Kind::store) {
    const OutputPart& part = std::get<OutputPart>(node.work);
    out.add(whole_view(part.view, op.row, op.row + op.rows));
  }
  return out;
}

Touches writes(const Plan& plan, const TileOp& op) {
  Touches out;
  const Node& node = plan.nodes[static_cast<std::size_t>(op.node)];
  if (op.kind == TileOp::Kind::load) {
    const View& view = std::get<InputPart>(node.work).view;
    out.add(whole_view(view, op.row, op.row + op.rows));
  } else if (op.kind == TileOp::Kind::post) {
    const PostPart& part = std::get<Stage>(node.work).posts[static_cast<std::size_t>(op.part)];
    for (const View* view : {&part.fixed, &part.bits}) {
      if (!view->exists()) continue;
      out.add({view->map, op.row, op.row + op.rows, view->first + op.slice, view->first + op.slice + op.slices});
    }
  } else if (op.kind == TileOp::Kind::pool) {
    const View& view = std::get<PoolPart>(node.work).out;
    out.add(whole_view(view, op.row, op.row + op.rows));
  }
  return out;
}

}  // namespace blendsim::compiler

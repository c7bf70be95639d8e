// SPDX-License-Identifier: Apache-2.0
// Pass spill: maps that wait in DRAM. Where the nodes are cut into segments, what one segment writes and a later one
// reads is stored, row by row, behind the network's outputs, and loaded again as another map. What of the input a later
// segment reads is loaded from where the host put it.
//
// A segment of a single stage may be gone through in parts, phase by phase: each computes a range of the node's slices,
// of which it writes and stores maps of their own, and each loads what the node reads. A segment of whatever layers may
// be gone through in patches (patches.h), phase by phase as well: each computes a rectangle of what is stored on maps
// of its own.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/diagnostic.h"
#include "compiler/patches.h"
#include "compiler/plan.h"
#include "compiler/segments.h"

namespace blendsim::compiler {
namespace {

class Spiller {
 public:
  explicit Spiller(Plan& plan) : plan_(plan), old_(std::move(plan.nodes)), writer_(plan.maps.size()) {
    plan.nodes = {};
  }

  void run() {
    find_segments();
    find_crossings();
    for (int segment = 0; segment < segments_; ++segment) {
      const int parts = plan_.banding.parts.empty() ? 1 : plan_.banding.parts[at(segment)];
      stay_ = phase_;
      if (is_in_patches(segment)) make_patches(segment);
      else if (parts > 1) make_parts(segment, parts);
      else make_segment(segment);
    }
  }

 private:
  // What stores an output comes after the nodes; it is of the segment that writes its map.
  void find_segments() {
    auto cut = plan_.banding.cuts.begin();
    int segment = 0;
    for (const NodeId n : old_.keys()) {
      if (cut != plan_.banding.cuts.end() && n == *cut) ++cut, ++segment;
      if (const auto* output = std::get_if<StorePart>(&old_[n].work)) {
        segment_of_.add(segment_of_[writer_[output->view.map]]);
        end_of_outputs_ = std::max(end_of_outputs_, end_of(old_[n], *output));
        continue;
      }
      segment_of_.add(segment);
      for_views_written(old_[n], [&](const View& v) {
        if (v.exists()) writer_[v.map] = n;
      });
    }
    segments_ = segment + 1;
  }

  [[nodiscard]] std::uint32_t end_of(const Node& node, const StorePart& part) const {
    return part.address + u32((node.corner.row + node.height) * row_pitch(plan_, node, part));
  }

  // By segment, the maps of earlier ones that it reads, and its first node that does.
  void find_crossings() {
    read_.resize(static_cast<std::size_t>(segments_));
    for (const NodeId n : old_.keys()) {
      for_views_read(old_[n], [&](const View& v) {
        if (v.exists() && segment_of_[writer_[v.map]] < segment_of_[n]) read_[at(segment_of_[n])].emplace(v.map, n);
      });
    }
  }

  static std::size_t at(int segment) { return static_cast<std::size_t>(segment); }

  void make_segment(int segment) {
    const std::map<MapId, MapId> loaded = load_all(segment);
    for (const NodeId n : old_.keys()) {
      if (segment_of_[n] == segment) add(reading(old_[n], loaded), segment);
    }
    for (const MapId m : writer_.keys()) {
      if (writer_[m].exists() && segment_of_[writer_[m]] == segment && !is_input(m) && is_read_later(m))
        store(m, m, 0, segment);
    }
    ++phase_;
  }

  // Each part writes maps of its own slices alone.
  void make_parts(int segment, int parts) {
    const NodeId n = stage_of(segment);
    for (const auto& part : parts_of(plan_, old_[n], parts)) {
      const int first = part.first, slices = part.second;
      std::map<MapId, MapId> loaded = load_all(segment);
      for_views_read(old_[n], [&](const View& v) {
        if (v.exists() && is_input(v.map) && !loaded.contains(v.map))
          loaded[v.map] = load(v.map, old_[writer_[v.map]].row, segment);
      });
      Node node = reading(old_[n], loaded);
      auto& stage = std::get<Stage>(node.work);
      stage.first_slice = first;
      stage.part_slices = slices;
      std::map<MapId, MapId> own;
      for_views_written(node, [&](View& v) {
        if (v.exists()) v = part_of(v, first, slices, own);
      });
      stay_ = phase_;
      add(std::move(node), segment);
      for (const auto& [whole, own_part] : own) {
        if (is_read_later(whole)) store(whole, own_part, first, segment);
      }
      ++phase_;
    }
  }

  // --- patches -------------------------------------------------------------------------------------------------------
  [[nodiscard]] bool is_in_patches(int segment) const {
    return !plan_.banding.grids.empty() && !plan_.banding.grids[at(segment)].is_one();
  }

  void make_patches(int segment) {
    const Segment nodes = nodes_of(segment);
    // The finder reads the nodes as they were.
    std::swap(plan_.nodes, old_);
    const std::optional<std::vector<Patch>> patches = cut_into_patches(plan_, nodes, plan_.banding.grids[at(segment)]);
    std::swap(plan_.nodes, old_);
    if (!patches) throw InvariantError("compiler", "a segment that cannot be gone through in patches is to be");
    std::map<NodeId, NodeId> first_patch;
    for (const Patch& patch : *patches) make_patch(segment, nodes, patch, first_patch);
    for (const auto& [n, first] : first_patch) {
      int widest = 0;
      for (const Patch& patch : *patches) widest = std::max(widest, patch.nodes[n].columns.size());
      for (NodeId made = first; made < plan_.nodes.next(); ++made) {
        if (made == first || plan_.nodes[made].first_patch == first) plan_.nodes[made].widest = widest;
      }
    }
  }

  // Nodes of a segment but for those that store, and the maps that leave it.
  [[nodiscard]] Segment nodes_of(int segment) const {
    Segment nodes;
    std::set<MapId> stored;
    for (const NodeId n : old_.keys()) {
      if (segment_of_[n] != segment) continue;
      if (const auto* output = std::get_if<StorePart>(&old_[n].work)) {
        stored.insert(output->view.map);
        continue;
      }
      if (!nodes.first.exists()) nodes.first = n;
      nodes.last = n + 1;
    }
    for (const MapId m : writer_.keys()) {
      if (writer_[m].exists() && segment_of_[writer_[m]] == segment && !is_input(m) && is_read_later(m))
        stored.insert(m);
    }
    nodes.stored.assign(stored.begin(), stored.end());
    return nodes;
  }

  void make_patch(int segment, const Segment& nodes, const Patch& patch, std::map<NodeId, NodeId>& first_patch) {
    std::map<MapId, MapId> own;
    for (const MapId m : patch.maps.keys()) {
      if (!patch.maps[m].is_empty()) own[m] = patch_of(m, patch.maps[m]);
    }
    for (const auto& [whole, map] : own) {
      if (is_input(whole)) load_input_patch(whole, map, segment);
      else if (segment_of_[writer_[whole]] < segment) load_patch(whole, map, read_[at(segment)].at(whole), segment);
    }
    for (NodeId n = nodes.first; n < nodes.last; ++n) {
      if (patch.nodes[n].is_empty() || std::holds_alternative<LoadPart>(old_[n].work)) continue;
      Node node = patch_of(old_[n], patch.nodes[n], own);
      const auto [made, is_new] = first_patch.try_emplace(n, plan_.nodes.next());
      if (!is_new) {
        node.first_patch = made->second;
        node.patch = ++patches_made_[n];
      }
      add(std::move(node), segment);
    }
    for (const MapId m : nodes.stored) {
      if (!patch.stored[m].is_empty()) store_patch(m, own.at(m), patch.stored[m], segment);
    }
    ++phase_;
  }

  MapId patch_of(MapId whole, const Rectangle& held) {
    Map map = plan_.maps[whole];
    map.corner = held.corner();
    map.height = held.rows.size();
    map.width = held.columns.size();
    return plan_.maps.add(std::move(map));
  }

  // The node on maps of the patch: a window begins where the whole map's does, in front of the patch's map or inside.
  Node patch_of(Node node, const Rectangle& out, const std::map<MapId, MapId>& own) const {
    node = reading(std::move(node), own);
    for_views_written(node, [&](View& v) {
      if (v.exists()) v.map = own.at(v.map);
    });
    node.corner = out.corner();
    node.height = out.rows.size();
    node.width = out.columns.size();
    if (auto* pool = std::get_if<PoolPart>(&node.work)) move_window(pool->window, pool->skipped, node, pool->in);
    if (auto* stage = std::get_if<Stage>(&node.work)) {
      for (ConvPart& part : stage->convs) {
        move_window(part.window, part.skipped, node, part.source);
        part.in_height = plan_.map(part.source).height - part.skipped.row;
        part.in_width = plan_.map(part.source).width;
      }
    }
    return node;
  }

  void move_window(Window& w, Corner& skipped, const Node& node, const View& view) const {
    const Corner& held = plan_.map(view).corner;
    const int row = node.corner.row * w.stride_h - w.pad_top - held.row;
    const int column = node.corner.column * w.stride_w - w.pad_left - held.column;
    w.pad_top = std::max(0, -row);
    w.pad_left = std::max(0, -column);
    skipped = {std::max(0, row), std::max(0, column)};
  }

  void load_input_patch(MapId whole, MapId m, int segment) {
    const Map& map = plan_.maps[m];
    const Node& input = old_[writer_[whole]];
    LoadPart part = std::get<LoadPart>(input.work);
    const std::int64_t pitch = row_pitch(plan_, part);
    part.view.map = m;
    part.patch = {u32(pitch), u32(map.corner.row * pitch + map.corner.column * pixel_bytes(plan_, map))};
    if (part.form == TransferForm::stem) {
      const int width = plan_.network->tensor(plan_.network->input_tensor).width;
      const StemPixels stem = stem_pixels({map.corner.column, map.corner.column + map.width}, part.pad_left, width);
      part.patch.offset = u32(map.corner.row * pitch + std::int64_t{4} * stem.pixels.begin);
      part.pad_left = stem.pad_left;
      part.pixels = stem.pixels.size();
    }
    Node node{part, input.row, map.height, map.width};
    node.corner = map.corner;
    add(std::move(node), segment);
  }

  void load_patch(MapId whole, MapId m, NodeId reader, int segment) {
    const Map& map = plan_.maps[m];
    for (const Stored& stored : stored_.at(whole)) {
      LoadPart part;
      part.view = all_of(plan_.spills[stored.spill].map, m, stored.first);
      part.form = map.binary ? TransferForm::binary : TransferForm::fixed;
      part.spill = stored.spill;
      const Map& there = plan_.maps[plan_.spills[stored.spill].map];  // of its slices alone
      const std::int64_t pitch = pitch_of(plan_.maps[whole].width, there);
      part.patch = {u32(pitch), u32(map.corner.row * pitch + map.corner.column * pixel_bytes(plan_, there))};
      Node node{part, old_[reader].row, map.height, map.width};
      node.corner = map.corner;
      add(std::move(node), segment);
    }
  }

  // Of rows of so many of the map's pixels in DRAM.
  [[nodiscard]] std::int64_t pitch_of(int width, const Map& map) const {
    const std::int64_t bus = plan_.machine->memory.bus_bytes();
    return ceil_divide(width * pixel_bytes(plan_, map), bus) * bus;
  }

  // The patch's share of a map that leaves the segment, for the outputs, or a later segment, or both.
  void store_patch(MapId whole, MapId m, const Rectangle& own, int segment) {
    const Map& map = plan_.maps[m];
    const auto add_store = [&](StorePart part, RowId row) {
      Node node{part, row, own.rows.size(), own.columns.size()};
      node.corner = own.corner();
      add(std::move(node), segment);
    };
    for (const NodeId n : old_.keys()) {
      const auto* output = std::get_if<StorePart>(&old_[n].work);
      if (output == nullptr || output->view.map != whole) continue;
      StorePart part = *output;
      part.view.map = m;
      const std::int64_t pitch = row_pitch(plan_, old_[n], *output);
      const std::int64_t pixel = std::int64_t{part.view.lanes.slices} * map.bytes * slice_channels;
      part.patch = {u32(pitch), u32(own.rows.begin * pitch + own.columns.begin * pixel)};
      add_store(std::move(part), old_[n].row);
    }
    if (!is_read_later(whole)) return;
    std::vector<Stored>& stored = stored_[whole];
    const std::int64_t pitch = pitch_of(plan_.maps[whole].width, map);
    if (stored.empty()) {
      const int rows = plan_.maps[whole].height;
      stored.push_back({plan_.spills.add({m, end_of_outputs_ + plan_.scratch_bytes, rows}), 0});
      plan_.scratch_bytes += u32(rows * pitch);
    }
    StorePart part;
    part.view = all_of(m, m, 0);
    part.spill = stored.front().spill;
    part.address = plan_.spills[part.spill].address;
    part.patch = {u32(pitch), u32(own.rows.begin * pitch + own.columns.begin * pixel_bytes(plan_, map))};
    add_store(std::move(part), old_[writer_[whole]].row);
  }

  // The only node of the segment but for one that loads the input.
  [[nodiscard]] NodeId stage_of(int segment) const {
    const auto is_it = [&](NodeId n) {
      return segment_of_[n] == segment && std::holds_alternative<Stage>(old_[n].work);
    };
    NodeId n(0);
    while (!is_it(n)) ++n;
    return n;
  }

  // Slices [first, first + slices) of a view, in a map that holds no others.
  View part_of(const View& view, int first, int slices, std::map<MapId, MapId>& own) {
    const auto [entry, is_new] = own.try_emplace(view.map);
    if (is_new) {
      Map map = plan_.maps[view.map];
      map.slices = map.binary ? static_cast<int>(ceil_divide(slices, plan_.cell_slices())) : slices;
      entry->second = plan_.maps.add(std::move(map));
    }
    View part;
    part.map = entry->second;
    part.first = -first;
    part.tensor = view.tensor;
    for (const int position : view.lanes.position) {
      if (position / slice_channels >= first && position / slice_channels < first + slices)
        part.lanes.position.add(position);
    }
    part.lanes.slices = slices;
    return part;
  }

  void add(Node node, int segment) {
    node.segment = segment;
    node.phase = phase_;
    node.stay = stay_;
    plan_.nodes.add(std::move(node));
  }

  static Node reading(Node node, const std::map<MapId, MapId>& loaded) {
    for_views_read(node, [&](View& v) {
      if (const auto other = loaded.find(v.map); other != loaded.end()) v.map = other->second;
    });
    return node;
  }

  [[nodiscard]] bool is_input(MapId m) const { return std::holds_alternative<LoadPart>(old_[writer_[m]].work); }
  [[nodiscard]] bool is_read_later(MapId m) const {
    return std::ranges::any_of(read_, [&](const auto& maps) { return maps.contains(m); });
  }

  // All slices of a map, gaps included, from `first` of the map that they lie in.
  [[nodiscard]] View all_of(MapId m, MapId in, int first) const {
    View view;
    view.map = in;
    view.first = first;
    view.lanes.slices = plan_.maps[m].slices * (plan_.maps[m].binary ? plan_.cell_slices() : 1);
    return view;
  }

  // Returns the maps of this phase in which what earlier segments wrote lies.
  std::map<MapId, MapId> load_all(int segment) {
    std::map<MapId, MapId> loaded;
    for (const auto& [map, reader] : read_[at(segment)]) loaded[map] = load(map, old_[reader].row, segment);
    return loaded;
  }

  MapId load(MapId m, RowId row, int segment) {
    const Map map = plan_.maps[m];
    const MapId copy = plan_.maps.add(map);
    if (is_input(m)) {
      LoadPart part = std::get<LoadPart>(old_[writer_[m]].work);
      part.view.map = copy;
      add({part, row, map.height, map.width}, segment);
      return copy;
    }
    for (const Stored& stored : stored_.at(m)) {
      LoadPart part;
      part.view = all_of(plan_.spills[stored.spill].map, copy, stored.first);
      part.form = map.binary ? TransferForm::binary : TransferForm::fixed;
      part.spill = stored.spill;
      add({part, row, map.height, map.width}, segment);
    }
    return copy;
  }

  // Of map `whole` the slices from `first` on, which lie in `m`.
  void store(MapId whole, MapId m, int first, int segment) {
    const Map& map = plan_.maps[m];
    StorePart part;
    part.view = all_of(m, m, 0);
    part.address = end_of_outputs_ + plan_.scratch_bytes;
    part.spill = plan_.spills.add({m, part.address, map.height});
    stored_[whole].push_back({part.spill, first});
    Node node{part, old_[writer_[whole]].row, map.height, map.width};
    plan_.scratch_bytes = end_of(node, part) - end_of_outputs_;
    add(std::move(node), segment);
  }

  struct Stored {
    SpillId spill;
    int first = 0;  // slice
  };

  Plan& plan_;
  Table<NodeId, Node> old_;
  Table<MapId, NodeId> writer_;  // the last one
  Table<NodeId, int> segment_of_;
  int segments_ = 1, phase_ = 0, stay_ = 0;
  std::vector<std::map<MapId, NodeId>> read_;
  std::map<MapId, std::vector<Stored>> stored_;
  std::map<NodeId, int> patches_made_;  // of a node, beyond the first
  std::uint32_t end_of_outputs_ = 0;
};

}  // namespace

void spill(Plan& plan) {
  const auto is_one = [](const Grid& grid) { return grid.is_one(); };
  if (!plan.banding.cuts.empty() || !std::ranges::all_of(plan.banding.grids, is_one)) Spiller(plan).run();
}

}  // namespace blendsim::compiler

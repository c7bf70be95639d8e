// SPDX-License-Identifier: Apache-2.0
// Pass spill: maps that wait in DRAM. Where the nodes are cut into segments, what one segment writes and a later one
// reads is stored, row by row, behind the network's outputs, and loaded again as another map. What of the input a later
// segment reads is loaded from where the host put it.
//
// A segment of a single stage may be gone through in parts, phase by phase: each computes a range of the node's slices,
// of which it writes and stores maps of their own, and each loads what the node reads.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

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
      if (parts > 1) make_parts(segment, parts);
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
    return part.address + u32(node.height * row_bytes(plan_, part));
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
      add(std::move(node), segment);
      for (const auto& [whole, own_part] : own) {
        if (is_read_later(whole)) store(whole, own_part, first, segment);
      }
      ++phase_;
    }
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
    part.spill = plan_.spills.add({m, part.address});
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
  const Table<NodeId, Node> old_;
  Table<MapId, NodeId> writer_;  // the last one
  Table<NodeId, int> segment_of_;
  int segments_ = 1, phase_ = 0;
  std::vector<std::map<MapId, NodeId>> read_;
  std::map<MapId, std::vector<Stored>> stored_;
  std::uint32_t end_of_outputs_ = 0;
};

}  // namespace

void spill(Plan& plan) {
  if (!plan.banding.cuts.empty()) Spiller(plan).run();
}

}  // namespace blendsim::compiler

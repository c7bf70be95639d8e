// SPDX-License-Identifier: Apache-2.0
#include "compiler/segments.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

#include "compiler/spaces.h"
#include "compiler/split.h"

namespace blendsim::compiler {
namespace {

// What the pipeline loses at a cut, in bytes of traffic: as much as a few bursts.
constexpr std::int64_t bytes_of_a_cut = 4096;

class Cutter {
 public:
  explicit Cutter(const Plan& plan) : plan_(plan) {
    for (const bool binary : {false, true}) {
      const BufferParameters& b = plan.machine->buffer(binary ? BufferId::act_binary : BufferId::act_fixed);
      room_[binary ? 1 : 0] = {b.regions * b.depth, b.depth};
    }
    find_uses();
    size_maps();
  }

  std::vector<NodeId> all() {
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    Table<NodeId, std::int64_t> best(position_of(end_) + 1, never);  // bytes of the segments before a node
    Table<NodeId, NodeId> begin(position_of(end_) + 1);              // ... of which the last one begins here
    best[NodeId(0)] = 0;
    for (NodeId last(1); last <= end_; ++last) {
      for (NodeId first = last - 1; first.exists(); first = first - 1) {
        if (!fits(first, last)) break;
        if (best[first] == never || !whole(first, last)) continue;
        const std::int64_t bytes = best[first] + crossing(first, last) + bytes_of_a_cut;
        if (bytes < best[last]) best[last] = bytes, begin[last] = first;
      }
    }
    std::vector<NodeId> cuts;
    if (best[end_] == never) return cuts;
    for (NodeId at = begin[end_]; at > NodeId(0); at = begin[at]) cuts.push_back(at);
    std::ranges::reverse(cuts);
    return cuts;
  }

  [[nodiscard]] bool whole_maps_fit(const std::vector<NodeId>& cuts, int segment) {
    for (Sizes& sizes : sizes_) sizes.is_ring = false;
    const auto [first, last] = nodes_of(cuts, segment);
    return fits(first, last);
  }

  // The only node of a segment, but for one that loads the input, which may be gone through in parts; none: it may not.
  [[nodiscard]] NodeId stage_in_parts(const std::vector<NodeId>& cuts, int segment) const {
    auto [first, last] = nodes_of(cuts, segment);
    if (std::holds_alternative<LoadPart>(plan_.nodes[first].work)) ++first;
    if (last - first != 1) return {};
    const auto* stage = std::get_if<Stage>(&plan_.nodes[first].work);
    if (stage == nullptr || !stage->lanes.is_dense()) return {};
    bool can = std::ranges::none_of(stage->convs, [](const ConvPart& part) { return part.choice.split > 1; });
    for_views_written(plan_.nodes[first], [&](const View& v) {
      if (!v.exists()) return;
      can = can && plan_.maps[v.map].planes == 1 && uses_[v.map].writers.size() == 1 && !is_stored(v.map);
    });
    return can ? first : NodeId();
  }

  [[nodiscard]] NodeId one(const std::vector<NodeId>& cuts, int segment) const {
    const auto nodes = nodes_of(cuts, segment);
    const NodeId first = nodes.first, last = nodes.second;
    std::vector<std::pair<NodeId, std::int64_t>> ways;
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    for (NodeId n = first + 1; n < last; ++n) {
      if (!whole(first, n) || !whole(n, last)) continue;
      ways.emplace_back(n, crossing(first, n) + crossing(n, last));
      fewest = std::min(fewest, ways.back().second);
    }
    NodeId best;
    const auto off_middle = [&](NodeId n) { return std::abs((n - first) - (last - n)); };
    for (const auto& [n, bytes] : ways) {
      if (bytes > fewest + fewest / 4) continue;
      if (!best.exists() || off_middle(n) < off_middle(best)) best = n;
    }
    return best;
  }

 private:
  struct Room {
    std::int64_t addresses = 0, region = 0;
  };
  // Addresses of a map, whole or as a ring of a segment that only writes it, that loads and reads it, that does both.
  struct Sizes {
    bool is_ring = false;
    std::int64_t whole = 0, unread = 0, loaded = 0, written = 0;
  };
  // Nodes that touch a map, in order; what stores outputs goes with the last writer.
  struct Uses {
    std::vector<NodeId> readers, writers;
  };

  [[nodiscard]] std::pair<NodeId, NodeId> nodes_of(const std::vector<NodeId>& cuts, int segment) const {
    const auto number = static_cast<std::size_t>(segment);
    return {number == 0 ? NodeId(0) : cuts[number - 1], number < cuts.size() ? cuts[number] : end_};
  }

  [[nodiscard]] bool is_stored(MapId m) const {
    return std::ranges::any_of(plan_.nodes, [&](const Node& node) {
      const auto* output = std::get_if<StorePart>(&node.work);
      return output != nullptr && output->view.map == m;
    });
  }

  void find_uses() {
    uses_.resize(plan_.maps.size());
    for (const NodeId n : plan_.nodes.keys()) {
      const Node& node = plan_.nodes[n];
      if (std::holds_alternative<StorePart>(node.work)) continue;
      for_views_read(node, [&](const View& v) {
        if (v.exists()) uses_[v.map].readers.push_back(n);
      });
      for_views_written(node, [&](const View& v) {
        if (v.exists()) uses_[v.map].writers.push_back(n);
      });
      end_ = n + 1;
    }
  }

  // Each map as the smallest ring of which windows can be read, or whole where that is no smaller. Rows are written
  // while the ones before are read, which takes one more than can be loaded just when they are wanted.
  void size_maps() {
    const Table<MapId, int> overlaps = window_overlaps(plan_);
    for (const MapId m : plan_.maps.keys()) {
      const Map& map = plan_.maps[m];
      const auto rows_of = [&](int overlap, int own) {
        return std::min(map.binary ? in_blocks(overlap) + in_blocks(own) : overlap + own, map.height);
      };
      const int own = own_rows(plan_, m, overlaps[m]);
      Sizes sizes;
      sizes.whole = map.addresses(map.height);
      sizes.unread = map.addresses(rows_of(0, 1));
      sizes.loaded = map.addresses(rows_of(overlaps[m], own));
      sizes.written = map.addresses(rows_of(overlaps[m], std::max(own, overlaps[m] > 0 ? overlaps[m] + 1 : 1)));
      sizes.is_ring = sizes.loaded < sizes.whole;
      sizes_.add(sizes);
      bytes_.add(std::int64_t{map.height} * map.width * map.slices * slice_channels *
                 (map.binary ? map.planes * plan_.cell_slices() / 8 : map.bytes));
    }
  }

  // The maps that nodes [first, last) touch have room together: rings all the time, whole maps from their first use to
  // their last.
  [[nodiscard]] bool fits(NodeId first, NodeId last) const {
    std::array<std::vector<std::int64_t>, 2> change;  // of the addresses that whole maps take, by node
    std::array<std::int64_t, 2> rings{};
    for (auto& c : change) c.assign(static_cast<std::size_t>(last - first) + 1, 0);
    for (const MapId m : plan_.maps.keys()) {
      const auto [begin, end] = span(m, first, last);
      if (!begin.exists()) continue;
      const std::size_t b = plan_.maps[m].binary ? 1 : 0;
      const Sizes& sizes = sizes_[m];
      const std::int64_t addresses = !sizes.is_ring             ? sizes.whole
                                     : !is_read(m, first, last) ? sizes.unread
                                     : is_loaded(m, first)      ? sizes.loaded
                                                                : sizes.written;
      if (addresses > room_[b].region) return false;
      if (sizes.is_ring) {
        rings[b] += addresses;
        continue;
      }
      change[b][static_cast<std::size_t>(begin - first)] += addresses;
      change[b][static_cast<std::size_t>(end - first) + 1] -= addresses;
    }
    for (const std::size_t b : {0U, 1U}) {
      std::int64_t alive = rings[b];
      for (const std::int64_t by : change[b]) {
        alive += by;
        if (alive > room_[b].addresses) return false;
      }
    }
    return true;
  }

  // In a segment that begins with node `first`: the input, or what was written before.
  [[nodiscard]] bool is_loaded(MapId m, NodeId first) const {
    const NodeId written = uses_[m].writers.front();
    return written < first || std::holds_alternative<LoadPart>(plan_.nodes[written].work);
  }

  // By nodes [first, last).
  [[nodiscard]] bool is_read(MapId m, NodeId first, NodeId last) const {
    return std::ranges::any_of(uses_[m].readers, [&](NodeId n) { return n >= first && n < last; });
  }

  // The first and last of nodes [first, last) that touch the map; none where none does.
  [[nodiscard]] std::pair<NodeId, NodeId> span(MapId m, NodeId first, NodeId last) const {
    std::pair<NodeId, NodeId> found;
    for (const auto* list : {&uses_[m].readers, &uses_[m].writers}) {
      for (const NodeId n : *list) {
        if (n < first || n >= last) continue;
        if (!found.first.exists() || n < found.first) found.first = n;
        found.second = std::max(found.second, n);
      }
    }
    return found;
  }

  // All that write a map are of one segment: it is stored once. So are nodes of one layer that follow each other: where
  // they write tells whose results they are.
  [[nodiscard]] bool whole(NodeId first, NodeId last) const {
    const auto inside_a_layer = [&](NodeId n) {
      return n > NodeId(0) && n < end_ && plan_.nodes[n].row == plan_.nodes[n - 1].row;
    };
    if (inside_a_layer(first) || inside_a_layer(last)) return false;
    const auto loads = [&](NodeId n) { return std::holds_alternative<LoadPart>(plan_.nodes[n].work); };
    if (last - first == 1 && loads(first)) return false;
    return std::ranges::all_of(uses_, [&](const Uses& uses) {
      const auto inside = std::ranges::count_if(uses.writers, [&](NodeId n) { return n >= first && n < last; });
      return inside == 0 || inside == std::ranges::ssize(uses.writers);
    });
  }

  // Bytes that a segment of nodes [first, last) loads again, and stores for later ones.
  [[nodiscard]] std::int64_t crossing(NodeId first, NodeId last) const {
    std::int64_t bytes = 0;
    for (const MapId m : plan_.maps.keys()) {
      const Uses& uses = uses_[m];
      if (uses.writers.empty()) continue;
      const NodeId written = uses.writers.front();
      if (written < first && is_read(m, first, last)) bytes += bytes_[m];
      const bool is_input = std::holds_alternative<LoadPart>(plan_.nodes[written].work);
      if (written >= first && written < last && !is_input && is_read(m, last, end_)) bytes += bytes_[m];
    }
    return bytes;
  }

  const Plan& plan_;
  NodeId end_{0};  // of the nodes before those that store outputs
  std::array<Room, 2> room_;
  Table<MapId, Uses> uses_;
  Table<MapId, Sizes> sizes_;
  Table<MapId, std::int64_t> bytes_;
};

}  // namespace

std::vector<NodeId> cut_into_segments(const Plan& plan) { return Cutter(plan).all(); }

bool may_lie_whole(const Plan& plan, const std::vector<NodeId>& cuts, int segment) {
  return Cutter(plan).whole_maps_fit(cuts, segment);
}

SliceRanges parts_of(const Plan& plan, const Node& node, int parts) {
  const auto& stage = std::get<Stage>(node.work);
  const int unit = std::lcm(slice_unit(plan, stage), plan.cell_slices());
  const int slices = static_cast<int>(ceil_divide(ceil_divide(stage.lanes.slices, parts), unit)) * unit;
  SliceRanges ranges;
  for (int first = 0; first < stage.lanes.slices; first += slices)
    ranges.emplace_back(first, std::min(slices, stage.lanes.slices - first));
  return ranges;
}

int most_parts(const Plan& plan, const std::vector<NodeId>& cuts, int segment) {
  const NodeId n = Cutter(plan).stage_in_parts(cuts, segment);
  if (!n.exists()) return 1;
  const Node& node = plan.nodes[n];
  return static_cast<int>(parts_of(plan, node, std::get<Stage>(node.work).lanes.slices).size());
}

NodeId cut_in_two(const Plan& plan, const std::vector<NodeId>& cuts, int segment) {
  return Cutter(plan).one(cuts, segment);
}

}  // namespace blendsim::compiler

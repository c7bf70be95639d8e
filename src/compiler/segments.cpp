// SPDX-License-Identifier: Apache-2.0
#include "compiler/segments.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

#include "compiler/patches.h"
#include "compiler/spaces.h"
#include "compiler/split.h"
#include "units/field_limits.h"

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

  Segmentation all() {
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    Table<NodeId, std::int64_t> best(position_of(end_) + 1, never);       // bytes of the segments before a node
    Table<NodeId, std::pair<NodeId, Grid>> begin(position_of(end_) + 1);  // ... of which the last one begins here
    Table<NodeId, std::uint8_t> is_large;
    for (NodeId n(0); n < end_; ++n) is_large.add(fits(n, n + 1) ? 0 : 1);
    best[NodeId(0)] = 0;
    for (NodeId last(1); last <= end_; ++last) {
      bool patches = false;  // some node is too large without
      for (NodeId first = last - 1; first.exists(); first = first - 1) {
        patches = patches || is_large[first];
        const std::optional<Fit> fit = patches ? in_patches(first, last) : in_one(first, last);
        if (!fit && !(patches && last - first < most_nodes_tried)) break;
        if (!fit || best[first] == never || !whole(first, last)) continue;
        const std::int64_t bytes = best[first] + fit->bytes + bytes_of_a_cut;
        if (bytes < best[last]) best[last] = bytes, begin[last] = {first, fit->grid};
      }
    }
    Segmentation found;
    if (best[end_] == never) return {{}, {Grid()}};
    for (NodeId at = end_; at > NodeId(0); at = begin[at].first) {
      if (begin[at].first > NodeId(0)) found.cuts.push_back(begin[at].first);
      found.grids.push_back(begin[at].second);
    }
    std::ranges::reverse(found.cuts);
    std::ranges::reverse(found.grids);
    return found;
  }

  [[nodiscard]] bool whole_maps_fit(const std::vector<NodeId>& cuts, int segment, Grid grid) {
    const auto [first, last] = nodes_of(cuts, segment);
    if (grid.is_one()) {
      for (Sizes& sizes : sizes_) sizes.is_ring = false;
      return fits(first, last);
    }
    const auto patches = cut_into_patches(plan_, segment_of(first, last), grid);
    return patches && fits(first, last, sizes_in(*patches, false));
  }

  [[nodiscard]] Grid coarsest(const std::vector<NodeId>& cuts, int segment) const {
    const auto [first, last] = nodes_of(cuts, segment);
    if (fits(first, last)) return {};
    const std::optional<Fit> fit = in_patches(first, last);
    return fit ? fit->grid : Grid();
  }

  [[nodiscard]] std::optional<Grid> finer(const std::vector<NodeId>& cuts, int segment, Grid grid) const {
    const auto [first, last] = nodes_of(cuts, segment);
    const Segment nodes = segment_of(first, last);
    for (const Grid& finer : grids_of(plan_, nodes)) {
      if (finer.down * finer.across <= grid.down * grid.across || finer.across < grid.across) continue;
      const auto patches = cut_into_patches(plan_, nodes, finer);
      if (patches && fits(first, last, sizes_in(*patches, true))) return finer;
    }
    return std::nullopt;
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
    bool with_room = false;  // some way leaves two segments that may both find room as they are, or in patches
    for (NodeId n = first + 1; n < last; ++n) {
      if (!whole(first, n) || !whole(n, last)) continue;
      const bool has_room = may_find_room(first, n) && may_find_room(n, last);
      if (has_room && !with_room) ways.clear();
      with_room = with_room || has_room;
      if (has_room == with_room) ways.emplace_back(n, crossing(first, n) + crossing(n, last));
    }
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    for (const auto& way : ways) fewest = std::min(fewest, way.second);
    NodeId best;
    const auto off_middle = [&](NodeId n) { return std::abs((n - first) - (last - n)); };
    for (const auto& [n, bytes] : ways) {
      if (bytes > fewest + fewest / 4) continue;
      if (!best.exists() || off_middle(n) < off_middle(best)) best = n;
    }
    return best;
  }

 private:
  static constexpr std::ptrdiff_t most_nodes_tried = 8;  // without room in any patches, from a node on backwards

  // How a segment may find room, and what that costs.
  struct Fit {
    Grid grid;
    std::int64_t bytes = 0;
  };

  [[nodiscard]] std::optional<Fit> in_one(NodeId first, NodeId last) const {
    if (!fits(first, last)) return std::nullopt;
    return Fit{{}, crossing(first, last)};
  }

  // On the coarsest grid with room.
  [[nodiscard]] std::optional<Fit> in_patches(NodeId first, NodeId last) const {
    const Segment segment = segment_of(first, last);
    for (const Grid& grid : grids_of(plan_, segment)) {
      const auto patches = cut_into_patches(plan_, segment, grid);
      if (patches && fits(first, last, sizes_in(*patches, true))) return Fit{grid, bytes_of(segment, *patches)};
    }
    return std::nullopt;
  }

  [[nodiscard]] bool may_find_room(NodeId first, NodeId last) const {
    return fits(first, last) || in_patches(first, last).has_value();
  }

  [[nodiscard]] Segment segment_of(NodeId first, NodeId last) const {
    Segment segment{first, last, {}};
    for (const MapId m : plan_.maps.keys()) {
      const std::vector<NodeId>& writers = uses_[m].writers;
      if (writers.empty() || writers.front() < first || writers.front() >= last) continue;
      const bool is_input = std::holds_alternative<LoadPart>(plan_.nodes[writers.front()].work);
      if (!is_input && (is_read(m, last, end_) || is_stored(m))) segment.stored.push_back(m);
    }
    return segment;
  }

  // What the patches load and store, and as many bytes as the bus could move while they compute again.
  [[nodiscard]] std::int64_t bytes_of(const Segment& segment, const std::vector<Patch>& patches) const {
    std::int64_t bytes = 0, again = 0;
    for (const Patch& patch : patches) {
      for (const MapId m : patch.maps.keys()) {
        const std::int64_t pixel = pixel_bytes(plan_, plan_.maps[m]);
        if (!patch.maps[m].is_empty() && is_loaded(m, segment.first)) bytes += patch.maps[m].pixels() * pixel;
        bytes += patch.stored[m].is_empty() ? 0 : patch.stored[m].pixels() * pixel;
      }
      for (NodeId n = segment.first; n < segment.last; ++n) {
        if (!patch.nodes[n].is_empty()) again += patch.nodes[n].pixels() * cycles_a_pixel(n);
      }
    }
    for (NodeId n = segment.first; n < segment.last; ++n)
      again -= std::int64_t{plan_.nodes[n].height} * plan_.nodes[n].width * cycles_a_pixel(n);
    return bytes + again * plan_.machine->memory.bus_bytes();
  }

  // Of the array that takes longest, about.
  [[nodiscard]] std::int64_t cycles_a_pixel(NodeId n) const {
    const auto* stage = std::get_if<Stage>(&plan_.nodes[n].work);
    std::int64_t cycles = 0;
    for (std::size_t c = 0; stage != nullptr && c < stage->convs.size(); ++c) {
      const ConvPart& part = stage->convs[ConvId(c)];
      const std::int64_t macs = plan_.facts->layers[part.layer].macs / (plan_.nodes[n].height * plan_.nodes[n].width);
      const MachineParameters& machine = *plan_.machine;
      const std::int64_t lanes = part.choice.xnor ? machine.xnor_array.rows * machine.xnor_array.words * dsp_word_bits
                                                  : machine.mac_array.rows * machine.mac_array.columns;
      cycles = std::max(cycles, ceil_divide(macs, lanes));
    }
    return cycles;
  }

  struct Room {
    std::int64_t addresses = 0, region = 0;
  };
  // Addresses of a map, whole or as a ring of a segment that only writes it, that loads and reads it, that does both.
  struct Sizes {
    bool is_ring = false, is_too_large = false;
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
    overlaps_ = window_overlaps(plan_);
    for (const MapId m : plan_.maps.keys()) {
      const Map& map = plan_.maps[m];
      sizes_.add(size_of(map, overlaps_[m]));
      bytes_.add(std::int64_t{map.height} * map.width * map.slices * slice_channels *
                 (map.binary ? map.planes * plan_.cell_slices() / 8 : map.bytes));
    }
  }

  [[nodiscard]] Sizes size_of(const Map& map, int overlap) const {
    const auto rows_of = [&](int before, int own) {
      return std::min(map.binary ? in_blocks(before) + in_blocks(own) : before + own, map.height);
    };
    const int own = own_rows(plan_, map, overlap);
    Sizes sizes;
    sizes.whole = map.addresses(map.height);
    sizes.unread = map.addresses(rows_of(0, 1));
    sizes.loaded = map.addresses(rows_of(overlap, own));
    sizes.written = map.addresses(rows_of(overlap, std::max(own, overlap > 0 ? overlap + 1 : 1)));
    sizes.is_ring = sizes.loaded < sizes.whole;
    sizes.is_too_large = std::max(map.height, map.width) > most_map_side;
    return sizes;
  }

  // Of maps as high and as wide as any of the patches holds.
  [[nodiscard]] Table<MapId, Sizes> sizes_in(const std::vector<Patch>& patches, bool rings) const {
    Table<MapId, Sizes> sizes;
    for (const MapId m : plan_.maps.keys()) {
      Map map = plan_.maps[m];
      map.height = map.width = 0;
      for (const Patch& patch : patches) {
        map.height = std::max(map.height, patch.maps[m].rows.size());
        map.width = std::max(map.width, patch.maps[m].columns.size());
      }
      sizes.add(size_of(map, overlaps_[m]));
      sizes.back().is_ring = sizes.back().is_ring && rings;
    }
    return sizes;
  }

  // The maps that nodes [first, last) touch have room together: rings all the time, whole maps from their first use to
  // their last.
  [[nodiscard]] bool fits(NodeId first, NodeId last) const { return fits(first, last, sizes_); }
  [[nodiscard]] bool fits(NodeId first, NodeId last, const Table<MapId, Sizes>& of_maps) const {
    std::array<std::vector<std::int64_t>, 2> change;  // of the addresses that whole maps take, by node
    std::array<std::int64_t, 2> rings{};
    for (auto& c : change) c.assign(static_cast<std::size_t>(last - first) + 1, 0);
    for (const MapId m : plan_.maps.keys()) {
      const auto [begin, end] = span(m, first, last);
      if (!begin.exists()) continue;
      const std::size_t b = plan_.maps[m].binary ? 1 : 0;
      const Sizes& sizes = of_maps[m];
      const std::int64_t addresses = !sizes.is_ring             ? sizes.whole
                                     : !is_read(m, first, last) ? sizes.unread
                                     : is_loaded(m, first)      ? sizes.loaded
                                                                : sizes.written;
      if (addresses > room_[b].region || sizes.is_too_large) return false;
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
  // they write tells whose results they are. Blocks of a pooling have none.
  [[nodiscard]] bool whole(NodeId first, NodeId last) const {
    const auto inside_a_layer = [&](NodeId n) {
      if (n == NodeId(0) || n >= end_ || plan_.nodes[n].row != plan_.nodes[n - 1].row) return false;
      const auto* pool = std::get_if<PoolPart>(&plan_.nodes[n - 1].work);
      return pool == nullptr || pool->out.tensor != no_tensor;
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
  Table<MapId, int> overlaps_;
  Table<MapId, Sizes> sizes_;
  Table<MapId, std::int64_t> bytes_;
};

}  // namespace

Segmentation cut_into_segments(const Plan& plan) { return Cutter(plan).all(); }

bool may_lie_whole(const Plan& plan, const std::vector<NodeId>& cuts, int segment, Grid grid) {
  return Cutter(plan).whole_maps_fit(cuts, segment, grid);
}

Grid coarsest_grid(const Plan& plan, const std::vector<NodeId>& cuts, int segment) {
  return Cutter(plan).coarsest(cuts, segment);
}

std::optional<Grid> finer_grid(const Plan& plan, const std::vector<NodeId>& cuts, int segment, Grid grid) {
  return Cutter(plan).finer(cuts, segment, grid);
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

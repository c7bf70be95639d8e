// SPDX-License-Identifier: Apache-2.0
// Pass split: which maps are rings of rows, and their bands. A map that lies whole is one band; of one that there is no
// room for, a row takes the place of another that is read.
//
// An instruction walks a window over rows that follow each other, which a ring's first and last row do not: so each
// band, a turn of the ring, begins with rows of those before, as many as the tallest window reaches back. What writes
// those rows writes them twice; or more often, where a region has no room for twice as many rows.
#include "compiler/split.h"

#include <algorithm>

#include "units/buffer/layout.h"

namespace blendsim::compiler {
namespace {

constexpr int block_rows = 4;  // of a binary map: rows that share an address (layout.h)

class Splitter {
 public:
  explicit Splitter(Plan& plan) : plan_(plan) {}

  void run() {
    for (Map& map : plan_.maps) {
      map.band_rows = map.height;
      map.overlap = 0;
    }
    if (plan_.banding.least_height > 0) {
      const Table<MapId, int> overlaps = window_overlaps(plan_);
      for (const MapId m : plan_.maps.keys()) plan_.maps[m].overlap = overlaps[m];
      find_whole();
      choose_rows();
      while (agree()) {}
    }
    plan_.bands.clear();
    for (const MapId m : plan_.maps.keys()) make_bands(m);
  }

 private:
  [[nodiscard]] bool is_tall(MapId m) const {
    return whole_[m] == 0 && plan_.maps[m].height >= plan_.banding.least_height;
  }

  void find_whole() {
    whole_.assign(plan_.maps.size(), 0);
    for (const Node& node : plan_.nodes) {
      const auto segment = static_cast<std::size_t>(node.segment);
      if (segment >= plan_.banding.whole.size() || !plan_.banding.whole[segment]) continue;
      for_views_written(node, [&](const View& v) {
        if (v.exists()) whole_[v.map] = 1;
      });
    }
  }

  void choose_rows() {
    const auto& least = plan_.banding.least_rows;
    for (const MapId m : plan_.maps.keys()) {
      Map& map = plan_.maps[m];
      if (!is_tall(m)) continue;
      const int rows = std::max(plan_.banding.rows, own_rows(plan_, map, map.overlap));
      map.band_rows = std::min(map.height, std::max(rows, least.empty() ? 0 : least[m]));
    }
  }

  // One instruction writes both copies of a tensor, and several nodes the ranges of one map: their bands are alike, and
  // whole blocks of rows where one is binary. Returns whether any map became another.
  bool agree() {
    bool changed = false;
    for (const Node& node : plan_.nodes) {
      int rows = 0, overlap = 0, most = 0;
      bool binary = false;
      for_written(node, [&](const Map& map) {
        rows = std::max(rows, map.band_rows);
        overlap = std::max(overlap, map.overlap);
        binary = binary || map.binary;
        most = map.height;
      });
      if (binary) rows = std::min(most, in_blocks(rows));
      if (rows + (binary ? in_blocks(overlap) : overlap) >= most) rows = most;  // a ring would be no smaller
      for_written(node, [&](Map& map) {
        changed = changed || map.band_rows != rows || map.overlap != overlap;
        map.band_rows = rows;
        map.overlap = overlap;
      });
    }
    return changed;
  }

  template <class Visit>
  void for_written(const Node& node, Visit&& visit) {
    for_views_written(node, [&](const View& v) {
      if (v.exists()) visit(plan_.maps[v.map]);
    });
  }

  void make_bands(MapId m) {
    Map& map = plan_.maps[m];
    map.first_band = plan_.bands.next();
    map.bands = static_cast<int>(ceil_divide(map.height, map.band_rows));
    map.held_rows = 0;
    const int before = map.bands == 1 ? 0 : map.binary ? in_blocks(map.overlap) : map.overlap;
    for (int k = 0; k < map.bands; ++k) {
      Band band;
      band.map = m;
      band.own_row = k * map.band_rows;
      band.first_row = band.own_row - before;
      band.rows = std::min(map.height, band.own_row + map.band_rows) - band.first_row;
      map.held_rows = std::max(map.held_rows, band.rows);
      plan_.bands.add(band);
    }
  }

  Plan& plan_;
  Table<MapId, std::uint8_t> whole_;  // of segments without rings
};

}  // namespace

int in_blocks(int rows) { return static_cast<int>(ceil_divide(rows, block_rows)) * block_rows; }

Table<MapId, int> window_overlaps(const Plan& plan) {
  Table<MapId, int> overlaps(plan.maps.size(), 0);
  const auto reach = [&](MapId m, const Window& w) {
    overlaps[m] = std::max(overlaps[m], (w.kernel_h - 1) * w.dilation_h);
  };
  for (const Node& node : plan.nodes) {
    if (const auto* pool = std::get_if<PoolPart>(&node.work)) reach(pool->in.map, pool->window);
    if (const auto* turn = std::get_if<TransposePart>(&node.work)) {  // both lie whole
      for (const MapId m : {turn->in.map, turn->out.map}) overlaps[m] = plan.maps[m].height - 1;
    }
    if (const auto* stage = std::get_if<Stage>(&node.work)) {
      for (const ConvPart& part : stage->convs) reach(part.source.map, part.window);
    }
  }
  return overlaps;
}

int own_rows(const Plan& plan, const Map& map, int overlap) {
  const std::int64_t depth = plan.machine->buffer(map.binary ? BufferId::act_binary : BufferId::act_fixed).depth;
  const int step = map.binary ? block_rows : 1, before = map.binary ? in_blocks(overlap) : overlap;
  int rows = std::max(before, step);
  while (rows > step && map.addresses(before + rows) > depth) rows -= step;
  return rows;
}

void split(Plan& plan) { Splitter(plan).run(); }

}  // namespace blendsim::compiler

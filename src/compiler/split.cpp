// SPDX-License-Identifier: Apache-2.0
// Pass split: which maps are rings of rows, and their bands. A map that lies whole is one band; of one that there is no
// room for, a row takes the place of another that is read.
//
// An instruction walks a window over rows that follow each other, which a ring's first and last row do not: so each
// band, a turn of the ring, begins with rows of the band before, as many as the tallest window reaches back. What
// writes those rows writes them twice.
#include <algorithm>

#include "compiler/plan.h"
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
      find_overlaps();
      choose_rows();
      while (agree()) {}
    }
    plan_.bands.clear();
    for (const MapId m : plan_.maps.keys()) make_bands(m);
  }

 private:
  static int in_blocks(int rows) { return static_cast<int>(ceil_divide(rows, block_rows)) * block_rows; }
  [[nodiscard]] bool is_tall(const Map& map) const { return map.height >= plan_.banding.least_height; }

  // The rows before a window's last one.
  void find_overlaps() {
    const auto reach = [&](MapId m, const Window& w) {
      plan_.maps[m].overlap = std::max(plan_.maps[m].overlap, (w.kernel_h - 1) * w.dilation_h);
    };
    for (const Node& node : plan_.nodes) {
      if (const auto* pool = std::get_if<PoolPart>(&node.work)) reach(pool->in.map, pool->window);
      if (const auto* stage = std::get_if<Stage>(&node.work)) {
        for (const ConvPart& part : stage->convs) reach(part.source.map, part.window);
      }
    }
  }

  void choose_rows() {
    const auto& least = plan_.banding.least_rows;
    for (const MapId m : plan_.maps.keys()) {
      Map& map = plan_.maps[m];
      if (!is_tall(map)) continue;
      const int rows = std::max({plan_.banding.rows, map.overlap, least.empty() ? 0 : least[m]});
      map.band_rows = std::min(map.height, rows);
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
      if (rows + in_blocks(overlap) >= most) rows = most;  // a ring would be no smaller
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
    if (const auto* input = std::get_if<InputPart>(&node.work)) visit(plan_.maps[input->view.map]);
    if (const auto* pool = std::get_if<PoolPart>(&node.work)) visit(plan_.maps[pool->out.map]);
    if (const auto* stage = std::get_if<Stage>(&node.work)) {
      for (const PostPart& part : stage->posts) {
        if (part.fixed.exists()) visit(plan_.maps[part.fixed.map]);
        if (part.bits.exists()) visit(plan_.maps[part.bits.map]);
      }
    }
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
};

}  // namespace

void split(Plan& plan) { Splitter(plan).run(); }

}  // namespace blendsim::compiler

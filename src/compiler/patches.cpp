// SPDX-License-Identifier: Apache-2.0
#include "compiler/patches.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "units/field_limits.h"

namespace blendsim::compiler {
namespace {

constexpr std::int64_t stem_pixel_bytes = 4;

// Along one axis: kernel, stride, dilation, padding in front.
struct Reach {
  int kernel, stride, dilation, pad;
  // Of the outputs' windows, padding included.
  [[nodiscard]] Extent of(const Extent& outputs) const {
    return {outputs.begin * stride - pad, (outputs.end - 1) * stride - pad + (kernel - 1) * dilation + 1};
  }
};
Reach down(const Window& w) { return {w.kernel_h, w.stride_h, w.dilation_h, w.pad_top}; }
Reach across(const Window& w) { return {w.kernel_w, w.stride_w, w.dilation_w, w.pad_left}; }

Extent within(const Extent& a, int size) { return {std::clamp(a.begin, 0, size), std::clamp(a.end, 0, size)}; }
Extent hull(const Extent& a, const Extent& b) {
  if (a.is_empty()) return b;
  if (b.is_empty()) return a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

// Part `k` of `parts` of a length, in whole units.
Extent share(int length, int parts, int k, int unit) {
  const auto border = [&](int i) {
    const std::int64_t at = ceil_divide(std::int64_t{i} * length, parts);
    return static_cast<int>(std::min<std::int64_t>(length, ceil_divide(at, unit) * unit));
  };
  return {border(k), border(k + 1)};
}

// Calls visit(view, window, height, width) for what a node reads through windows: of rows and columns as many.
template <class Visit>
void for_windows(const Plan& plan, const Node& node, Visit&& visit) {
  if (const auto* pool = std::get_if<PoolPart>(&node.work))
    visit(pool->in, pool->window, plan.map(pool->in).height, plan.map(pool->in).width);
  if (const auto* stage = std::get_if<Stage>(&node.work)) {
    for (const ConvPart& part : stage->convs) visit(part.source, part.window, part.in_height, part.in_width);
  }
}
template <class Visit>
void for_operands(const Node& node, Visit&& visit) {
  if (const auto* stage = std::get_if<Stage>(&node.work)) {
    for (const PostPart& part : stage->posts) {
      for (const Operand* o : {&part.a, &part.b}) {
        if (o->map.exists()) visit(*o);
      }
    }
  }
}

// Every so many columns of a row begin on a bus word, however many slices or cells of a pixel are moved.
int columns_a_bus_word(const Plan& plan, std::int64_t bytes) {
  const std::int64_t bus = plan.machine->memory.bus_bytes();
  return static_cast<int>(bus / std::gcd(bus, bytes));
}
int columns_a_bus_word(const Plan& plan, const Map& map) {
  return columns_a_bus_word(
      plan, map.binary ? std::int64_t{2} * plan.cell_slices() : std::int64_t{map.bytes} * slice_channels);
}

// The rows, or the columns, of one patch. The two have nothing to do with each other.
struct Extents {
  Table<NodeId, Extent> nodes;
  Table<MapId, Extent> maps, stored;
};

// Along one axis: what each of so many patches computes and holds.
class ExtentFinder {
 public:
  ExtentFinder(const Plan& plan, const Segment& segment, bool is_across)
      : plan_(plan), segment_(segment), is_across_(is_across) {}

  // None where a window lies in padding alone.
  std::optional<std::vector<Extents>> find(int parts) {
    std::vector<Extents> found(static_cast<std::size_t>(parts));
    const Table<MapId, int> whole = sizes();
    ends_.assign(plan_.maps.size(), 0);
    for (int k = 0; k < parts; ++k) {
      if (!find(parts, k, found[static_cast<std::size_t>(k)])) return std::nullopt;
    }
    // What nobody wants is computed all the same, with what lies in front of it: a layer's results are whole.
    ends_ = whole;
    for (int k = parts; k-- > 0;) {
      Extents& extents = found[static_cast<std::size_t>(k)];
      Table<MapId, int> begins = ends_;
      for (const MapId m : extents.maps.keys()) {
        if (!extents.maps[m].is_empty()) begins[m] = extents.maps[m].begin;
      }
      if (!find(parts, k, extents)) return std::nullopt;
      ends_ = std::move(begins);
    }
    return found;
  }

 private:
  [[nodiscard]] int size(const Map& map) const { return is_across_ ? map.width : map.height; }
  [[nodiscard]] Reach reach(const Window& w) const { return is_across_ ? across(w) : down(w); }
  [[nodiscard]] Table<MapId, int> sizes() const {
    Table<MapId, int> all;
    for (const Map& map : plan_.maps) all.add(size(map));
    return all;
  }

  bool find(int parts, int k, Extents& extents) {
    extents.nodes.assign(plan_.nodes.size(), {});
    extents.maps.assign(plan_.maps.size(), {});
    extents.stored.assign(plan_.maps.size(), {});
    for (const MapId m : segment_.stored) {
      const Map& map = plan_.maps[m];
      extents.stored[m] = share(size(map), parts, k, is_across_ ? columns_a_bus_word(plan_, map) : 1);
      extents.maps[m] = extents.stored[m];
    }
    for (NodeId n = segment_.last; n-- > segment_.first;) {
      if (!std::holds_alternative<LoadPart>(plan_.nodes[n].work) && !demand(n, extents)) return false;
    }
    return true;
  }

  // The node computes all that is wanted of what it writes; its windows want their part of what it reads.
  bool demand(NodeId n, Extents& extents) {
    const Node& node = plan_.nodes[n];
    Extent& out = extents.nodes[n];
    for_views_written(node, [&](const View& v) {
      if (v.exists()) out = hull(out, extents.maps[v.map]);
    });
    if (out.is_empty()) return true;
    for_views_written(node, [&](const View& v) {
      if (v.exists()) out.end = std::max(out.end, ends_[v.map]);
    });
    for_views_written(node, [&](const View& v) {
      if (v.exists()) extents.maps[v.map] = out;
    });
    bool can = true;
    const auto want = [&](MapId m, const Extent& wanted) {
      extents.maps[m] = hull(extents.maps[m], wanted);
      can = can && !wanted.is_empty();
    };
    for_windows(plan_, node, [&](const View& v, const Window& w, int height, int width) {
      want(v.map, within(reach(w).of(out), is_across_ ? width : height));
    });
    for_operands(node, [&](const Operand& o) {
      want(o.map.map, o.one_pixel ? Extent{0, size(plan_.map(o.map))} : out);
    });
    return can;
  }

  const Plan& plan_;
  const Segment& segment_;
  bool is_across_;
  Table<MapId, int> ends_;  // where the next patch's part of a map begins
};

class PatchFinder {
 public:
  PatchFinder(const Plan& plan, const Segment& segment) : plan_(plan), segment_(segment) {}

  // None where this patch cannot be made.
  [[nodiscard]] std::optional<Patch> join(const Extents& rows, const Extents& columns) const {
    Patch patch;
    for (const NodeId n : plan_.nodes.keys()) patch.nodes.add({rows.nodes[n], columns.nodes[n]});
    for (const MapId m : plan_.maps.keys()) {
      patch.maps.add({rows.maps[m], columns.maps[m]});
      patch.stored.add({rows.stored[m], columns.stored[m]});
    }
    align_loads(patch);
    if (!check(patch)) return std::nullopt;
    return patch;
  }

 private:
  [[nodiscard]] bool is_loaded(MapId m) const {
    for (NodeId n = segment_.first; n < segment_.last; ++n) {
      bool writes = false;
      for_views_written(plan_.nodes[n], [&](const View& v) { writes = writes || (v.exists() && v.map == m); });
      if (writes) return std::holds_alternative<LoadPart>(plan_.nodes[n].work);
    }
    return true;
  }

  [[nodiscard]] bool is_stem(MapId m) const {
    const auto* input = std::get_if<LoadPart>(&plan_.nodes.front().work);
    return input != nullptr && input->view.map == m && input->form == TransferForm::stem;
  }

  // Rows of what is loaded begin on bus words: a few columns earlier than wanted.
  void align_loads(Patch& patch) const {
    for (const MapId m : patch.maps.keys()) {
      Rectangle& held = patch.maps[m];
      if (held.is_empty() || !is_loaded(m)) continue;
      if (is_stem(m)) {
        const int pad_left = std::get<LoadPart>(plan_.nodes.front().work).pad_left;
        const int unit = columns_a_bus_word(plan_, stem_pixel_bytes), first = held.columns.begin - pad_left;
        if (first > 0) held.columns.begin -= first % unit;
        continue;
      }
      held.columns.begin -= held.columns.begin % columns_a_bus_word(plan_, plan_.maps[m]);
    }
  }

  [[nodiscard]] bool check(const Patch& patch) const {
    for (const MapId m : patch.maps.keys()) {
      const Rectangle &held = patch.maps[m], &own = patch.stored[m];
      const int words_beyond = is_stem(m) ? 3 : 0;  // of four pixels each, a pixel apart
      if (held.rows.size() > most_map_side || held.columns.size() + words_beyond > most_map_side) return false;
      if (plan_.maps[m].binary && !own.is_empty() && own != held) return false;
    }
    for (NodeId n = segment_.first; n < segment_.last; ++n) {
      if (!patch.nodes[n].is_empty() && !check(n, patch)) return false;
      if (const auto* input = std::get_if<LoadPart>(&plan_.nodes[n].work); input != nullptr && shares(input->view.map))
        return false;
    }
    return true;
  }

  // Whether the input is a range of a map that others write, too.
  [[nodiscard]] bool shares(MapId input) const {
    return std::ranges::any_of(plan_.nodes, [&](const Node& node) {
      bool writes = false;
      for_views_written(node, [&](const View& v) { writes = writes || (v.exists() && v.map == input); });
      return writes && !std::holds_alternative<LoadPart>(node.work);
    });
  }

  // Maps that a node writes hold what it computes and nothing else. Where a window begins inside a map, the map is one
  // of bytes, and the window never reaches padding at the right: an instruction has one width for both.
  [[nodiscard]] bool check(NodeId n, const Patch& patch) const {
    const Node& node = plan_.nodes[n];
    const Rectangle& out = patch.nodes[n];
    bool can = !std::holds_alternative<TransposePart>(node.work);
    for_views_written(node, [&](const View& v) { can = can && (!v.exists() || patch.maps[v.map] == out); });
    for_windows(plan_, node, [&](const View& v, const Window& w, int, int width) {
      const Rectangle& held = patch.maps[v.map];
      const int skipped_rows = down(w).of(out.rows).begin - held.rows.begin;
      const Extent columns = across(w).of(out.columns);
      const int skipped = columns.begin - held.columns.begin;
      if (plan_.map(v).binary) can = can && skipped_rows <= 0 && skipped <= 0;
      can = can && (skipped <= 0 || columns.end <= width);
    });
    return can;
  }

  const Plan& plan_;
  const Segment& segment_;
};

bool stores_nothing(const Patch& patch) {
  return std::ranges::all_of(patch.stored, [](const Rectangle& r) { return r.is_empty(); });
}

}  // namespace

std::int64_t pixel_bytes(const Plan& plan, const Map& map) {
  if (map.binary) return std::int64_t{map.slices} * map.planes * 2 * plan.cell_slices();
  return std::int64_t{map.slices} * map.bytes * slice_channels;
}

std::optional<std::vector<Patch>> cut_into_patches(const Plan& plan, const Segment& segment, Grid grid) {
  const auto rows = ExtentFinder(plan, segment, false).find(grid.down);
  const auto columns = ExtentFinder(plan, segment, true).find(grid.across);
  if (!rows || !columns) return std::nullopt;
  const PatchFinder finder(plan, segment);
  std::vector<Patch> patches;
  for (const Extents& row : *rows) {
    for (const Extents& column : *columns) {
      std::optional<Patch> patch = finder.join(row, column);
      if (!patch) return std::nullopt;
      if (!stores_nothing(*patch)) patches.push_back(std::move(*patch));
    }
  }
  return patches;
}

std::vector<Grid> grids_of(const Plan& plan, const Segment& segment) {
  constexpr std::array columns = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
  int height = 1;
  for (NodeId n = segment.first; n < segment.last; ++n) {
    for_views_read(plan.nodes[n], [&](const View& v) {
      if (v.exists()) height = std::max(height, plan.map(v).height);
    });
    height = std::max(height, plan.nodes[n].height);
  }
  std::vector<Grid> grids;
  // Windows of further layers reach beyond a patch's share: a few more may be needed.
  const int least = static_cast<int>(ceil_divide(height, most_map_side));
  for (const int across : columns) {
    for (const int down : {least, least + 1, 2 * least}) {
      if (height <= most_map_side && down > 1) continue;
      if (down * across > 1) grids.push_back({down, across});
    }
  }
  return grids;
}

StemPixels stem_pixels(const Extent& words, int pad_left, int width) {
  const int first = words.begin - pad_left, end = words.end - pad_left + 3;
  const Extent pixels = within({first, end}, width);
  return {pixels, pixels.begin - first};
}

}  // namespace blendsim::compiler

// SPDX-License-Identifier: Apache-2.0
#include "isa/written_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/diagnostic.h"
#include "isa/interpret.h"

namespace blendsim {
namespace {

// Where a view's values lie, in a buffer's terms.
bool lies_in(const TensorView& view, BufferId buffer) {
  return view.place == (buffer == BufferId::act_binary ? TensorView::Place::act_binary : TensorView::Place::act_fixed);
}
bool lies_in(const TensorView& view, const WrittenAccumulators& tile) {
  return view.place == (tile.region == xnor_accumulator_region ? TensorView::Place::xnor_accumulators
                                                               : TensorView::Place::mac_accumulators);
}

// Word of a fixed view: of the tile's first row where that is said, as it is of maps in bands; else of the map.
std::int64_t first_word(const TensorView& view, const WrittenMap& tile) {
  if (!view.in_bands()) return view.base;
  return FixedMap{view.base_of(tile.row0), tile.row0 + 1, tile.width, view.slices, view.bytes}.word(0, tile.row0, 0);
}

// The part of `view` that lies in the tile; empty when they are apart.
WrittenPart part_of(const TensorView& view, const WrittenMap& tile, std::size_t result) {
  const WrittenPart none;
  if (!lies_in(view, tile.buffer) || view.slices != tile.slices) return none;
  if (tile.any_width) {
    if (view.in_bands() || tile.width % static_cast<std::uint32_t>(view.width) != 0) return none;
    WrittenMap rows = tile;
    rows.any_width = false;
    rows.rows = tile.width / static_cast<std::uint32_t>(view.width);
    rows.width = static_cast<std::uint32_t>(view.width);
    return part_of(view, rows, result);
  }
  if (view.width != static_cast<std::int32_t>(tile.width)) return none;
  if (view.in_bands() && tile.row0 >= static_cast<std::uint32_t>(view.height)) return none;
  const std::int64_t rows = std::min<std::int64_t>(tile.rows, view.rows_from(tile.row0));
  std::int64_t row = tile.row0, slice = tile.slice0;
  if (view.place == TensorView::Place::act_binary) {
    if (view.base_of(tile.row0) != tile.base) return none;
  } else {
    const std::int64_t pixel_words = std::int64_t{view.slices} * view.bytes, row_words = pixel_words * view.width;
    const std::int64_t offset = std::int64_t{tile.base} - first_word(view, tile);
    if (view.bytes != tile.bytes || offset < 0 || offset % view.bytes != 0 || offset % row_words >= pixel_words)
      return none;
    if (view.in_bands() && offset >= row_words) return none;
    if (!view.in_bands()) row = offset / row_words;
    slice += offset % row_words / view.bytes;
  }
  const std::int64_t first = (slice - view.first) * slice_channels;
  const std::int64_t last = first + std::int64_t{tile.slice_count} * slice_channels;
  WrittenPart part{result,
                   static_cast<std::int32_t>(std::min<std::int64_t>(row, view.height)),
                   static_cast<std::int32_t>(std::min<std::int64_t>(row + rows, view.height)),
                   static_cast<std::int32_t>(std::clamp<std::int64_t>(first, 0, view.channels)),
                   static_cast<std::int32_t>(std::clamp<std::int64_t>(last, 0, view.channels)),
                   0};
  return part.row0 < part.row1 && part.channel0 < part.channel1 ? part : none;
}

bool at_one_place(const TensorView& a, const TensorView& b) {
  return a.name == b.name && a.place == b.place && a.base == b.base && a.bands == b.bands && a.first == b.first &&
         a.slices == b.slices;
}

}  // namespace

WrittenResults::WrittenResults(const Program& program, const MachineParameters& machine)
    : program_(program), machine_(machine), next_group_(program.layers.size()) {
  for (const ProgramLayer& layer : program.layers) values_.emplace_back(layer.results.size(), 0);
  find_patches();
}

void WrittenResults::find_patches() {
  for (const ProgramLayer& layer : program_.layers) {
    auto& patches = patch_.emplace_back();
    for (std::size_t r = 0; r < layer.results.size(); ++r) {
      const TensorView& view = layer.results[r];
      const bool goes_on = r > 0 && layer.results[r - 1].name == view.name;
      patches.push_back({goes_on ? patches.back().tensor : r, view.patch});
    }
    written_patch_.emplace_back(layer.results.size(), 0);
  }
}

// The next patch of a tensor is due when all of this one is written.
void WrittenResults::count(std::size_t layer, const WrittenPart& part) {
  const std::vector<TensorView>& results = program_.layers[layer].results;
  values_[layer][part.result] +=
      std::int64_t{part.row1 - part.row0} * (part.channel1 - part.channel0) * results[part.result].width;
  const Patch of = patch_[layer][part.result];
  std::size_t r = of.tensor;
  const auto is_of_it = [&] { return r < results.size() && patch_[layer][r].tensor == of.tensor; };
  for (; is_of_it() && patch_[layer][r].number <= of.number; ++r) {
    if (patch_[layer][r].number == of.number && values(layer, r) < values_of(results[r])) return;
  }
  if (!is_of_it()) return;
  written_patch_[layer][of.tensor] = of.number + 1;
  next_group_[layer] = {};
}

// Parts of the accumulator views of which the instruction writes row groups.
std::vector<WrittenPart> WrittenResults::accumulator_parts(const WrittenAccumulators& tile, std::size_t layer) {
  const std::vector<TensorView>& results = program_.layers[layer].results;
  std::vector<WrittenPart> parts;
  std::int64_t view_group = -std::int64_t{take_groups(tile, layer)};
  for (std::size_t result = 0; result < results.size(); ++result) {
    const TensorView& view = results[result];
    if (!lies_in(view, tile) || !is_due(layer, result)) continue;
    const std::int64_t groups = ceil_divide(view.channels, tile.array_rows);
    const std::int64_t begin = std::max<std::int64_t>(0, view_group),
                       end = std::min<std::int64_t>(tile.groups, view_group + groups);
    if (begin < end) {
      const auto channel = [&](std::int64_t group) {
        return static_cast<std::int32_t>(std::min<std::int64_t>((group - view_group) * tile.array_rows, view.channels));
      };
      parts.push_back({result, static_cast<std::int32_t>(tile.out_row),
                       static_cast<std::int32_t>(tile.out_row + tile.rows), channel(begin), channel(end), view_group});
    }
    view_group += groups;
  }
  return parts;
}

std::uint32_t WrittenResults::take_groups(const WrittenAccumulators& tile, std::size_t layer) {
  auto& next = next_group_[layer][tile.region];
  const std::uint32_t first = next[tile.out_row];
  for (std::uint32_t row = tile.out_row; row < tile.out_row + tile.rows; ++row) next[row] = first + tile.groups;
  return first;
}

std::vector<WrittenPart> WrittenResults::map_parts(const WrittenMap& tile, std::size_t layer) const {
  const std::vector<TensorView>& results = program_.layers[layer].results;
  std::vector<WrittenPart> parts;
  for (std::size_t result = 0; result < results.size(); ++result) {
    if (!is_due(layer, result)) continue;
    const WrittenPart part = part_of(results[result], tile, result);
    if (part.row0 >= part.row1) continue;
    const auto other = std::find_if(parts.begin(), parts.end(), [&](const WrittenPart& earlier) {
      return at_one_place(results[earlier.result], results[result]);
    });
    if (other == parts.end()) parts.push_back(part);
    else if (values(layer, other->result) >= values_of(results[other->result])) *other = part;
  }
  return parts;
}

std::vector<WrittenPart> WrittenResults::next(const Instruction& i) {
  const std::size_t layer = sync_of(i).layer;
  if (layer >= program_.layers.size())
    throw InvariantError("capture", fmt::format("layer {} is not in the table", layer));
  const Written all = written(i, machine_);
  std::vector<WrittenPart> parts;
  if (all.accumulators) {
    parts = accumulator_parts(*all.accumulators, layer);
  } else {
    for (const WrittenMap& tile : all.maps) {
      const std::vector<WrittenPart> of_tile = map_parts(tile, layer);
      parts.insert(parts.end(), of_tile.begin(), of_tile.end());
    }
  }
  for (const WrittenPart& part : parts) count(layer, part);
  return parts;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// Layer results, collected from the buffers right after the instructions that wrote them.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "isa/view_values.h"

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
  if (!lies_in(view, tile.buffer) || view.slices != tile.slices || view.width != static_cast<std::int32_t>(tile.width))
    return none;
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
  WrittenPart part{result, static_cast<std::int32_t>(std::min<std::int64_t>(row, view.height)),
                   static_cast<std::int32_t>(std::min<std::int64_t>(row + rows, view.height)),
                   static_cast<std::int32_t>(std::clamp<std::int64_t>(first, 0, view.channels)),
                   static_cast<std::int32_t>(std::clamp<std::int64_t>(last, 0, view.channels))};
  return part.row0 < part.row1 && part.channel0 < part.channel1 ? part : none;
}

// Part of accumulator view `result`, and the instruction's row group (may be negative) at which the view begins.
struct AccumulatorPart {
  WrittenPart part;
  std::int64_t view_group;
};

std::vector<AccumulatorPart> accumulator_parts(const WrittenAccumulators& tile, const ProgramLayer& layer,
                                               std::uint32_t first_group) {
  std::vector<AccumulatorPart> parts;
  std::int64_t view_group = -std::int64_t{first_group};
  for (std::size_t result = 0; result < layer.results.size(); ++result) {
    const TensorView& view = layer.results[result];
    if (!lies_in(view, tile)) continue;
    const std::int64_t groups = ceil_divide(view.channels, tile.array_rows);
    const std::int64_t begin = std::max<std::int64_t>(0, view_group),
                       end = std::min<std::int64_t>(tile.groups, view_group + groups);
    if (begin < end) {
      const auto channel = [&](std::int64_t group) {
        return static_cast<std::int32_t>(std::min<std::int64_t>((group - view_group) * tile.array_rows, view.channels));
      };
      parts.push_back({{result, static_cast<std::int32_t>(tile.out_row),
                        static_cast<std::int32_t>(tile.out_row + tile.rows), channel(begin), channel(end)},
                       view_group});
    }
    view_group += groups;
  }
  return parts;
}

}  // namespace

std::vector<WrittenPart> written_parts(const Instruction& i, const ProgramLayer& layer,
                                       const MachineParameters& machine, std::uint32_t first_group) {
  std::vector<WrittenPart> parts;
  const Written all = written(i, machine);
  if (all.accumulators) {
    for (const AccumulatorPart& part : accumulator_parts(*all.accumulators, layer, first_group))
      parts.push_back(part.part);
    return parts;
  }
  for (const WrittenMap& tile : all.maps) {
    for (std::size_t result = 0; result < layer.results.size(); ++result) {
      const WrittenPart part = part_of(layer.results[result], tile, result);
      if (part.row0 < part.row1) parts.push_back(part);
    }
  }
  return parts;
}

ResultCapture::ResultCapture(const Program& program) : program_(program), next_group_(program.layers.size()) {
  for (const ProgramLayer& layer : program.layers) {
    auto& results = results_.emplace_back();
    for (const TensorView& view : layer.results) {
      const std::size_t size = static_cast<std::size_t>(view.channels) * static_cast<std::size_t>(view.height) *
                               static_cast<std::size_t>(view.width);
      results.push_back({view.name, view, std::vector<std::int32_t>(size)});
    }
    written_.emplace_back(layer.results.size(), 0);
  }
}

void ResultCapture::after(const Instruction& i, const MachineParameters& machine, const Buffers& buffers) {
  const std::uint32_t layer = sync_of(i).layer;
  if (layer >= results_.size()) throw InvariantError("capture", fmt::format("layer {} is not in the table", layer));
  const auto count = [&](const WrittenPart& part, std::int32_t width) {
    written_[layer][part.result] += std::int64_t{part.row1 - part.row0} * (part.channel1 - part.channel0) * width;
  };
  const std::optional<WrittenAccumulators> tile = written(i, machine).accumulators;
  if (!tile) {
    for (const WrittenPart& part : written_parts(i, program_.layers[layer], machine)) {
      Result& result = results_[layer][part.result];
      read_part(result.view, buffers, part, result.values);
      count(part, result.view.width);
    }
    return;
  }
  auto& next = next_group_[layer][tile->region];
  const std::uint32_t first_group = next[tile->out_row];
  for (std::uint32_t row = tile->out_row; row < tile->out_row + tile->rows; ++row)
    next[row] = first_group + tile->groups;
  for (const AccumulatorPart& written : accumulator_parts(*tile, program_.layers[layer], first_group)) {
    Result& result = results_[layer][written.part.result];
    for (std::int32_t c = written.part.channel0; c < written.part.channel1; ++c) {
      const auto group = static_cast<std::uint32_t>(written.view_group + c / tile->array_rows);
      for (std::int32_t row = written.part.row0; row < written.part.row1; ++row) {
        for (std::uint32_t x = 0; x < tile->out_width; ++x) {
          const std::uint32_t pixel = (static_cast<std::uint32_t>(row) - tile->out_row) * tile->out_width + x;
          const auto word = buffers.accumulators(tile->destination + pixel * tile->groups + group, 1);
          const std::int64_t at = (std::int64_t{c} * result.view.height + row) * result.view.width + x;
          result.values.at(static_cast<std::size_t>(at)) = word[static_cast<std::size_t>(c % tile->array_rows)];
        }
      }
    }
    count(written.part, result.view.width);
  }
}

std::vector<ResultCapture::Result> ResultCapture::results() const {
  std::vector<Result> all;
  for (std::size_t layer = 0; layer < results_.size(); ++layer) {
    bool may_join = false;
    for (std::size_t r = 0; r < results_[layer].size(); ++r) {
      const Result& result = results_[layer][r];
      if (result.view.place == TensorView::Place::dram) continue;
      if (written_[layer][r] != static_cast<std::int64_t>(result.values.size())) {
        throw InvariantError(
            fmt::format("layer '{}'", program_.layers[layer].name),
            fmt::format("{} of {} values of '{}' were written", written_[layer][r], result.values.size(), result.name));
      }
      if (may_join && all.back().name == result.name) {
        all.back().view.channels += result.view.channels;
        all.back().values.insert(all.back().values.end(), result.values.begin(), result.values.end());
      } else {
        all.push_back(result);
      }
      may_join = true;
    }
  }
  return all;
}

}  // namespace blendsim

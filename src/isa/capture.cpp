// SPDX-License-Identifier: Apache-2.0
// Layer results, collected from the buffers right after the instructions that wrote them.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "isa/patch.h"
#include "isa/view_values.h"

namespace blendsim {

ResultCapture::ResultCapture(const Program& program, const MachineParameters& machine)
    : program_(program), machine_(machine), written_(program, machine) {
  for (const ProgramLayer& layer : program.layers) {
    auto& results = results_.emplace_back();
    for (const TensorView& view : layer.results)
      results.push_back(
          {view.name, view, std::vector<std::int32_t>(static_cast<std::size_t>(WrittenResults::values_of(view)))});
  }
}

void ResultCapture::after(const Instruction& i, const Buffers& buffers) {
  const std::vector<WrittenPart> parts = written_.next(i);
  const std::optional<WrittenAccumulators> tile = written(i, machine_).accumulators;
  for (const WrittenPart& part : parts) {
    Result& result = results_[sync_of(i).layer][part.result];
    if (tile) read_accumulators(*tile, part, buffers, result);
    else read_part(result.view, buffers, part, result.values);
  }
}

void ResultCapture::read_accumulators(const WrittenAccumulators& tile, const WrittenPart& part, const Buffers& buffers,
                                      Result& result) {
  for (std::int32_t c = part.channel0; c < part.channel1; ++c) {
    const auto group = static_cast<std::uint32_t>(part.view_group + c / tile.array_rows);
    for (std::int32_t row = part.row0; row < part.row1; ++row) {
      for (std::uint32_t x = 0; x < tile.out_width; ++x) {
        const std::uint32_t pixel = (static_cast<std::uint32_t>(row) - tile.out_row) * tile.out_width + x;
        const auto word = buffers.accumulators(tile.destination + pixel * tile.groups + group, 1);
        const std::int64_t at = (std::int64_t{c} * result.view.height + row) * result.view.width + x;
        result.values.at(static_cast<std::size_t>(at)) = word[static_cast<std::size_t>(c % tile.array_rows)];
      }
    }
  }
}

std::vector<ResultCapture::Result> ResultCapture::results() const {
  std::vector<Result> all;
  for (std::size_t layer = 0; layer < results_.size(); ++layer) {
    const std::vector<Result>& of_layer = results_[layer];
    for (std::size_t r = 0; r < of_layer.size(); ++r) {
      if (of_layer[r].view.place == TensorView::Place::dram) continue;
      const std::int64_t written = written_.values(layer, r), due = WrittenResults::values_of(of_layer[r].view);
      if (written != due) {
        throw InvariantError(fmt::format("layer '{}'", program_.layers[layer].name),
                             fmt::format("{} of {} values of '{}' were written", written, due, of_layer[r].name));
      }
    }
    for (std::size_t r = 0; r < of_layer.size();) {
      std::size_t end = r + 1;
      while (end < of_layer.size() && of_layer[end].name == of_layer[r].name) ++end;
      if (of_layer[r].view.place != TensorView::Place::dram)
        all.push_back(join(std::span(of_layer).subspan(r, end - r)));
      r = end;
    }
  }
  return all;
}

ResultCapture::Result ResultCapture::join(std::span<const Result> parts) {
  Result whole = parts.front();
  if (parts.size() == 1) return whole;
  whole.view.patch = whole.view.top = whole.view.left = whole.view.channels = 0;
  for (const Result& part : parts) {
    if (part.view.patch == 0) whole.view.channels += part.view.channels;
    whole.view.height = std::max(whole.view.height, part.view.top + part.view.height);
    whole.view.width = std::max(whole.view.width, part.view.left + part.view.width);
  }
  whole.values.assign(static_cast<std::size_t>(WrittenResults::values_of(whole.view)), 0);
  std::int32_t channel = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const TensorView& view = parts[p].view;
    if (p > 0 && view.patch != parts[p - 1].view.patch) channel = 0;
    copy_patch(view, channel, parts[p].values, whole.view.height, whole.view.width, whole.values);
    channel += view.channels;
  }
  return whole;
}

}  // namespace blendsim

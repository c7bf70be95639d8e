// SPDX-License-Identifier: Apache-2.0
// Layer results, collected from the buffers right after the instructions that wrote them.
#include <fmt/format.h>

#include <optional>

#include "base/diagnostic.h"
#include "isa/interpret.h"
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
    bool may_join = false;
    for (std::size_t r = 0; r < results_[layer].size(); ++r) {
      const Result& result = results_[layer][r];
      if (result.view.place == TensorView::Place::dram) continue;
      if (written_.values(layer, r) != static_cast<std::int64_t>(result.values.size())) {
        throw InvariantError(fmt::format("layer '{}'", program_.layers[layer].name),
                             fmt::format("{} of {} values of '{}' were written", written_.values(layer, r),
                                         result.values.size(), result.name));
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

// SPDX-License-Identifier: Apache-2.0
#include "models/switching_sampler.h"

#include <map>
#include <utility>

namespace blendsim {

SwitchingSampler::SwitchingSampler(const PreparedProgram& program, std::int64_t every) {
  sums_.every = every;
  sums_.layers.resize(program.layers);
  places_.assign(program.instructions.size(), -1);
  std::map<std::pair<std::int32_t, UnitId>, std::vector<std::int32_t>> instructions;
  for (const InstructionRecord& record : program.records)
    instructions[{record.layer, record.unit}].push_back(record.instruction);
  for (const auto& [where, of_layer] : instructions) {
    const auto count = static_cast<std::int64_t>(of_layer.size());
    const std::vector<std::int64_t> chosen = sampled_instructions(count, every);
    LayerSwitching& layer = sums_.layers[static_cast<std::size_t>(where.first)];
    layer.instructions[static_cast<std::size_t>(index(where.second))] = count;
    layer.sampled[static_cast<std::size_t>(index(where.second))] = static_cast<std::int64_t>(chosen.size());
    for (const std::int64_t n : chosen) {
      places_[static_cast<std::size_t>(of_layer[static_cast<std::size_t>(n)])] =
          static_cast<std::int32_t>(memos_.size());
      memos_.emplace_back();
    }
  }
}

void SwitchingSampler::reset() {
  for (LayerSwitching& layer : sums_.layers) layer.distances = {};
}

void SwitchingSampler::take(const InstructionRecord& record) {
  LayerSwitching& layer = sums_.layers[static_cast<std::size_t>(record.layer)];
  for (std::size_t d = 0; d < distance_count; ++d) {
    if (distance_units[d] == record.unit) layer.distances[d].add(meter_.distances().sums[d]);
  }
}

Switching SwitchingSampler::sums(std::int64_t images) const {
  Switching all = sums_;
  for (LayerSwitching& layer : all.layers) {
    for (std::int64_t& count : layer.sampled) count *= images;
    for (std::int64_t& count : layer.instructions) count *= images;
  }
  return all;
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "models/switching_sampler.h"

#include <map>
#include <utility>

namespace blendsim {

SwitchingSampler::SwitchingSampler(const PreparedProgram& program, std::int64_t every) {
  none_.every = every;
  none_.layers.resize(program.layers);
  places_.assign(program.instructions.size(), -1);
  std::map<std::pair<std::int32_t, UnitId>, std::vector<std::int32_t>> instructions;
  for (const InstructionRecord& record : program.records)
    instructions[{record.layer, record.unit}].push_back(record.instruction);
  for (const auto& [where, of_group] : instructions)
    add_group({where.first, where.second, sums_.size()}, of_group, every);
}

void SwitchingSampler::add_group(const Group& group, const std::vector<std::int32_t>& instructions,
                                 std::int64_t every) {
  const auto count = static_cast<std::int64_t>(instructions.size());
  const auto seed = static_cast<std::uint64_t>(group.layer) << 8 | static_cast<std::uint64_t>(index(group.unit));
  const std::vector<std::int64_t> chosen = sampled_instructions(count, every, seed << 32);
  const DistanceRange range = DistanceRange::of(group.unit);
  LayerSwitching& layer = none_.layers[static_cast<std::size_t>(group.layer)];
  layer.instructions[static_cast<std::size_t>(index(group.unit))] = count;
  layer.sampled[static_cast<std::size_t>(index(group.unit))] = static_cast<std::int64_t>(chosen.size());
  for (const std::int64_t n : chosen) {
    const auto instruction = static_cast<std::size_t>(instructions[static_cast<std::size_t>(n)]);
    places_[instruction] = static_cast<std::int32_t>(sampled_.size());
    sampled_.push_back({{}, range, group.first_sum});
  }
  sums_.resize(sums_.size() + range.end - range.first);
  groups_.push_back(group);
}

void SwitchingSampler::take() {
  SampledDistance* sum = sums_.data() + current_->first_sum;
  for (std::size_t d = current_->range.first; d < current_->range.end; ++d, ++sum) sum->add(meter_.distances().sums[d]);
}

Switching SwitchingSampler::sums(std::int64_t images) const {
  Switching all = none_;
  for (const Group& group : groups_) {
    LayerSwitching& layer = all.layers[static_cast<std::size_t>(group.layer)];
    const auto unit = static_cast<std::size_t>(index(group.unit));
    layer.sampled[unit] *= images;
    layer.instructions[unit] *= images;
    const auto [first, end] = DistanceRange::of(group.unit);
    for (std::size_t d = first; d < end; ++d) layer.distances[d] = sums_[group.first_sum + d - first];
  }
  return all;
}

}  // namespace blendsim

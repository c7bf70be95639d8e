// SPDX-License-Identifier: Apache-2.0
// Measures the switching activity of a sample of a program's instructions while they execute.
#pragma once

#include <cstdint>
#include <vector>

#include "models/prepared_program.h"
#include "result/switching.h"
#include "units/distance_meter.h"

namespace blendsim {

class SwitchingSampler {
 public:
  // The sample of one of `every` instructions of each unit and layer.
  SwitchingSampler(const PreparedProgram& program, std::int64_t every);
  [[nodiscard]] std::int64_t every() const { return none_.every; }

  // Forgets what was summed. What it knows of the program's instructions stays.
  void reset() { sums_.assign(sums_.size(), {}); }
  // To be given to execute(), after which take() adds what it measured; nullptr: the instruction is not in the sample.
  [[nodiscard]] DistanceMeter* meter(const InstructionRecord& record) {
    const std::int32_t place = places_[static_cast<std::size_t>(record.instruction)];
    if (place < 0) return nullptr;
    current_ = &sampled_[static_cast<std::size_t>(place)];
    meter_.begin(current_->range, current_->memo);
    return &meter_;
  }
  void take();
  // Of `images` executions of the program.
  [[nodiscard]] Switching sums(std::int64_t images) const;

 private:
  // The distances of a unit in a layer lie side by side in sums_.
  struct Group {
    std::int32_t layer = 0;
    UnitId unit = UnitId::load;
    std::size_t first_sum = 0;
  };
  struct Sampled {
    DistanceMeter::Memo memo;
    DistanceRange range;
    std::size_t first_sum = 0;
  };
  void add_group(const Group& group, const std::vector<std::int32_t>& instructions, std::int64_t every);

  DistanceMeter meter_;
  std::vector<std::int32_t> places_;  // by instruction: in sampled_, or -1
  std::vector<Sampled> sampled_;
  Sampled* current_ = nullptr;
  std::vector<Group> groups_;
  std::vector<SampledDistance> sums_;
  Switching none_;  // of one execution, without a sum
};

}  // namespace blendsim

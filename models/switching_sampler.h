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
  [[nodiscard]] std::int64_t every() const { return sums_.every; }

  // Forgets what was summed. What it knows of the program's instructions stays.
  void reset();
  // To be given to execute(), and then to take() what it measured; nullptr: the instruction is not in the sample.
  [[nodiscard]] DistanceMeter* meter(std::int32_t instruction) {
    const std::int32_t place = places_[static_cast<std::size_t>(instruction)];
    if (place < 0) return nullptr;
    meter_.begin(memos_[static_cast<std::size_t>(place)]);
    return &meter_;
  }
  void take(const InstructionRecord& record);
  // Of `images` executions of the program.
  [[nodiscard]] Switching sums(std::int64_t images) const;

 private:
  DistanceMeter meter_;
  std::vector<std::int32_t> places_;  // by instruction: in memos_, or -1
  std::vector<DistanceMeter::Memo> memos_;
  Switching sums_;  // its counts of instructions are those of one execution
};

}  // namespace blendsim

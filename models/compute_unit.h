// SPDX-License-Identifier: Apache-2.0
// A unit whose instructions take a time known at their start: occupancy by its law, `depth` to the last write (rule 3).
// Both are its descriptor's, and so every compute unit is one of these.
#pragma once

#include "models/unit.h"

namespace blendsim {

class ComputeUnit final : public QueueUnit {
 public:
  using QueueUnit::QueueUnit;
  void reset() override;

 private:
  void begin(std::int32_t record, const Instruction& instruction, Cycles start) override;

  Cycles depth_ = 1;
};

}  // namespace blendsim

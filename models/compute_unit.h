// SPDX-License-Identifier: Apache-2.0
// A unit whose instructions take a time known at their start: occupancy by its law, `depth` to the last write (rule 3).
#pragma once

#include "models/unit.h"

namespace blendsim {

class ComputeUnit : public QueueUnit {
 public:
  using QueueUnit::QueueUnit;

 protected:
  // The timing law of the unit's own instructions; >= 1.
  [[nodiscard]] virtual Cycles law(const Instruction& instruction) const = 0;
  void set_depth(Cycles depth) { depth_ = depth; }

 private:
  void begin(std::int32_t record, const Instruction& instruction, Cycles start) final;

  Cycles depth_ = 1;
};

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// pool_unit in time: max, average and global pooling.
#pragma once

#include "models/compute_unit.h"
#include "units/pool_unit/law.h"

namespace blendsim {

class PoolUnit final : public ComputeUnit {
 public:
  using ComputeUnit::ComputeUnit;
  void configure(const PoolUnitParameters& parameters);

 private:
  [[nodiscard]] Cycles law(const Instruction& instruction) const override;

  PoolUnitParameters parameters_;
};

}  // namespace blendsim

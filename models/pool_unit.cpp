// SPDX-License-Identifier: Apache-2.0
#include "models/pool_unit.h"

namespace blendsim {

void PoolUnit::configure(const PoolUnitParameters& parameters) {
  parameters_ = parameters;
  set_depth(parameters.depth);
}

Cycles PoolUnit::law(const Instruction& instruction) const {
  return occupancy(std::get<PoolInstruction>(instruction), parameters_);
}

}  // namespace blendsim

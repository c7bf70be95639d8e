// SPDX-License-Identifier: Apache-2.0
#include "models/pool_unit.h"

namespace blendsim {

void PoolUnit::configure(const PoolUnitParameters& parameters, std::int64_t cell_slices) {
  parameters_ = parameters;
  cell_slices_ = cell_slices;
  set_depth(parameters.depth);
}

Cycles PoolUnit::law(const Instruction& instruction) const {
  return occupancy(std::get<PoolInstruction>(instruction), parameters_, cell_slices_);
}

}  // namespace blendsim

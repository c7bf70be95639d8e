// SPDX-License-Identifier: Apache-2.0
#include "models/mac_array.h"

namespace blendsim {

void MacArray::configure(const MacArrayParameters& parameters) {
  parameters_ = parameters;
  set_depth(parameters.depth);
}

Cycles MacArray::law(const Instruction& instruction) const {
  return occupancy(std::get<MacInstruction>(instruction), parameters_);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "models/xnor_array.h"

namespace blendsim {

void XnorArray::configure(const XnorArrayParameters& parameters) {
  parameters_ = parameters;
  set_depth(parameters.depth);
}

Cycles XnorArray::law(const Instruction& instruction) const {
  return occupancy(std::get<XnorInstruction>(instruction), parameters_);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "models/post_unit.h"

namespace blendsim {

void PostUnit::configure(const PostUnitParameters& parameters, std::int64_t parameter_width) {
  parameters_ = parameters;
  parameter_width_ = parameter_width;
  set_depth(parameters.depth);
}

Cycles PostUnit::law(const Instruction& instruction) const {
  return occupancy(std::get<PostInstruction>(instruction), parameters_, parameter_width_);
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "models/compute_unit.h"

#include <string>

#include "base/diagnostic.h"

namespace blendsim {

void ComputeUnit::reset() {
  QueueUnit::reset();
  depth_ = depth_of(id(), *context_.machine);
}

void ComputeUnit::begin(std::int32_t record, const Instruction& instruction, Cycles start) {
  const Cycles occupied = occupancy(instruction, *context_.machine);
  if (occupied < 1) {
    throw InvariantError(std::string(blendsim::name(id())) + ", record " + std::to_string(record),
                         "the law gives " + std::to_string(occupied) + " cycles");
  }
  add_busy(record, start, start + occupied);
  context_.cover(start, start + occupied);
  front_is_free(start + occupied);
  finish(record, start + occupied - 1 + depth_);
}

}  // namespace blendsim

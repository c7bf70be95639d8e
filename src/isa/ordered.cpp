// SPDX-License-Identifier: Apache-2.0
#include "isa/ordered.h"

#include "base/diagnostic.h"
#include "isa/verify_internal.h"

namespace blendsim {

bool ordered(const std::vector<Instruction>& init, const std::vector<Instruction>& main,
             const MachineParameters& machine) {
  try {
    verification::check_order({"init", init}, {"main", main}, machine);
    return true;
  } catch (const DiagnosticError&) {
    return false;
  }
}

bool meet(const std::vector<Access>& first, const std::vector<Access>& second) {
  for (const Access& a : first) {
    for (const Access& b : second) {
      if (a.buffer != b.buffer || a.region != b.region) continue;
      if (a.write == b.write || overlap(a, b)) return true;
    }
  }
  return false;
}

}  // namespace blendsim

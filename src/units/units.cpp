// SPDX-License-Identifier: Apache-2.0
#include "units/units.h"

#include "base/diagnostic.h"

namespace blendsim {

bool has_unit(UnitId unit, const MachineParameters& machine) {
  return with_unit(unit, [&]<class U>() {
    if constexpr (requires { U::is_built(machine); }) return U::is_built(machine);
    else return true;
  });
}

void no_such_unit(UnitId unit) {
  throw InvariantError("units",
                       "there is no unit " + std::to_string(index(unit)) + " of " + std::to_string(unit_count));
}

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_evaluate.h"

#include "sim/machine.h"

namespace blendsim::cli {

Evaluate machine_evaluate() {
  return [](const Program& program, const MachineParameters& machine) {
    RunOptions options;
    options.values = false;
    return Machine::instance().run(machine, program, {}, options);
  };
}

}  // namespace blendsim::cli

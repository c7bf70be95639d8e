// SPDX-License-Identifier: Apache-2.0
// Which stamps of its memory traffic each request of a program follows from: rules 2 to 5 and 7 over moments instead of
// cycles, with the same laws (units/*/law.h) that the model's units use.
#pragma once

#include "isa/program.h"
#include "replay/traffic.h"
#include "units/machine_parameters.h"

namespace blendsim {

// The bursts of one image of a phase, port by port in the order of their requests, with their waits and the
// completion's; their addresses from the areas' starts. No times. Throws DiagnosticError program-invalid.
[[nodiscard]] TrafficPhase find_dependences(const Program& program, const MachineParameters& machine, Phase phase);

}  // namespace blendsim

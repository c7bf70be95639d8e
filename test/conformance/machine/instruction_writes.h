// SPDX-License-Identifier: Apache-2.0
// Every word that an instruction writes, with its cycle: what the units' own streams say, by unit.
#pragma once

#include <vector>

#include "unit_bench.h"

namespace blendsim::conformance {

// load's words of act_fixed come in lanes, whatever the form: that is how its write port moves them.
[[nodiscard]] std::vector<WordWrite> instruction_writes(const Executed& executed, const MachineParameters& machine,
                                                        const Buffers& after);

}  // namespace blendsim::conformance

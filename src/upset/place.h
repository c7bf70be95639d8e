// SPDX-License-Identifier: Apache-2.0
// Where an upset falls, as people write it: CYCLE:BUFFER[.REGION]:ADDRESS:BIT.
#pragma once

#include <string>
#include <string_view>

#include "result/upset.h"
#include "units/machine_parameters.h"

namespace blendsim {

// Without a region the address runs through all of them. Throws DiagnosticError usage (ExitStatus::bad_usage) that says
// which part is not as it must be, and what it may be.
[[nodiscard]] Upset parse_upset(std::string_view text, const MachineParameters& machine);
// "act_fixed.1 word 37 bit 5"
[[nodiscard]] std::string place_text(const Upset& upset, const MachineParameters& machine);

}  // namespace blendsim

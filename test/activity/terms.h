// SPDX-License-Identifier: Apache-2.0
// What the model says that a program does, in the terms of the power estimate (power/terms.h), window by window: what
// toggles are fitted to.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "isa/program.h"
#include "result/run.h"
#include "units/machine_parameters.h"

namespace blendsim::activity {

struct TermCounts {
  // By module, term and layer of the program: a window each.
  std::map<std::tuple<std::string, std::string, std::int32_t>, std::vector<double>> counts;
  Run run;  // with every instruction's distances
};

// Images are quantised inputs. An instruction's counts are spread evenly over as many cycles as it holds its unit, half
// the unit's pipeline later: that is where it is on average. Words of the dispatcher are those of the cycle in which
// the instruction enters its queue.
[[nodiscard]] TermCounts count_terms(const MachineParameters& machine, const Program& program,
                                     const std::vector<std::vector<std::int32_t>>& images, Cycles window);

}  // namespace blendsim::activity

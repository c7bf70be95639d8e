// SPDX-License-Identifier: Apache-2.0
// What the model says that a program does, in the terms of the power estimate (power/terms.h), window by window: what
// toggles are fitted to.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "isa/program.h"
#include "result/run.h"
#include "units/machine_parameters.h"

namespace blendsim::activity {

struct TermCounts {
  std::map<std::pair<std::string, std::string>, std::vector<double>> counts;  // by module and term: a window each
  Run run;                                                                    // with every instruction's distances
};

// Images are quantised inputs. An instruction's counts are spread evenly over the cycles for which it holds its unit;
// words of the dispatcher are those of the cycle in which the instruction enters its queue.
[[nodiscard]] TermCounts count_terms(const MachineParameters& machine, const Program& program,
                                     const std::vector<std::vector<std::int32_t>>& images, Cycles window);

}  // namespace blendsim::activity

// SPDX-License-Identifier: Apache-2.0
// The terms of each module's activity: which action they belong to, and how many of them one action is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "power/densities.h"
#include "units/actions.h"
#include "units/machine_parameters.h"

namespace blendsim {

// `count` terms stand for one `action` of the module, or of the unit that makes it work. The term "cycle", which every
// module has, is of each of its flip-flops in each cycle of the run, whether the module works or not. What depends on
// densities hangs on actions that one unit alone has: its layers' densities are theirs.
struct Term {
  std::string_view module, name;
  Action action;
  double (*count)(const MachineParameters& machine, const Densities& densities);
  std::string_view sentence;
};
[[nodiscard]] std::span<const Term> activity_terms();

inline constexpr std::string_view cycle_term = "cycle";

// The modules that have a file of their own: units, dispatcher, buffers. xnor_array has one a form: "xnor_array-dsp",
// ...
[[nodiscard]] std::vector<std::string> activity_files();

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The SystemVerilog package `blendsim_pkg`: a machine's parameters and its instructions, for the units under rtl/.
//
// Written from the tables of parameters and fields alone, never from a timing law. docs/rtl.md describes its names.
#pragma once

#include <string>
#include <string_view>

#include "units/machine_parameters.h"

namespace blendsim {

inline constexpr std::string_view verilog_package_file = "blendsim_pkg.sv";

// The text of blendsim_pkg.sv; `title` names the platform in its head comment (a line break in it becomes a space).
[[nodiscard]] std::string verilog_package(const MachineParameters& machine, std::string_view title);

}  // namespace blendsim

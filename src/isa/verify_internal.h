// SPDX-License-Identifier: Apache-2.0
// Internal to verify(): its three parts. Each throws DiagnosticError program-invalid.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isa/program.h"
#include "units/buffer/layout.h"

namespace blendsim::verification {

// One of a program's two instruction streams.
struct Stream {
  std::string_view name;  // "init" or "main"
  std::vector<Instruction> instructions;
};

// Throws program-invalid: "init instruction 12 (load): message".
[[noreturn]] void refuse(const Stream& stream, std::size_t index, const std::string& message, std::string hint = {});

// Each field legal by itself and together with the machine and the program's DRAM areas.
void check_fields(const Stream& stream, const Program& program, const MachineParameters& machine);

// Rule 6 over both streams: tokens, order, ports, written words.
void check_order(const Stream& init, const Stream& main, const MachineParameters& machine);

}  // namespace blendsim::verification

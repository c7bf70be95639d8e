// SPDX-License-Identifier: Apache-2.0
// IntegerNetwork x Platform -> Program: assign, tile, schedule, allocate, emit, verify (docs/compiler.md).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "isa/program.h"
#include "network/integer_network.h"
#include "platform/platform.h"
#include "result/run.h"

namespace blendsim {

// The machine, as the compiler is given it: a schedule search asks the machine itself, never a second model of time. The
// program is a Retargeter's: it can be run for its timing alone.
using Evaluate = std::function<Run(const Program&, const MachineParameters&)>;

struct CompileOptions {
  std::string dump_after;        // name of a pass: its result is appended to CompileResult::dump
  bool explain = false;          // fill CompileResult::explanation
  Evaluate evaluate;             // optional: lets the scheduler compare candidate orders by their real cycles
};

struct CompileResult {
  Program program;
  std::string dump;
  std::vector<std::string> explanation;  // decisions: unit of each layer and why, tile sizes, what is resident, orders tried
};

[[nodiscard]] const std::vector<std::string>& pass_names();

// Throws DiagnosticError: does-not-fit (resource, demand, capacity, lever), unit-too-narrow, not-lowerable, usage (unknown pass).
[[nodiscard]] CompileResult compile(const IntegerNetwork& network, const Platform& platform, const CompileOptions& options = {});

}  // namespace blendsim

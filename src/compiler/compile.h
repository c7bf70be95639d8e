// SPDX-License-Identifier: Apache-2.0
// IntegerNetwork x Platform -> Program (docs/compiler.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "isa/program.h"
#include "network/integer_network.h"
#include "platform/platform.h"
#include "result/run.h"

namespace blendsim {

// The machine, as the compiler is given it: a schedule search asks the machine itself, never a second model of time.
// The program is a Retargeter's: it can be run for its timing alone.
using Evaluate = std::function<Run(const Program&, const MachineParameters&)>;

struct CompileOptions {
  std::string dump_after;  // name of a pass: its result is printed
  bool explain =
      false;  // decisions are printed: unit of each layer and why, tile sizes, what is resident, orders tried
  // That the program computes, at least 1: the next one's first layers run beside the last layers of the one before.
  int images = 1;
  Evaluate evaluate;  // optional: lets the scheduler compare candidate orders by their real cycles
  // Takes what the two above ask for, whole lines, as soon as it is known: also when a later pass refuses or fails.
  std::function<void(const std::string&)> print;
};

struct CompileResult {
  Program program;
};

// The passes, in order: names for CompileOptions::dump_after, and what each does.
struct PassDescription {
  std::string_view name, does;
};
[[nodiscard]] const std::vector<PassDescription>& passes();

// Throws DiagnosticError: does-not-fit (resource, demand, capacity), unit-too-narrow, not-lowerable, usage (unknown
// pass). The hint of the first two names changes of the platform with which the network was found to compile, or says
// that none was found; of a platform made by hand it names what the pass itself proposes.
[[nodiscard]] CompileResult compile(const IntegerNetwork& network, const Platform& platform,
                                    const CompileOptions& options = {});

}  // namespace blendsim

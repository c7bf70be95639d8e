// SPDX-License-Identifier: Apache-2.0
// run --expect: a run's outputs or every layer against somebody else's tensors.
#pragma once

#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "cli/loading.h"
#include "cli/tensors.h"
#include "result/run.h"

namespace blendsim::cli {

struct ExpectArguments {
  std::string path;      // a folder of NAME.npy, or one .npy
  double tolerance = 0;  // relative; absolute below 1
};

// Declares --expect and --expect-tolerance. `arguments` must live as long as the command.
void add_expect_options(CLI::App& command, ExpectArguments& arguments);

// What was expected, read before the run: a folder, or a file of which nothing can be read, must not cost one.
// Throws DiagnosticError: file-unreadable.
void check_expectation(const ExpectArguments& arguments);

// The tensors of the folder or the file, in the order in which the network computes them: the first value that differs
// is named on `out`, with the instruction that wrote it and its cycles. `outputs`: [image][output], after the
// host's operators. Returns whether all are equal. Throws DiagnosticError: those of the files; file-unrecognised where
// nothing in the folder is a tensor of the network.
[[nodiscard]] bool meets_expectation(const ExpectArguments& arguments, const Loaded& loaded, const Run& run,
                                     const NamedArrays& tensors, const std::vector<std::vector<FloatArray>>& outputs,
                                     std::ostream& out);

}  // namespace blendsim::cli

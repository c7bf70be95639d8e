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

// The file, or every .npy of the folder, as they are before the run, which may write beside them; empty without
// --expect. Throws DiagnosticError file-unreadable: what cannot be read must not cost a run.
[[nodiscard]] std::vector<std::string> expected_files(const ExpectArguments& arguments);

// Compares `files` in the order in which the network computes the tensors: the first value that differs is named on
// `differences`, with the instruction that wrote it and its cycles; that all are equal is said on `out`. A file that is
// no tensor's is warned of. `outputs`: [image][output], after the host's operators. Returns whether all are equal.
// Throws DiagnosticError: those of the files; file-unrecognised where none of them is a tensor of the network.
[[nodiscard]] bool meets_expectation(const ExpectArguments& arguments, const std::vector<std::string>& files,
                                     const Loaded& loaded, const Run& run, const NamedArrays& tensors,
                                     const std::vector<std::vector<FloatArray>>& outputs, std::ostream& out,
                                     std::ostream& differences);

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
// Every layer's integers as files: DIR/NAME.npy.
#pragma once

#include <map>
#include <string>

#include "cli/inputs.h"
#include "cli/loading.h"
#include "result/run.h"
#include "tensor/array.h"

namespace blendsim::cli {

using NamedArrays = std::map<std::string, IntArray>;  // int64 [images, channels, height, width]

// The input's and every layer's tensors, of a run that captured them.
[[nodiscard]] NamedArrays named_arrays(const Loaded& loaded, const Run& run, const Inputs& inputs);

// Where write_tensors() writes the tensor `name`.
[[nodiscard]] std::string tensor_path(const std::string& folder, const std::string& name);

// Makes the folder where it is not there. Throws DiagnosticError file-unwritable.
void write_tensors(const std::string& folder, const NamedArrays& arrays);

}  // namespace blendsim::cli

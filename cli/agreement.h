// SPDX-License-Identifier: Apache-2.0
// The machine's outputs against the original network, evaluated in float32.
#pragma once

#include <string>
#include <vector>

#include "cli/inputs.h"
#include "report/report.h"

namespace blendsim::cli {

// `file`: the ONNX network. `outputs`: [image][output], after the host's operators; `names`: of the outputs, as in the
// network. Throws DiagnosticError: those of the file.
[[nodiscard]] Agreement find_agreement(const std::string& file, const Shape& shape, const Inputs& inputs,
                                       const std::vector<std::vector<FloatArray>>& outputs,
                                       const std::vector<std::string>& names);

}  // namespace blendsim::cli

// SPDX-License-Identifier: Apache-2.0
// A precision plan as a file: bits of each layer (docs/quantisation.md).
#pragma once

#include <string>

#include "network/quantise.h"

namespace blendsim {

//   schema: blendsim.bits/1
//   weights: 8             of every layer; left out: as the file has it, else 8
//   activations: 8
//   range: least-error     or largest, or the share in per cent that is not clipped: 99.99
//   layers:                names of Conv, MatMul and Gemm nodes, * and ? in them; the last that fits counts
//     stage1.*: {weights: 1, activations: 1}
//
// Throws DiagnosticError: file-unreadable, yaml-syntax, unknown-key, wrong-type, out-of-range, missing-key.
[[nodiscard]] PrecisionPlan read_precision_plan(const std::string& file);

}  // namespace blendsim

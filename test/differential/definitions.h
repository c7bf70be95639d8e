// SPDX-License-Identifier: Apache-2.0
// QONNX's and FINN's operators written out in operators of ONNX, from their definitions (qonnx/custom_op/general:
// quant.py, bipolar_quant.py, trunc.py, multithreshold.py), so that ONNX Runtime computes them. Nothing of BlendSim
// takes part.
#pragma once

#include <onnx/onnx_pb.h>

namespace blendsim::differential {

// Every tensor keeps its name. Throws std::invalid_argument: an operator, attribute or parameter unknown here.
[[nodiscard]] onnx::ModelProto in_standard_operators(const onnx::ModelProto& model);

}  // namespace blendsim::differential

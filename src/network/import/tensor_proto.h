// SPDX-License-Identifier: Apache-2.0
// Internal to network: ONNX TensorProto -> Constant, with every size checked against the data that is there.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "network/graph.h"

namespace blendsim {

// ONNX's name of an element type ("float", "int8"), or "type 21" for one unknown here.
[[nodiscard]] std::string element_type_name(int type);

// raw_data (little-endian) or the typed field. Integers and bool are kept exactly; float16, bfloat16 and double are
// converted to float. Throws operators::Refusal: unsupported-attribute (external data, strings, complex, 4 and 8 bit
// floats), file-damaged (size and data disagree), bad-constant.
[[nodiscard]] Constant constant_of(const onnx::TensorProto& proto);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// What rounding of a float sum could do. A sum whose terms are no multiples of one unit depends on the order in which
// a runtime adds; a quantiser behind it may then decide either way near a tie. The model gets, for every such sum, a
// least and a greatest value, carried through everything up to the next quantiser: where the three codes agree, the
// code is certain.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "draft.h"

namespace blendsim::differential {

inline constexpr const char* low_suffix = "//low";
inline constexpr const char* high_suffix = "//high";

// A standard model with NAME//low and NAME//high beside each tensor that depends on a rounding sum, as outputs for
// quantisers' outputs and the graph's; and every tensor of `names` as an output.
[[nodiscard]] onnx::ModelProto bracketed(const onnx::ModelProto& model, const Traits& traits,
                                         const std::set<std::string>& names);

}  // namespace blendsim::differential

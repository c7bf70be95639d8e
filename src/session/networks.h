// SPDX-License-Identifier: Apache-2.0
// Networks by what a user calls them.
#pragma once

#include <string>

#include "network/integer_network.h"

namespace blendsim {

// An ONNX file, or, where there is none of that name, a network of the zoo with its ordinary options. Throws
// DiagnosticError: those of the file; unknown-network.
[[nodiscard]] IntegerNetwork named_network(const std::string& file_or_name);

}  // namespace blendsim

// SPDX-License-Identifier: Apache-2.0
// The machine as the compiler is given it: timing only.
#pragma once

#include "compiler/compile.h"

namespace blendsim::cli {

[[nodiscard]] Evaluate machine_evaluate();

}  // namespace blendsim::cli

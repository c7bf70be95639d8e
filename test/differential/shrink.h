// SPDX-License-Identifier: Apache-2.0
// The smallest network with the same fault: draws are left out and lowered as long as the fault stays what it is.
#pragma once

#include <functional>
#include <vector>

#include "choices.h"

namespace blendsim::differential {

// Generates the network of these draws and tells whether it has the fault.
using Fails = std::function<bool(Choices&)>;

// At most `trials` networks are tried. `draws` itself must fail.
[[nodiscard]] std::vector<int> shrunk(const std::vector<int>& draws, const Fails& fails, int trials);

}  // namespace blendsim::differential

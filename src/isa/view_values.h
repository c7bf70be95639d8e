// SPDX-License-Identifier: Apache-2.0
// Internal to isa: values of a view in a buffer.
#pragma once

#include <vector>

#include "isa/interpret.h"

namespace blendsim {

// Fills rows and channels of `part` in `values` [channels, height, width] from the buffer that holds `view`.
void read_part(const TensorView& view, const Buffers& buffers, const WrittenPart& part,
               std::vector<std::int32_t>& values);

}  // namespace blendsim

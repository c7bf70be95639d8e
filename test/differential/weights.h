// SPDX-License-Identifier: Apache-2.0
// Constant weights in every form that the importer takes.
#pragma once

#include "draft.h"

namespace blendsim::differential {

struct Weights {
  std::string name;
  double bound = 1, spread = 1, unit = 1;  // as of a Tensor
};

// Weights of a shape; `axis` is the output channels'.
[[nodiscard]] Weights draw_weights(Draft& d, const Shape& shape, int axis);

}  // namespace blendsim::differential

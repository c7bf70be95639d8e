// SPDX-License-Identifier: Apache-2.0
// What sums and products of two computed tensors share.
#pragma once

#include <optional>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

// One operand of the post-processing: a tensor and how it gets onto the join's grid.
struct Side {
  TensorId tensor = no_tensor;
  std::optional<Affine> q;
  std::optional<Activation> activation;
};

// The value's integers times `factor`. `alone`: nobody else reads the value, so that the join may do its
// post-processing. Its nodes and its error go to `join`.
[[nodiscard]] Side make_side(Builder& builder, const Value& value, std::int64_t factor, bool alone, Map& join);

// Of a map [C, 1, 1].
[[nodiscard]] bool is_one_pixel(const Value& value);
// Two integer values of one shape, or of as many channels, one of them a pixel.
[[nodiscard]] bool meets(const Value& a, const Value& b);

}  // namespace blendsim::lowering

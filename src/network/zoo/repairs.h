// SPDX-License-Identifier: Apache-2.0
// Binary ResNets, plain and with each of the repair methods of the literature (docs/zoo.md).
#pragma once

#include <span>

#include "network/zoo/builder.h"

namespace blendsim::zoo {

struct Repair {
  const char* name;
  const char* summary;
};
[[nodiscard]] std::span<const Repair> repairs();

// A stage's blocks of two binary 3x3 convolutions with identity shortcuts, changed as options.repair says.
Tensor binary_block(Builder& builder, const ZooOptions& options, const Tensor& x, int channels, int stride,
                    const std::string& name);

}  // namespace blendsim::zoo

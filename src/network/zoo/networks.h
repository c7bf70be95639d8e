// SPDX-License-Identifier: Apache-2.0
// The built-in networks, each one function on the builder.
#pragma once

#include "network/zoo/builder.h"

namespace blendsim::zoo {

// ResNet-20's skeleton out of Blend modules; `side` pixels square, three colours.
void neuroblend(Builder& builder, const ZooOptions& options, int side);
// Multi-layer perceptron, 2-bit weights (-1, 0, 1) and unsigned 2-bit activations.
void mlp_w2a2(Builder& builder);
// Every other operator of a convolutional network: PRelu, pooling, depthwise, concatenation, softmax.
void convnet_mixed(Builder& builder);

}  // namespace blendsim::zoo

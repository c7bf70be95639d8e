// SPDX-License-Identifier: Apache-2.0
// The built-in networks, each one function on the builder.
#pragma once

#include "network/zoo/builder.h"

namespace blendsim::zoo {

// ResNet-20's and ResNet-18's skeletons out of Blend modules, three colours. Width, blocks and size are given; of more
// than 64 pixels a side, the latter has the stem and classes of ImageNet.
void neuroblend20(Builder& builder, const ZooOptions& options);
void neuroblend18(Builder& builder, const ZooOptions& options);
// MLP-Mixer's skeleton out of Blend modules: tokens of 4x4 pixels; mixing of tokens with half as many hidden units as a
// token has channels, of channels with four times as many. Width, blocks and size are given.
void blendmixer(Builder& builder, const ZooOptions& options);
// ResNet's skeleton with binary convolutions, identity shortcuts, and options.repair.
void resnet_bnn(Builder& builder, const ZooOptions& options, int stage_count, int classes);
// Multi-layer perceptron, 2-bit weights (-1, 0, 1) and unsigned 2-bit activations.
void mlp_w2a2(Builder& builder);
// Every other operator of a convolutional network: PRelu, pooling, depthwise, concatenation, softmax.
void convnet_mixed(Builder& builder);

}  // namespace blendsim::zoo

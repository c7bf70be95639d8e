// SPDX-License-Identifier: Apache-2.0
#include "network/zoo/networks.h"

#include "network/zoo/repairs.h"

namespace blendsim::zoo {
namespace {

constexpr WindowShape pointwise{};
constexpr WindowShape same3{.kernel = 3, .pad = 1};

// Batch normalisation on the main path, on the skip path and behind their sum.
struct Module {
  Builder& builder;
  std::string name;

  [[nodiscard]] Tensor skip(const Tensor& x, int channels, int stride) const {
    const Tensor sums = builder.convolution(x, channels, {.stride = stride}, name + ".skip_conv", Path::skip);
    return builder.quantise(builder.batch_norm(sums, join_grid, name + ".skip_bn"), join_grid, name + ".skip");
  }
  // Behind the last binary convolution: normalise, join with the skip path, normalise, quantise.
  [[nodiscard]] Tensor join(const Tensor& sums, const Tensor& x, int channels, int stride) const {
    const Tensor main =
        builder.quantise(builder.batch_norm(sums, join_grid, name + ".main_bn"), join_grid, name + ".main");
    const Tensor joined = builder.add(main, skip(x, channels, stride), name + ".join");
    return builder.quantise(builder.batch_norm(joined, stream_grid, name + ".bn"), stream_grid, name + ".out");
  }
};

// Two binary convolutions: the first by `first` to `hidden` channels, the second by `second` to `channels`.
struct Pair {
  WindowShape first, second;
  int hidden = 0, channels = 0;
};

// In one module with one skip convolution.
Tensor block_module(Builder& builder, const Tensor& x, const Pair& pair, const std::string& name) {
  const Module module{builder, name};
  Tensor y = builder.binary_convolution(builder.sign(x, name + ".sign1"), pair.hidden, pair.first, name + ".conv1");
  y = builder.sign(builder.batch_norm(y, stream_grid, name + ".bn1"), name + ".sign2");
  y = builder.binary_convolution(y, pair.channels, pair.second, name + ".conv2");
  return module.join(y, x, pair.channels, pair.first.stride);
}

// One binary convolution in a module with a skip convolution of its own.
Tensor convolution_module(Builder& builder, const Tensor& x, int channels, const WindowShape& window,
                          const std::string& name) {
  const Tensor sums = builder.binary_convolution(builder.sign(x, name + ".sign"), channels, window, name + ".conv");
  return Module{builder, name}.join(sums, x, channels, window.stride);
}

Tensor blend(Builder& builder, const ZooOptions& options, const Tensor& x, const Pair& pair, const std::string& name) {
  if (options.skip == "block") return block_module(builder, x, pair, name);
  const Tensor hidden = convolution_module(builder, x, pair.hidden, pair.first, name + ".a");
  return convolution_module(builder, hidden, pair.channels, pair.second, name + ".b");
}

void classifier(Builder& builder, const Tensor& x, int classes) {
  const Tensor pooled = builder.quantise(builder.global_average_pool(x, "pool"), pooled_grid, "pooled");
  builder.output(builder.dense(builder.flatten(pooled, "features"), classes, 8, true, "logits"));
}

// Stages of `options.blocks` basic blocks, each stage but the first of half the rows and columns and twice the
// channels.
Tensor stages(Builder& builder, const ZooOptions& options, Tensor x, int count) {
  for (int stage = 1; stage <= count; ++stage) {
    const int channels = *options.width << (stage - 1);
    for (int block = 1; block <= *options.blocks; ++block) {
      const std::string name = "stage" + std::to_string(stage) + ".block" + std::to_string(block);
      const int stride = stage > 1 && block == 1 ? 2 : 1;
      const Pair pair{{.kernel = 3, .stride = stride, .pad = 1}, same3, channels, channels};
      x = blend(builder, options, x, pair, name);
    }
  }
  return x;
}

Tensor stem(Builder& builder, const ZooOptions& options, const WindowShape& window) {
  Tensor x = builder.input("image", {3, *options.size, *options.size});
  x = builder.convolution(x, *options.width, window, "stem.conv");
  return builder.quantise(builder.batch_norm(x, stream_grid, "stem.bn"), stream_grid, "stem.out");
}

}  // namespace

void neuroblend20(Builder& builder, const ZooOptions& options) {
  classifier(builder, stages(builder, options, stem(builder, options, same3), 3), 10);
}

void neuroblend18(Builder& builder, const ZooOptions& options) {
  constexpr int largest_small = 64;  // ResNet's stems: 3x3 for CIFAR's images, 7x7 and a pooling for ImageNet's
  const bool small = *options.size <= largest_small;
  Tensor x = stem(builder, options, small ? same3 : WindowShape{.kernel = 7, .stride = 2, .pad = 3});
  if (!small) x = builder.max_pool(x, {.kernel = 3, .stride = 2, .pad = 1}, "stem.pool");
  classifier(builder, stages(builder, options, x, 4), small ? 100 : 1000);
}

void blendmixer(Builder& builder, const ZooOptions& options) {
  constexpr WindowShape patch{.kernel = 4, .stride = 4};
  Tensor x = stem(builder, options, patch);
  const int channels = x.shape.channels, side = x.shape.height, tokens = x.shape.pixels();
  for (int block = 1; block <= *options.blocks; ++block) {
    const std::string name = "block" + std::to_string(block);
    x = builder.transpose(x, 1, channels, name + ".channels");
    x = blend(builder, options, x, {pointwise, pointwise, channels / 2, tokens}, name + ".tokens");
    x = builder.transpose(x, side, side, name + ".turned_back");
    x = blend(builder, options, x, {pointwise, pointwise, 4 * channels, channels}, name + ".features");
  }
  classifier(builder, x, 10);
}

void resnet_bnn(Builder& builder, const ZooOptions& options, int stage_count, int classes) {
  Tensor x = stem(builder, options, same3);
  for (int stage = 1; stage <= stage_count; ++stage) {
    for (int block = 1; block <= *options.blocks; ++block) {
      const std::string name = "stage" + std::to_string(stage) + ".block" + std::to_string(block);
      x = binary_block(builder, options, x, *options.width << (stage - 1), stage > 1 && block == 1 ? 2 : 1, name);
    }
  }
  classifier(builder, x, classes);
}

void mlp_w2a2(Builder& builder) {
  constexpr Grid code{2, false, 1};
  Tensor x = builder.flatten(builder.input("image", {1, 16, 16}), "pixels");
  for (int layer = 1; layer <= 2; ++layer) {
    const std::string name = "hidden" + std::to_string(layer);
    x = builder.batch_norm(builder.dense(x, 64, 2, false, name), code, name + ".bn");
    x = builder.quantise(builder.relu(x, name + ".relu"), code, name + ".out");
  }
  builder.output(builder.dense(x, 10, 2, false, "logits"));
}

void convnet_mixed(Builder& builder) {
  Tensor x = builder.input("image", {3, 16, 16});
  x = builder.batch_norm(builder.convolution(x, 16, same3, "conv1"), stream_grid, "bn1");
  x = builder.quantise(x, stream_grid, "bn1.out");  // PRelu between two roundings: its operand has an exact grid
  x = builder.quantise(builder.prelu(x, "prelu1"), stream_grid, "out1");
  const Tensor peaks = builder.max_pool(x, {.kernel = 2, .stride = 2}, "peaks");
  const Tensor means = builder.quantise(builder.average_pool(x, 2, "means"), stream_grid, "means.out");
  const WindowShape depthwise{.kernel = 3, .pad = 1, .groups = 16};
  Tensor y = builder.batch_norm(builder.convolution(peaks, 16, depthwise, "depthwise"), stream_grid, "bn2");
  y = builder.quantise(y, stream_grid, "out2");
  y = builder.convolution(builder.concat(y, means, "both"), 32, pointwise, "pointwise");
  y = builder.batch_norm(y, stream_grid, "bn3");
  y = builder.quantise(builder.relu(y, "relu3"), {8, false, 5}, "out3");
  y = builder.quantise(builder.global_average_pool(y, "pool"), pooled_grid, "pooled");
  y = builder.dense(builder.flatten(y, "features"), 10, 8, true, "logits");
  builder.softmax(y, "probabilities");
}

}  // namespace blendsim::zoo

// SPDX-License-Identifier: Apache-2.0
// Seeded random networks in ONNX/QONNX, built from everything that the importer takes: the whole path's property test.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "unit/network/onnx_builder.h"

namespace blendsim::test {

class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed) : random_(seed) { build(); }

  OnnxBuilder model{13, 8};
  Shape input_shape;

  // Integers between `lo` and `hi`; engine only: the distributions of the standard library differ between hosts.
  int pick(int lo, int hi) { return lo + static_cast<int>(random_() % static_cast<std::uint64_t>(hi - lo + 1)); }
  bool chance(int percent) { return pick(1, 100) <= percent; }

 private:
  struct Tensor {
    std::string name;
    int channels, height, width;
    bool bipolar;
    float scale;
  };

  std::mt19937_64 random_;
  int count_ = 0;

  std::string fresh(const std::string& base) { return base + std::to_string(count_++); }

  std::string constant(const std::string& base, const Shape& shape, const std::vector<float>& values) {
    const std::string name = fresh(base);
    model.floats(name, shape, values);
    return name;
  }
  std::string scalar(float value) { return constant("k", {}, {value}); }

  std::vector<float> weights(std::int64_t n, int magnitude) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (float& value : values) {
      value = magnitude == 0 ? (chance(50) ? 1.0F : -1.0F) : static_cast<float>(pick(-magnitude, magnitude));
    }
    return values;
  }

  // Weights through a quantiser: bipolar, or signed `bits` with a power-of-two scale.
  std::string quantised_weights(const Shape& shape, bool bipolar, int bits) {
    const std::string raw = constant("w", shape, weights(element_count(shape), bipolar ? 0 : (1 << (bits - 1)) - 1));
    const std::string out = fresh("wq");
    if (bipolar) {
      model.node("BipolarQuant", {raw, scalar(1.0F)}, {out}, {}, "onnx.brevitas");
    } else {
      model.node("Quant", {raw, scalar(1.0F), scalar(0.0F), scalar(static_cast<float>(bits))}, {out},
                 {attr("signed", 1), attr("narrow", 1), attr("rounding_mode", "ROUND")}, "onnx.brevitas");
    }
    return out;
  }

  // The real values of the accumulator of `x` reach about sqrt(k) * scale: batch normalisation brings them to about 1.
  std::string batch_normalization(const std::string& x, int channels, float spread) {
    const auto n = static_cast<std::size_t>(channels);
    std::vector<float> gamma(n), beta(n), mean(n), variance(n);
    for (std::size_t c = 0; c < n; ++c) {
      gamma[c] = static_cast<float>(pick(-3, 6)) * 0.25F;
      beta[c] = static_cast<float>(pick(-8, 8)) * 0.0625F;
      mean[c] = static_cast<float>(pick(-4, 4)) * spread * 0.1F;
      variance[c] = spread * spread * static_cast<float>(pick(5, 20)) * 0.1F;
    }
    const Shape shape{channels};
    const std::string out = fresh("bn");
    model.node("BatchNormalization",
               {x, constant("g", shape, gamma), constant("b", shape, beta), constant("m", shape, mean),
                constant("v", shape, variance)},
               {out}, {attr("epsilon", 1e-5F)});
    return out;
  }

  Tensor quantise(const std::string& x, int channels, int height, int width) {
    const std::string out = fresh("q");
    if (chance(50)) {
      model.node("BipolarQuant", {x, scalar(1.0F)}, {out}, {}, "onnx.brevitas");
      return {out, channels, height, width, true, 1.0F};
    }
    std::string source = x;
    const bool relu = chance(40);
    if (relu) {
      source = fresh("r");
      model.node("Relu", {x}, {source});
    }
    const int bits = pick(2, 8);
    const float scale = 4.0F / static_cast<float>(1 << bits);
    model.node("Quant", {source, scalar(scale), scalar(0.0F), scalar(static_cast<float>(bits))}, {out},
               {attr("signed", relu ? 0 : 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, "onnx.brevitas");
    return {out, channels, height, width, false, scale};
  }

  // The accumulator of a random convolution over x; fills in the output's size.
  std::string convolution(const Tensor& x, int channels, int stride, int kernel, int dilation, int pad, int group,
                          int& height, int& width) {
    const int reach = (kernel - 1) * dilation + 1;
    height = (x.height + 2 * pad - reach) / stride + 1;
    width = (x.width + 2 * pad - reach) / stride + 1;
    const bool bipolar = x.bipolar ? chance(80) : chance(30);
    const std::string w =
        quantised_weights({channels, x.channels / group, kernel, kernel}, bipolar, bipolar ? 1 : pick(2, 8));
    const std::string out = fresh("conv");
    model.node("Conv", {x.name, w}, {out},
               {attr("kernel_shape", {kernel, kernel}), attr("strides", {stride, stride}),
                attr("dilations", {dilation, dilation}), attr("pads", {pad, pad, pad, pad}), attr("group", group)});
    return out;
  }

  static float spread_of(const Tensor& x, int inputs, int kernel) {
    return x.scale * 3.0F * static_cast<float>(std::max(1, kernel * inputs / 2));
  }

  Tensor conv_block(const Tensor& x) {
    const int kernel = std::min({pick(1, 4), x.height, x.width});
    const int pad = pick(0, kernel / 2);
    const int dilation = x.height + 2 * pad >= 2 * kernel && x.width + 2 * pad >= 2 * kernel && chance(15) ? 2 : 1;
    const bool depthwise = chance(15);
    const int channels = depthwise ? x.channels : pick(1, 40);
    int height = 0, width = 0;
    const std::string acc =
        convolution(x, channels, pick(1, 2), kernel, dilation, pad, depthwise ? x.channels : 1, height, width);
    const std::string bn = batch_normalization(acc, channels, spread_of(x, depthwise ? 1 : x.channels, kernel));
    return quantise(bn, channels, height, width);
  }

  // Two convolutions of one tensor, normalised, quantised to 16 bits or not, added: the Blend module's shape.
  Tensor join_block(const Tensor& x) {
    const int channels = pick(1, 40), stride = pick(1, 2);
    std::vector<std::string> sides;
    int height = 0, width = 0;
    for (const int kernel : {3, 1}) {
      const std::string acc = convolution(x, channels, stride, kernel, 1, kernel / 2, 1, height, width);
      const std::string bn = batch_normalization(acc, channels, spread_of(x, x.channels, kernel));
      if (chance(25)) {  // no quantiser of its own: lowering chooses the grid
        sides.push_back(bn);
        continue;
      }
      const std::string q = fresh("side");
      model.node("Quant", {bn, scalar(1.0F / 1024), scalar(0.0F), scalar(16.0F)}, {q},
                 {attr("signed", 1), attr("narrow", 0), attr("rounding_mode", "ROUND")}, "onnx.brevitas");
      sides.push_back(q);
    }
    std::string sum = fresh("sum");
    model.node("Add", sides, {sum});
    if (chance(25) && height > 1 && width > 1) {  // the sum itself is stored and read again
      const std::string pooled = fresh("pooled");
      model.node("MaxPool", {sum}, {pooled}, {attr("kernel_shape", {2, 2}), attr("strides", {1, 1})});
      sum = pooled, --height, --width;
    }
    return quantise(chance(50) ? batch_normalization(sum, channels, 1.0F) : sum, channels, height, width);
  }

  Tensor pool_block(const Tensor& x) {
    const int kernel = std::min({pick(2, 3), x.height, x.width});
    Tensor out = x;
    out.name = fresh("pool");
    out.height = (x.height - kernel) / 2 + 1;
    out.width = (x.width - kernel) / 2 + 1;
    const bool average = chance(40);
    model.node(average ? "AveragePool" : "MaxPool", {x.name}, {out.name},
               {attr("kernel_shape", {kernel, kernel}), attr("strides", {2, 2})});
    return average ? quantise(out.name, out.channels, out.height, out.width) : out;
  }

  Tensor concat_block(const Tensor& x) {
    int height = 0, width = 0;
    std::vector<std::string> parts;
    int channels = 0;
    for (int i = 0; i < 2; ++i) {
      const int n = pick(1, 24);
      const std::string acc = convolution(x, n, 1, 1, 1, 0, 1, height, width);
      const std::string q = fresh("part");
      model.node("BipolarQuant", {batch_normalization(acc, n, spread_of(x, x.channels, 1)), scalar(1.0F)}, {q}, {},
                 "onnx.brevitas");
      parts.push_back(q);
      channels += n;
    }
    const std::string out = fresh("concat");
    model.node("Concat", parts, {out}, {attr("axis", 1)});
    return {out, channels, height, width, true, 1.0F};
  }

  void build() {
    Tensor x{"x", pick(1, 20), pick(1, 14), pick(1, 14), false, 1.0F};
    input_shape = {1, x.channels, x.height, x.width};
    model.opset_import("onnx.brevitas", 1);
    model.input("x", input_shape);
    const std::string q = fresh("in");
    if (chance(30)) {
      model.node("BipolarQuant", {"x", scalar(1.0F)}, {q}, {}, "onnx.brevitas");
      x.bipolar = true;
    } else {
      x.scale = 1.0F / 64;
      model.node("Quant", {"x", scalar(x.scale), scalar(0.0F), scalar(8.0F)}, {q},
                 {attr("signed", 1), attr("narrow", 0)}, "onnx.brevitas");
    }
    x.name = q;
    const int blocks = pick(1, 5);
    for (int i = 0; i < blocks; ++i) {
      const int kind = pick(0, 9);
      if (kind < 5) x = conv_block(x);
      else if (kind < 7) x = join_block(x);
      else if (kind < 8 || x.height < 2 || x.width < 2) x = concat_block(x);
      else x = pool_block(x);
    }
    const int classes = pick(1, 20);
    const std::string flat = fresh("flat");
    model.node("Flatten", {x.name}, {flat}, {attr("axis", 1)});
    const Shape shape{std::int64_t{x.channels} * x.height * x.width, classes};
    model.node("MatMul", {flat, quantised_weights(shape, false, pick(2, 8))}, {"y"});
    model.output("y");
  }
};

}  // namespace blendsim::test

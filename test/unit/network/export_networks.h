// SPDX-License-Identifier: Apache-2.0
// Integer networks by hand, with seeded weights and proven ranges, for the tests of the exporter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "network/integer_network.h"

namespace blendsim::test {

class HandBuilt {
 public:
  HandBuilt(int channels, int height, int width, Format format, int zero_point = 0, unsigned seed = 1) : engine_(seed) {
    net.name = "hand";
    net.input_tensor = tensor("input", channels, height, width, format, format.min(), format.max());
    net.tensors[0].zero_point = zero_point;
  }

  IntegerNetwork net;

  int uniform(int lo, int hi) {
    return lo + static_cast<int>(engine_() % static_cast<std::uint32_t>(std::int64_t{hi} - lo + 1));
  }

  TensorId tensor(const std::string& name, int channels, int height, int width, Format format, std::int64_t lo,
                  std::int64_t hi) {
    IntTensor t;
    t.name = name;
    t.channels = channels;
    t.height = height;
    t.width = width;
    t.format = format;
    t.lo = lo;
    t.hi = hi;
    net.tensors.push_back(t);
    return static_cast<TensorId>(net.tensors.size()) - 1;
  }

  // A convolution with the given weights, or random ones over the format's range.
  TensorId convolution(TensorId input, int out_channels, const Window& window, int groups, Format weights,
                       std::vector<std::int16_t> values = {}) {
    const IntTensor in = net.tensor(input);
    const int products = in.channels / groups * window.kernel_h * window.kernel_w;
    if (values.empty()) {
      for (int i = 0; i < out_channels * products; ++i) {
        values.push_back(static_cast<std::int16_t>(
            weights.is_bipolar() ? uniform(0, 1) * 2 - 1
                                 : uniform(static_cast<int>(weights.min()), static_cast<int>(weights.max()))));
      }
    }
    const std::int64_t magnitude = std::max(std::abs(in.lo - in.zero_point), std::abs(in.hi - in.zero_point));
    std::int64_t bound = 0;
    for (int o = 0; o < out_channels; ++o) {
      std::int64_t sum = 0;
      for (int k = 0; k < products; ++k) sum += std::abs(values[static_cast<std::size_t>(o * products + k)]);
      bound = std::max(bound, sum * magnitude);
    }
    const Window& s = window;
    const int h = extent(in.height, s.pad_top + s.pad_bottom, s.kernel_h, s.stride_h, s.dilation_h);
    const int w = extent(in.width, s.pad_left + s.pad_right, s.kernel_w, s.stride_w, s.dilation_w);
    const TensorId output = tensor(next("conv"), out_channels, h, w, Format::signed_bits(32), -bound, bound);
    add("Conv", Convolution{input, output, window, groups, weights, std::move(values)});
    return output;
  }

  // Pooling; an output size of 0 is the floor formula's.
  TensorId pool(TensorId input, Pooling::Kind kind, const Window& window, int common_divisor = 0, int out_h = 0,
                int out_w = 0) {
    const IntTensor in = net.tensor(input);
    const int h = out_h != 0 ? out_h
                             : extent(in.height, window.pad_top + window.pad_bottom, window.kernel_h, window.stride_h,
                                      window.dilation_h);
    const int w = out_w != 0 ? out_w
                             : extent(in.width, window.pad_left + window.pad_right, window.kernel_w, window.stride_w,
                                      window.dilation_w);
    const std::int64_t factor = common_divisor != 0 ? common_divisor : window.kernel_h * window.kernel_w;
    const bool max = kind == Pooling::Kind::max;
    const std::int64_t magnitude = std::max(std::abs(in.lo - in.zero_point), std::abs(in.hi - in.zero_point)) * factor;
    const TensorId output = tensor(next("pool"), in.channels, h, w, max ? in.format : Format::signed_bits(32),
                                   max ? in.lo : -magnitude, max ? in.hi : magnitude);
    if (max) net.tensors.back().zero_point = in.zero_point;
    add("Pool", Pooling{kind, input, output, window, common_divisor});
    return output;
  }

  // Post-processing with the outputs wanted: `fixed` of [lo, hi], `code` of the given format.
  PostProcessing& post(PostProcessing work, std::int64_t lo, std::int64_t hi, bool fixed,
                       const Format* code = nullptr) {
    const IntTensor in = net.tensor(work.a);
    if (fixed) {
      const Format format = lo >= 0 ? Format::unsigned_bits(32) : Format::signed_bits(32);
      work.fixed = tensor(next("fixed"), in.channels, in.height, in.width, format, lo, hi);
    }
    if (code != nullptr) {
      const std::int64_t base = work.thresholds ? work.thresholds->base : 0;
      const bool bipolar = code->is_bipolar();
      work.code = tensor(next("code"), in.channels, in.height, in.width, *code, bipolar ? -1 : base,
                         bipolar ? 1 : base + work.thresholds->levels);
    }
    add("Post", std::move(work));
    return std::get<PostProcessing>(net.layers.back().work);
  }

  // Random M (about `bits` wide), B and s for every channel, saturating to [lo, hi].
  Affine affine(int channels, int bits, int shift, std::int64_t lo, std::int64_t hi, Rounding rounding) {
    Affine q;
    q.lo = lo;
    q.hi = hi;
    q.rounding = rounding;
    for (int c = 0; c < channels; ++c) {
      q.multiplier.push_back(uniform(-(1 << (bits - 1)) + 1, (1 << (bits - 1)) - 1));
      q.shift.push_back(static_cast<std::uint8_t>(std::max(shift - c % 3, 0)));
      // a multiple of half a unit: exact ties occur
      q.offset.push_back(std::int64_t{uniform(-7, 7)} << std::max(q.shift.back() - 1, 0));
    }
    return q;
  }

  // Random ascending thresholds; channel 0 never, channel 1 always reached; directions alternate in pairs.
  Thresholds thresholds(int channels, int levels, std::int64_t lo, std::int64_t hi, std::int64_t base = 0) {
    Thresholds t;
    t.levels = levels;
    t.base = base;
    for (int c = 0; c < channels; ++c) {
      std::vector<std::int64_t> row;
      for (int k = 0; k < levels; ++k) {
        row.push_back(c == 0 ? hi + 1 : c == 1 ? lo : uniform(static_cast<int>(lo / 2), static_cast<int>(hi / 2)));
      }
      std::sort(row.begin(), row.end());
      t.values.insert(t.values.end(), row.begin(), row.end());
      t.direction.push_back(static_cast<std::uint8_t>(c / 2 % 2 == 0));
    }
    return t;
  }

  TensorId concat(const std::vector<TensorId>& inputs) {
    const IntTensor first = net.tensor(inputs.front());
    int channels = 0;
    for (const TensorId id : inputs) channels += net.tensor(id).channels;
    const TensorId output =
        tensor(next("concat"), channels, first.height, first.width, first.format, first.lo, first.hi);
    add("Concat", Concatenation{inputs, output});
    return output;
  }

  // Random values of the input's format with both ends present.
  std::vector<std::int32_t> random_input() {
    const IntTensor& in = net.tensor(net.input_tensor);
    std::vector<std::int32_t> values;
    for (std::int64_t i = 0; i < in.size(); ++i) {
      if (in.format.is_bipolar()) values.push_back(uniform(0, 1) * 2 - 1);
      else values.push_back(uniform(static_cast<int>(in.lo), static_cast<int>(in.hi)));
    }
    values.front() = static_cast<std::int32_t>(in.lo);
    values.back() = static_cast<std::int32_t>(in.hi);
    return values;
  }

  template <class Work>
  void add(const std::string& op, Work work) {
    Layer layer;
    layer.name = "layer/" + std::to_string(net.layers.size()) + " " + op;
    layer.op = op;
    layer.work = std::move(work);
    net.layers.push_back(std::move(layer));
  }

 private:
  static int extent(int in, int pads, int kernel, int stride, int dilation) {
    return (in + pads - dilation * (kernel - 1) - 1) / stride + 1;
  }
  std::string next(const std::string& kind) { return "t/" + std::to_string(net.tensors.size()) + ":" + kind; }

  std::mt19937 engine_;
};

}  // namespace blendsim::test

// SPDX-License-Identifier: Apache-2.0
// Integer networks made by hand or at random: every layer kind, proven ranges, accepted by check().
#pragma once

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "network/integer_network.h"

namespace blendsim::test {

class NetworkBuilder {
 public:
  explicit NetworkBuilder(std::uint64_t seed) : random_(seed), tables_(seed), products_(seed), turns_(seed) {
    net.name = "random" + std::to_string(seed);
  }

  IntegerNetwork net;
  int table_percent = 0;    // of codes of 8-bit integers that are made by a table, drawn beside all else
  int product_percent = 0;  // of joins that multiply, likewise
  int turn_percent = 0;     // of steps in front of which a map is transposed, likewise

  // --- random numbers ------------------------------------------------------------------------------------------------
  std::int64_t pick(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(hi - lo + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  bool multiplies() { return static_cast<int>(products_() % 100) < product_percent; }
  bool turns() { return static_cast<int>(turns_() % 100) < turn_percent; }
  // A map of [channels, height, width] whose pixels are the channels of `in`, as many rows as divide them.
  TensorId turn_some_way(TensorId in) {
    std::vector<int> heights;
    for (int h = 1; h <= net.tensor(in).channels; ++h) {
      if (net.tensor(in).channels % h == 0) heights.push_back(h);
    }
    return transpose(in, heights[turns_() % heights.size()]);
  }
  template <class T>
  T one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(list.size()) - 1))];
  }

  // --- layers
  // ----------------------------------------------------------------------------------------------------------
  TensorId input(int channels, int height, int width, Format format, int zero_point = 0) {
    net.input_tensor = tensor("input", channels, height, width, format, format.min(), format.max(), zero_point);
    net.input = {"input", {1, channels, height, width}, {}, format, channels, height, width};
    return net.input_tensor;
  }

  // Accumulators of a convolution with random weights.
  TensorId conv(TensorId in, int out_channels, Window w, Format weights, int groups = 1) {
    const IntTensor x = net.tensor(in);
    Convolution conv;
    conv.input = in;
    conv.window = w;
    conv.groups = groups;
    conv.weight_format = weights;
    const int per_output = x.channels / groups * w.kernel_h * w.kernel_w;
    for (int i = 0; i < out_channels * per_output; ++i) {
      conv.weights.push_back(
          static_cast<std::int16_t>(weights.is_bipolar() ? 2 * pick(0, 1) - 1 : pick(weights.min(), weights.max())));
    }
    std::int64_t bound = 0;
    const std::int64_t largest = std::max(std::abs(x.lo - x.zero_point), std::abs(x.hi - x.zero_point));
    for (int o = 0; o < out_channels; ++o) {
      std::int64_t sum = 0;
      for (int k = 0; k < per_output; ++k)
        sum += std::abs(conv.weights[static_cast<std::size_t>(o * per_output + k)]) * largest;
      bound = std::max(bound, sum);
    }
    const int height = (x.height + w.pad_top + w.pad_bottom - w.dilation_h * (w.kernel_h - 1) - 1) / w.stride_h + 1;
    const int width = (x.width + w.pad_left + w.pad_right - w.dilation_w * (w.kernel_w - 1) - 1) / w.stride_w + 1;
    conv.output = tensor("acc", out_channels, height, width, Format::signed_bits(32), -bound, bound);
    return add("Conv", conv, conv.output);
  }

  // A quantiser that spreads [lo, hi] of its operand over about [-100, 100] * `gain`, saturating at [lo, hi] given.
  Affine affine(TensorId of, std::int64_t lo, std::int64_t hi, double spread) {
    const IntTensor& t = net.tensor(of);
    const double largest = static_cast<double>(std::max<std::int64_t>({std::abs(t.lo), std::abs(t.hi), 1}));
    Affine q;
    for (int c = 0; c < t.channels; ++c) {
      const auto m = static_cast<std::int32_t>(pick(64, 127) * (chance(20) ? -1 : 1));
      int shift = 0;  // so that typical sums, a few per cent of the bound, fill the range
      while (shift < 40 && largest * 64 / static_cast<double>(std::int64_t{1} << (shift + 1)) > 8 * spread) ++shift;
      q.multiplier.push_back(m);
      q.offset.push_back(pick(-20, 20) * (std::int64_t{1} << shift));
      q.shift.push_back(static_cast<std::uint8_t>(shift));
    }
    q.lo = lo;
    q.hi = hi;
    return q;
  }

  struct Outputs {
    TensorId fixed = no_tensor, code = no_tensor;
  };

  // u = q(a) (+, * q(b), maybe one pixel); `fixed`: its format; `code`: bipolar or n bits. No format has 0 bits: flags.
  Outputs post(TensorId a, TensorId b, bool with_fixed, Format fixed, bool with_code, Format code) {
    const IntTensor t = net.tensor(a);
    PostProcessing post;
    post.a = a;
    post.b = b;
    const Rounding rounding =
        one_of<Rounding>({Rounding::half_even, Rounding::half_even, Rounding::floor, Rounding::half_up});
    std::int64_t lo = fixed.min(), hi = fixed.max();
    if (b == no_tensor) {
      post.q1 = affine(a, lo, hi, 100);
      if (chance(40)) activate(post, PostProcessing::ActivationPlace::after_q1, t.channels, lo, hi);
    } else {
      post.q1 = affine(a, -32768, 32767, 3000);
      post.q2 = affine(b, -32768, 32767, 3000);
      const int where = static_cast<int>(pick(0, 2));
      if (where == 1) activate(post, PostProcessing::ActivationPlace::after_q1, t.channels, -32768, 32767);
      if (where == 2) activate(post, PostProcessing::ActivationPlace::after_join, t.channels, -65536, 65535);
      Affine q3;
      for (int c = 0; c < t.channels; ++c) {
        q3.multiplier.push_back(static_cast<std::int32_t>(pick(32, 64)));
        q3.offset.push_back(pick(-2000, 2000));
        q3.shift.push_back(static_cast<std::uint8_t>(pick(9, 11)));
      }
      q3.lo = lo;
      q3.hi = hi;
      post.q3 = q3;
      if (multiplies()) multiply(post);
    }
    for (auto* q : {&post.q1, &post.q2, &post.q3}) {
      if (*q) (*q)->rounding = rounding;
    }
    if (with_fixed) post.fixed = tensor("fixed", t.channels, t.height, t.width, fixed, lo, hi);
    if (with_code) {
      if (!code.is_bipolar() || chance(50)) post.thresholds = thresholds(t.channels, code, lo, hi);
      if (CodeTable::holds(lo, hi) && static_cast<int>(tables_() % 100) < table_percent) {
        if (tables_() % 3 == 0) code = tables_() % 2 == 0 ? Format::signed_bits(8) : Format::unsigned_bits(8);
        post.thresholds.reset();
        post.table = table(code);
      }
      post.code = tensor("code", t.channels, t.height, t.width, code, code.min(), code.max());
    }
    const Outputs out{post.fixed, post.code};
    add("Post", post, no_tensor);
    return out;
  }

  TensorId pool(TensorId in, Pooling::Kind kind, Window w, int divisor = 0) {
    const IntTensor x = net.tensor(in);
    Pooling pool;
    pool.kind = kind;
    pool.input = in;
    pool.window = w;
    pool.common_divisor = divisor;
    const int height = (x.height + w.pad_top + w.pad_bottom - w.dilation_h * (w.kernel_h - 1) - 1) / w.stride_h + 1;
    const int width = (x.width + w.pad_left + w.pad_right - w.dilation_w * (w.kernel_w - 1) - 1) / w.stride_w + 1;
    if (kind == Pooling::Kind::max) {
      pool.output = tensor("max", x.channels, height, width, x.format, x.lo, x.hi, x.zero_point);
    } else {
      const std::int64_t most = divisor > 0 ? divisor : std::int64_t{w.kernel_h} * w.kernel_w;
      const std::int64_t bound = most * std::max(std::abs(x.lo - x.zero_point), std::abs(x.hi - x.zero_point));
      pool.output = tensor("sum", x.channels, height, width, Format::signed_bits(32), -bound, bound);
    }
    return add(kind == Pooling::Kind::max ? "MaxPool" : "AveragePool", pool, pool.output);
  }

  TensorId concat(const std::vector<TensorId>& inputs) {
    const IntTensor first = net.tensor(inputs.front());
    int channels = 0;
    for (const TensorId id : inputs) channels += net.tensor(id).channels;
    Concatenation concat;
    concat.inputs = inputs;
    concat.output = tensor("concat", channels, first.height, first.width, first.format, first.format.min(),
                           first.format.max(), first.zero_point);
    return add("Concat", concat, concat.output);
  }

  // Channels become pixels, `height` rows of them, and pixels channels.
  TensorId transpose(TensorId in, int height) {
    const IntTensor x = net.tensor(in);
    Transposition turn;
    turn.input = in;
    turn.output = tensor("turned", x.height * x.width, height, x.channels / height, x.format, x.lo, x.hi, x.zero_point);
    return add("Transpose", turn, turn.output);
  }

  void output(TensorId id) {
    const IntTensor& t = net.tensor(id);
    net.output_tensors.push_back(id);
    net.outputs.push_back({t.name, {1, t.channels, t.height, t.width}, {}, t.channels, t.height, t.width});
  }

  static Window square(int kernel, int stride = 1, int pad = 0, int dilation = 1) {
    return {kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad};
  }

 private:
  TensorId tensor(const std::string& name, int channels, int height, int width, Format format, std::int64_t lo,
                  std::int64_t hi, int zero_point = 0) {
    IntTensor t;
    t.name = name + std::to_string(net.tensors.size());
    t.channels = channels;
    t.height = height;
    t.width = width;
    t.format = format;
    t.lo = lo;
    t.hi = hi;
    t.zero_point = zero_point;
    net.tensors.push_back(t);
    return static_cast<TensorId>(net.tensors.size()) - 1;
  }

  template <class Work>
  TensorId add(const std::string& op, Work work, TensorId out) {
    net.layers.push_back({op + std::to_string(net.layers.size()), op, {}, std::move(work), {}});
    return out;
  }

  void activate(PostProcessing& post, PostProcessing::ActivationPlace place, int channels, std::int64_t lo,
                std::int64_t hi) {
    Activation activation;
    for (int c = 0; c < channels; ++c) {
      activation.slope.push_back(static_cast<std::int32_t>(chance(40) ? 0 : pick(-20, 60)));
      activation.shift.push_back(static_cast<std::uint8_t>(pick(4, 6)));
    }
    activation.lo = lo;
    activation.hi = hi;
    post.activation = activation;
    post.activation_place = place;
  }

  // Factors of 9 and 8 bits in place of summands of 16.
  static void multiply(PostProcessing& post) {
    post.product = true;
    post.activation.reset();
    post.activation_place = PostProcessing::ActivationPlace::none;
    for (auto* q : {&*post.q1, &*post.q2}) {
      for (std::uint8_t& shift : q->shift) shift = static_cast<std::uint8_t>(shift + 5);
    }
    post.q1->lo = -255;
    post.q1->hi = 255;
    post.q2->lo = -128;
    post.q2->hi = 127;
  }

  CodeTable table(Format code) {
    CodeTable out;
    const auto span = static_cast<std::uint64_t>(code.max() - code.min() + 1);
    for (std::int16_t& entry : out.values) {
      entry = static_cast<std::int16_t>(code.min() + static_cast<std::int64_t>(tables_() % span));
      if (code.is_bipolar()) entry = tables_() % 2 == 0 ? 1 : -1;
    }
    return out;
  }

  Thresholds thresholds(int channels, Format code, std::int64_t lo, std::int64_t hi) {
    Thresholds t;
    t.levels = code.is_bipolar() ? 1 : static_cast<int>(code.max() - code.min());
    t.base = code.is_bipolar() ? 0 : code.min();
    for (int c = 0; c < channels; ++c) {
      std::vector<std::int64_t> values;
      for (int k = 0; k < t.levels; ++k)
        values.push_back(pick(std::max<std::int64_t>(lo, -60), std::min<std::int64_t>(hi + 1, 60)));
      std::sort(values.begin(), values.end());
      t.values.insert(t.values.end(), values.begin(), values.end());
      t.direction.push_back(chance(80) ? 1 : 0);
    }
    return t;
  }

  std::mt19937_64 random_, tables_, products_, turns_;
};

struct RandomNetworkOptions {
  int layers = 6;
  int largest_map = 12;
  int most_channels = 64;
  std::vector<int> channels = {3, 8, 16, 20, 24, 32, 48, 64};
  int table_percent = 20;
  int product_percent = 25;
  int turn_percent = 0;
};

// A network of `layers` random steps on a pool of activation tensors: convolutions on codes and integers, residual
// joins, pools, concatenations, grouped and depthwise ones, then a global sum and a dense layer.
inline IntegerNetwork random_integer_network(std::uint64_t seed, const RandomNetworkOptions& options = {}) {
  NetworkBuilder b(seed);
  b.table_percent = options.table_percent;
  b.product_percent = options.product_percent;
  b.turn_percent = options.turn_percent;
  std::vector<TensorId> live;
  const std::vector<Format> codes = {Format::bipolar(),      Format::bipolar(),        Format::unsigned_bits(2),
                                     Format::signed_bits(2), Format::unsigned_bits(3), Format::unsigned_bits(1),
                                     Format::signed_bits(4)};
  const std::vector<Format> fixed = {Format::signed_bits(8), Format::signed_bits(8), Format::unsigned_bits(8),
                                     Format::signed_bits(4)};
  const std::vector<Format> weights = {Format::bipolar(), Format::signed_bits(8), Format::signed_bits(2),
                                       Format::signed_bits(4)};
  const int size = static_cast<int>(b.pick(4, options.largest_map));
  const Format in_format =
      b.one_of<Format>({Format::signed_bits(8), Format::unsigned_bits(8), Format::bipolar(), Format::unsigned_bits(2)});
  const int zero_point = in_format == Format::unsigned_bits(8) && b.chance(50) ? static_cast<int>(b.pick(1, 255)) : 0;
  live.push_back(b.input(b.one_of<int>({1, 3, 4, 16, 20}), size, static_cast<int>(b.pick(4, options.largest_map)),
                         in_format, zero_point));

  const auto channels = [&] { return std::min(options.most_channels, b.one_of(options.channels)); };
  const auto any = [&] { return b.chance(60) ? live.back() : b.one_of(live); };
  const auto keep = [&](const NetworkBuilder::Outputs& out) {
    if (out.fixed != no_tensor) live.push_back(out.fixed);
    if (out.code != no_tensor) live.push_back(out.code);
  };
  const auto finish = [&](TensorId a, TensorId other) {
    const int form = static_cast<int>(b.pick(0, 2));
    keep(b.post(a, other, form != 1, b.one_of(fixed), form != 0, b.one_of(codes)));
  };
  const auto window = [&](const IntTensor& t) {
    int kernel = b.one_of<int>({1, 2, 3, 3, 3, 5});
    const int dilation = kernel <= 3 && b.chance(15) ? 2 : 1;
    const int pad = static_cast<int>(b.pick(0, (kernel - 1) * dilation / 2 + (b.chance(20) ? 1 : 0)));
    while ((kernel - 1) * dilation + 1 > std::min(t.height, t.width) + 2 * pad) --kernel;
    return NetworkBuilder::square(kernel, b.chance(25) ? 2 : 1, std::min(pad, (kernel - 1) * dilation), dilation);
  };
  const auto same_shape = [&](TensorId id) {
    std::vector<TensorId> list;
    for (const TensorId other : live) {
      const IntTensor &x = b.net.tensor(id), &y = b.net.tensor(other);
      if (x.height == y.height && x.width == y.width) list.push_back(other);
    }
    return list;
  };

  for (int step = 0; step < options.layers; ++step) {
    if (b.turns()) {
      const IntTensor& last = b.net.tensor(live.back());
      if (!last.format.is_bipolar() && last.format.bits() <= 8) live.push_back(b.turn_some_way(live.back()));
    }
    const TensorId in = any();
    const IntTensor t = b.net.tensor(in);
    const int kind = static_cast<int>(b.pick(0, 9));
    if (kind <= 3) {
      int groups = 1, out = channels();
      if (b.chance(15)) groups = t.channels, out = t.channels;
      else if (t.channels % 2 == 0 && b.chance(15)) groups = 2, out += out % 2;
      finish(b.conv(in, out, window(t), b.one_of(weights), groups), no_tensor);
    } else if (kind <= 5) {  // main and skip
      const Window w = window(t);
      const int out = channels();
      const TensorId main = b.conv(in, out, w, b.one_of(weights));
      const IntTensor shape = b.net.tensor(main);
      Window skip;
      skip.stride_h = w.stride_h;
      skip.stride_w = w.stride_w;
      std::vector<TensorId> others;
      for (const TensorId other : live) {
        const IntTensor& x = b.net.tensor(other);
        if ((x.height - 1) / skip.stride_h + 1 == shape.height && (x.width - 1) / skip.stride_w + 1 == shape.width)
          others.push_back(other);
      }
      finish(main, others.empty() ? no_tensor : b.conv(b.one_of(others), out, skip, b.one_of(weights)));
    } else if (kind == 6) {  // identity residual
      const TensorId main = b.conv(in, t.channels, NetworkBuilder::square(3, 1, 1), b.one_of(weights));
      finish(main, in);
    } else if (kind == 7) {
      const bool max = b.chance(50);
      const int kernel = std::min({static_cast<int>(b.pick(2, 3)), t.height, t.width});
      const int pad = kernel == 3 && b.chance(50) ? 1 : 0;
      const bool exclude = !max && pad > 0 && b.chance(50);
      const TensorId pooled =
          b.pool(in, max ? Pooling::Kind::max : Pooling::Kind::sum,
                 NetworkBuilder::square(kernel, static_cast<int>(b.pick(1, 2)), pad), exclude ? 36 : 0);
      if (max) live.push_back(pooled);
      else finish(pooled, no_tensor);
    } else if (kind == 8) {
      std::vector<TensorId> parts{in};
      for (const TensorId other : same_shape(in)) {
        const IntTensor& x = b.net.tensor(other);
        if (x.format == t.format && x.zero_point == t.zero_point && parts.size() < 3 && b.chance(60))
          parts.push_back(other);
      }
      if (parts.size() > 1) live.push_back(b.concat(parts));
      else finish(in, no_tensor);
    } else if (t.height * t.width > 1 && b.multiplies()) {  // squeeze and excitation
      Window all;
      all.kernel_h = t.height;
      all.kernel_w = t.width;
      const auto squeezed =
          b.post(b.pool(in, Pooling::Kind::sum, all), no_tensor, true, Format::signed_bits(8), false, {});
      finish(in, b.conv(squeezed.fixed, t.channels, {}, Format::signed_bits(4)));
    } else {
      finish(in, no_tensor);
    }
  }
  const IntTensor last = b.net.tensor(live.back());
  Window all;
  all.kernel_h = last.height;
  all.kernel_w = last.width;
  const TensorId pooled = b.pool(live.back(), Pooling::Kind::sum, all);
  const auto vector = b.post(pooled, no_tensor, true, Format::signed_bits(8), false, {});
  b.output(b.conv(vector.fixed, static_cast<int>(b.pick(2, 20)), {}, Format::signed_bits(8)));
  if (b.chance(30) && b.net.tensor(live.back()).format.bits() <= 8) {
    const auto* layer = &b.net.layers[b.net.layers.size() - 4];
    if (layer->op == "Post") b.output(live.back());
  }
  check(b.net);
  return b.net;
}

}  // namespace blendsim::test

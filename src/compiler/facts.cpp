// SPDX-License-Identifier: Apache-2.0
#include "compiler/facts.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <set>

namespace blendsim::compiler {

int signed_bits_for(std::int64_t lo, std::int64_t hi) {
  return std::max(2, Format::for_range(std::min<std::int64_t>(lo, -1), std::max<std::int64_t>(hi, 0)).bits());
}

namespace {

int multiplier_bits(const PostProcessing& post) {
  int bits = 0;
  for (const auto* q : {&post.q1, &post.q2, &post.q3}) {
    if (!*q) continue;
    for (const std::int32_t m : (*q)->multiplier) bits = std::max(bits, signed_bits_for(m, m));
  }
  return bits;
}

struct Range {
  std::int64_t lo = 0, hi = 0;
};
int bits_of(const Range& r) { return signed_bits_for(r.lo, r.hi); }
Range sum(const Range& a, const Range& b) { return {a.lo + b.lo, a.hi + b.hi}; }

// Follows a layer's values through its steps, by the widest range of all channels.
class PostWalk {
 public:
  PostWalk(const IntegerNetwork& network, const Table<TensorId, std::int64_t>& reach)
      : network_(network), reach_(reach) {}

  PostNeeds needs(const PostProcessing& post) {
    const bool steps = post.q1 || post.q3 || post.activation || post.b != no_tensor;
    Range u = operand(post.a);
    if (post.q1) u = step(*post.q1, u);
    else if (steps) keep(u);
    if (post.activation_place == PostProcessing::ActivationPlace::after_q1)
      u = step(*post.activation, u, post.b != no_tensor);
    if (post.b != no_tensor) {
      Range b = operand(post.b);
      if (post.q2) b = step(*post.q2, b);
      else keep(b);
      u = post.product ? product(u, b) : sum(u, b);
    }
    if (post.activation_place == PostProcessing::ActivationPlace::after_join) u = step(*post.activation, u, false);
    if (post.q3) step(*post.q3, u);
    needs_.table = post.table.has_value();
    if (post.thresholds) {
      for (const std::int64_t level : post.thresholds->values)
        needs_.operand = std::max(needs_.operand, signed_bits_for(level, level));
    }
    return needs_;
  }

 private:
  // It has the join's bit more.
  Range product(const Range& a, const Range& b) {
    const auto [lo, hi] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
    needs_.product = bits_of(b);
    needs_.value = std::max(needs_.value, bits_of({lo, hi}) - 1);
    return {lo, hi};
  }

  void keep(const Range& r) { needs_.value = std::max(needs_.value, bits_of(r)); }

  // What the unit's verifier knows of an operand: sums by their weights, maps of 1 and 2 bytes by their type.
  Range operand(TensorId id) {
    const IntTensor& t = network_.tensor(id);
    const std::int64_t reach = reach_[id];
    Range r{t.lo, t.hi};
    if (reach > 0) r = {-reach, reach};
    else if (t.format.bits() <= 16) r = stored(t.format);
    needs_.operand = std::max(needs_.operand, bits_of(r));
    return r;
  }

  static Range stored(const Format& format) {
    const int bits = format.bits() <= 8 ? 8 : 16;
    const Format whole = format.is_signed() ? Format::signed_bits(bits) : Format::unsigned_bits(bits);
    return {whole.min(), whole.max()};
  }

  Range step(const Affine& q, const Range& x) {
    Range y{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    for (std::size_t c = 0; c < q.multiplier.size(); ++c) {
      scale(x, q.multiplier[c], q.offset[c], q.shift[c]);
      for (const std::int64_t end : {x.lo, x.hi})
        y = {std::min(y.lo, q.apply(end, c)), std::max(y.hi, q.apply(end, c))};
    }
    keep(y);
    return y;
  }

  // What an activation yields has the join's bit more, unless it is joined.
  Range step(const Activation& a, const Range& x, bool joined) {
    Range y{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    for (std::size_t c = 0; c < a.slope.size(); ++c) {
      scale({std::min<std::int64_t>(x.lo, 0), 0}, a.slope[c], 0, a.shift[c]);
      for (const std::int64_t at :
           {x.lo, x.hi, std::clamp<std::int64_t>(-1, x.lo, x.hi), std::clamp<std::int64_t>(0, x.lo, x.hi)})
        y = {std::min(y.lo, a.apply(at, c)), std::max(y.hi, a.apply(at, c))};
    }
    needs_.value = std::max(needs_.value, bits_of(y) - (joined ? 0 : 1));
    return y;
  }

  // Finds the largest step at which M and B can be scaled up so that the shift is a multiple of it.
  void scale(const Range& x, std::int64_t multiplier, std::int64_t offset, int shift) {
    const std::int64_t magnitude = std::max(std::abs(x.lo), std::abs(x.hi)) * std::abs(multiplier) + std::abs(offset);
    while (needs_.shift_step > 1) {
      const std::int64_t beyond = shift % needs_.shift_step, by = beyond == 0 ? 0 : needs_.shift_step - beyond;
      const std::int64_t half = shift + by == 0 ? 0 : std::int64_t{1} << (shift + by - 1);
      if (shift + by <= 47 && magnitude <= (product_limit - half - 1) >> by) return;
      needs_.shift_step /= 2;
    }
  }

  static constexpr std::int64_t product_limit = std::int64_t{1} << 47;
  const IntegerNetwork& network_;
  const Table<TensorId, std::int64_t>& reach_;
  PostNeeds needs_;
};

// What the arrays add for a tap outside the map, and take off by the word that sums start from, in units of its weight:
// signs and planes are bits there that are 0, and a zero point is 0 too.
std::int64_t taken_off(const IntTensor& in, const Convolution& conv) {
  if (conv.weight_format.is_bipolar()) return in.format.max() - in.format.min();
  return in.format.is_bipolar() ? 1 : std::abs(in.zero_point);
}

// Along one axis: of each border class, the taps outside.
std::set<std::vector<bool>> outside(int kernel, int stride, int dilation, int pad, int size, int positions) {
  std::set<std::vector<bool>> found;
  for (int position = 0; position < positions; ++position) {
    std::vector<bool> taps;
    for (int k = 0; k < kernel; ++k) {
      const int at = position * stride - pad + k * dilation;
      taps.push_back(at < 0 || at >= size);
    }
    found.insert(std::move(taps));
  }
  return found;
}

// Taps (row by row) that lie outside the map together, of each border class.
std::vector<std::vector<std::size_t>> outside(const IntTensor& in, const IntTensor& out, const Window& w) {
  std::vector<std::vector<std::size_t>> found;
  for (const auto& rows : outside(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, in.height, out.height)) {
    for (const auto& columns : outside(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, in.width, out.width)) {
      auto& taps = found.emplace_back();
      for (std::size_t k = 0; k < rows.size() * columns.size(); ++k) {
        if (rows[k / columns.size()] || columns[k % columns.size()]) taps.push_back(k);
      }
    }
  }
  return found;
}

// Largest sum of |w| |x - zero point| of a convolution's output channels, as the verifier of programs knows it: at a
// border it takes a tap for one inside, and the start word for that of a tap outside.
std::int64_t reach_of(const IntegerNetwork& network, const Convolution& conv) {
  const IntTensor &in = network.tensor(conv.input), &out = network.tensor(conv.output);
  const std::int64_t largest = std::max(std::abs(std::int64_t{in.format.min()} - in.zero_point),
                                        std::abs(std::int64_t{in.format.max()} - in.zero_point));
  const std::int64_t off = taken_off(in, conv);
  const auto borders = off == 0 ? std::vector<std::vector<std::size_t>>{} : outside(in, out, conv.window);
  const auto outputs = static_cast<std::size_t>(out.channels);
  const std::size_t each = conv.weights.size() / outputs;
  std::vector<std::int64_t> taps(static_cast<std::size_t>(conv.window.kernel_h) *
                                 static_cast<std::size_t>(conv.window.kernel_w));
  std::int64_t most = 0;
  for (std::size_t o = 0; o < outputs; ++o) {
    std::fill(taps.begin(), taps.end(), 0);
    const std::int16_t* weight = conv.weights.data() + o * each;
    for (std::size_t w = 0; w < each; w += taps.size()) {
      for (std::int64_t& tap : taps) tap += std::abs(std::int64_t{*weight++});
    }
    std::int64_t beyond = 0;
    for (const auto& border : borders) {
      std::int64_t sum = 0;
      for (const std::size_t tap : border) sum += taps[tap];
      beyond = std::max(beyond, sum);
    }
    most = std::max(most, std::accumulate(taps.begin(), taps.end(), std::int64_t{0}) * largest + beyond * off);
  }
  return most;
}

bool is_output(const IntegerNetwork& network, TensorId id) {
  return std::find(network.output_tensors.begin(), network.output_tensors.end(), id) != network.output_tensors.end();
}

}  // namespace

NetworkFacts::NetworkFacts(const IntegerNetwork& network)
    : is_accumulator(network.tensors.size(), false), digest(network.digest()) {
  Table<TensorId, std::int64_t> reach(network.tensors.size());
  for (const Layer& layer : network.layers) {
    LayerFacts& facts = layers[layers.add({})];
    facts.macs = layer_macs(network, layer);
    facts.binary = layer_is_binary(network, layer);
    if (const auto* conv = std::get_if<Convolution>(&layer.work)) {
      is_accumulator[conv->output] = true;
      if (conv->weights.empty()) continue;
      reach[conv->output] = reach_of(network, *conv);
      const auto [lo, hi] = std::minmax_element(conv->weights.begin(), conv->weights.end());
      facts.weight_lo = *lo;
      facts.weight_hi = *hi;
      // Sums that are an output themselves go through post_unit as they are.
      if (is_output(network, conv->output)) facts.post.operand = bits_of({-reach[conv->output], reach[conv->output]});
    } else if (const auto* post = std::get_if<PostProcessing>(&layer.work)) {
      facts.multiplier_bits = multiplier_bits(*post);
      facts.post = PostWalk(network, reach).needs(*post);
    }
  }
}

}  // namespace blendsim::compiler
